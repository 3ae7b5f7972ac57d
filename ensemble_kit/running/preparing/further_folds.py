"""The folds of a run drawn anew, for time that is left when all members are fitted."""

from dataclasses import replace

from ensemble_kit.competition.competition import Competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.spec import FoldSpec
from ensemble_kit.running.preparing.schemes import Arrangement
from ensemble_kit.running.preparing.sources import make_folds
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.work.workspace import Pair

MOST_DRAWS = 20
MOST_ROWS = 1_000_000  # of all folds together: workers read their numbers


def draw_further(
    arrangement: Arrangement, competition: Competition, spec: FoldSpec
) -> Arrangement:
    """Return an arrangement whose members may ask for more draws of the folds.

    They follow the folds in number, as those of a pipeline with that many repeats do,
    so that this one fits the same. There are none where the folds cannot be drawn
    anew, where level 2 has splits of its own, or where predictions were made elsewhere.
    """
    main, source = arrangement.main, arrangement.source
    if source.more or source.foreign or main.upper is not None:
        return arrangement
    more = _further(competition, spec, source.folds)
    source = replace(source, more=more)
    graph = replace(main, source=source, further=len(more))
    return replace(arrangement, source=source, main=graph)


def _further(
    competition: Competition, spec: FoldSpec, folds: Folds
) -> tuple[Pair, ...]:
    """Return the folds of more draws, as many of them as differ from each other."""
    room = MOST_ROWS // max(1, len(folds) * folds.n_rows)
    n_draws = min(MOST_DRAWS, spec.n_repeats * (1 + room))
    if n_draws <= spec.n_repeats or len(folds) % spec.n_repeats:
        return ()
    try:
        drawn = make_folds(competition, replace(spec, n_repeats=n_draws))
    except PipelineError:
        return ()  # this splitter knows of one draw
    size, known = len(folds) // spec.n_repeats, set(folds.fingerprints)
    if len(drawn) != size * n_draws:
        return ()
    if drawn.fingerprints[: len(folds)] != folds.fingerprints:
        return ()
    end = len(folds)
    while end < len(drawn):
        prints = set(drawn.fingerprints[end : end + size])
        if prints & known:
            break
        known |= prints
        end += size
    return drawn.pairs[len(folds) : end]
