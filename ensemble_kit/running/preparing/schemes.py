"""Schemes of checking a second level, as splits of either level.

holdout       level 1 on rows A, level 2 on B, checked on C
meta_holdout  out-of-fold predictions of all rows; level 2 on some, checked on others
meta_kfold    the same, level 2 on the folds of level 1
holdout_oof   out-of-fold predictions inside A, level 2 on A, checked on B
kfold_oof     that, once for every fold as B
time_kfold    level 1 on all chunks of time before the one it predicts; level 2 on
              the first chunks predicted, checked on the one that follows
time_blocks   few periods: each is a fold, whatever lies before or behind it

A scheme is fair when no model of level 1 whose predictions level 2 is fitted on has
seen the rows that check it: holdout, holdout_oof, kfold_oof and time_kfold are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.competition.competition import Competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.scheme_names import TWINS
from ensemble_kit.pipeline.spec import AUTO, FoldSpec, Pipeline
from ensemble_kit.running.fitted_levels import plan_graph
from ensemble_kit.running.preparing.sources import make_folds
from ensemble_kit.running.preparing.time_chunks import chunks_of
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.workspace import Pair, Source

BESIDE = ("holdout_oof", "kfold_oof")  # they check a run that stands on all rows


@dataclass(frozen=True)
class Round:
    """The splits of level 1 and of the levels above; the same if there are none."""

    level1: tuple[Pair, ...]
    upper: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class Arrangement:
    """What a run fits, and what it fits beside to check level 2.

    Parameters
    ----------
    source : Source
        With the splits of all that follows.
    main : Graph
    checks : tuple of Graph
        Empty unless the scheme, or the comparison, needs fits of its own.
    scheme : str
        Never "auto".
    twin : str
        What it is compared with; empty where nothing is.
    """

    source: Source
    main: Graph
    checks: tuple[Graph, ...]
    scheme: str
    twin: str


def without_checks(pipeline: Pipeline) -> Pipeline:
    """Return a pipeline that fits the same members and checks nothing beside."""
    asked = pipeline.validation
    scheme = AUTO if asked.scheme in BESIDE else asked.scheme
    return replace(pipeline, validation=replace(asked, scheme=scheme, compare=False))


def arrange(
    competition: Competition,
    pipeline: Pipeline,
    source: Source,
    probe_seconds: float | None = None,
) -> Arrangement:
    """Return what a pipeline's scheme fits on a competition.

    Raises
    ------
    PipelineError
        When the scheme cannot split these rows.
    """
    asked, rounds = pipeline.validation, _Rounds(competition, pipeline, source.folds)
    scheme, main = asked.scheme, Round(source.folds.pairs)
    if scheme == AUTO:
        fair = is_fair(Graph(source, pipeline.recipes))
        scheme = "time_kfold" if fair else "meta_kfold"
    elif scheme not in BESIDE:
        main = rounds.of(scheme)[0]
    twin, others = "", []
    if scheme in BESIDE:
        twin, others = TWINS[scheme], rounds.of(scheme)
    elif asked.compare:
        twin = TWINS[scheme]
        others = rounds.of(twin)
    source, numbers = _number(source, main, others)
    refit = asked.scheme == "time_kfold" or _refits(pipeline, source.folds)
    graphs = [
        replace(
            plan_graph(source, pipeline, probe_seconds),
            refit=not at and refit,
            level1=numbers[at][0],
            upper=numbers[at][1],
            is_check=at > 0,
            nodes={},
        )
        for at in range(1 + len(others))
    ]
    return Arrangement(source, graphs[0], tuple(graphs[1:]), scheme, twin)


def _refits(pipeline: Pipeline, folds: Folds) -> bool:
    """Return whether test rows are predicted by fits on all rows."""
    test = pipeline.submit.test
    return test == "refit" or (test == AUTO and are_windows(folds))


def are_windows(folds: Folds) -> bool:
    """Return whether a fold is fitted on less than half of the rows.

    Of windows in time the first are, long before the test: a mean over their models is
    worth less than a fit of its own.
    """
    least = min((len(train) for train, _ in folds), default=folds.n_rows)
    return least < folds.n_rows / 2


def arrange_folds(pipeline: Pipeline, source: Source) -> Arrangement:
    """Return what a pipeline fits on the splits of its source, whatever its scheme.

    Splits beside the folds are those of the levels above the first.
    """
    upper = tuple(range(len(source.folds), len(source.splits))) or None
    graph = replace(plan_graph(source, pipeline), upper=upper)
    return Arrangement(source, graph, (), "meta_kfold", "")


def is_fair(graph: Graph) -> bool:
    """Return whether the rows that check level 2 are new to what it was fitted on.

    That is, whether no model of level 1 that predicted a row level 2 was fitted on
    has itself been fitted on a row that checks level 2.
    """
    for train, valid in graph.folds(2):
        fitted, checked = np.zeros((2, len(graph.source.y)), dtype=bool)
        fitted[train], checked[valid] = True, True
        for below, predicted in graph.folds(1):
            if fitted[predicted].any() and checked[below].any():
                return False
    return True


def _number(
    source: Source, main: Round, others: Sequence[Round]
) -> tuple[Source, list[tuple[Any, Any]]]:
    """Return the source with all splits, and the numbers of each round's."""
    folds = Folds(main.level1, len(source.y))
    known = {print_: at for at, print_ in enumerate(folds.fingerprints)}
    more: list[Pair] = []

    def number(pairs: tuple[Pair, ...]) -> tuple[int, ...]:
        folds_of_pairs = Folds(pairs, len(source.y))
        for pair, print_ in zip(pairs, folds_of_pairs.fingerprints, strict=True):
            if print_ not in known:
                known[print_] = len(folds) + len(more)
                more.append(pair)
        return tuple(known[print_] for print_ in folds_of_pairs.fingerprints)

    upper = number(main.upper) if main.upper else None
    numbers: list[tuple[tuple[int, ...] | None, tuple[int, ...] | None]]
    numbers = [(None, upper)]
    numbers += [(number(r.level1), number(r.upper or r.level1)) for r in others]
    return replace(source, folds=folds, more=tuple(more)), numbers


@dataclass(frozen=True)
class _Rounds:
    """The rounds of every scheme on one competition."""

    competition: Competition
    pipeline: Pipeline
    folds: Folds

    def of(self, scheme: str) -> list[Round]:
        """Return a scheme's rounds."""
        return getattr(self, f"_{scheme}")()

    def _holdout(self) -> list[Round]:
        checking = self._hidden(np.arange(self._n_rows))
        rest = _others(checking, self._n_rows)
        fitting = self._hidden(rest)
        first = np.setdiff1d(rest, fitting)
        predicted = np.sort(np.concatenate([fitting, checking]))
        return [Round(((first, predicted),), ((fitting, checking),))]

    def _meta_holdout(self) -> list[Round]:
        checking = self._hidden(np.arange(self._n_rows))
        fitting = _others(checking, self._n_rows)
        return [Round(self.folds.pairs, ((fitting, checking),))]

    def _meta_kfold(self) -> list[Round]:
        return [Round(self.folds.pairs)]

    def _holdout_oof(self) -> list[Round]:
        checking = self._hidden(np.arange(self._n_rows))
        return [self._inside(_others(checking, self._n_rows), checking)]

    def _kfold_oof(self) -> list[Round]:
        seen, rounds = np.zeros(self._n_rows, dtype=bool), []
        for train, valid in self.folds:
            if not seen[valid].any():
                rounds.append(self._inside(train, valid))
            seen[valid] = True
        return rounds

    def _time_kfold(self) -> list[Round]:
        chunks = chunks_of(self.competition, self.pipeline.validation)
        first, n_chunks = self.pipeline.validation.first, int(chunks.max()) + 1
        if n_chunks < first + 2:
            raise PipelineError(
                f"validation: time_kfold needs {first + 2} chunks of time or more, "
                f"{first} for the first models of level 1, one to fit level 2 and one "
                f"to check it; there are {n_chunks}: set validation.n_chunks"
            )
        level1 = tuple(
            (np.flatnonzero(chunks < at), np.flatnonzero(chunks == at))
            for at in range(first, n_chunks)
        )
        fitting = (chunks >= first) & (chunks < n_chunks - 1)
        return [Round(level1, ((np.flatnonzero(fitting), level1[-1][1]),))]

    def _time_blocks(self) -> list[Round]:
        chunks = chunks_of(self.competition, self.pipeline.validation)
        return [Round(Folds.from_column(chunks).pairs)]

    @property
    def _n_rows(self) -> int:
        return len(self.competition.y)

    def _hidden(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the rows to check by among some: the latest, groups, or a draw."""
        asked = self.pipeline.validation
        fraction = asked.fraction * self._n_rows / len(rows)
        part = self.competition.take(rows)
        return rows[part.hidden_rows(fraction, asked.seed)]

    def _inside(self, fitting: NDArray[np.intp], checking: NDArray[np.intp]) -> Round:
        """Return folds of the rows to fit on, and all of them against the others."""
        inner = make_folds(self.competition.take(fitting), _plain(self.pipeline.folds))
        pairs = tuple((fitting[train], fitting[valid]) for train, valid in inner)
        outer = (fitting, checking)
        return Round((*pairs, outer), (outer,))


def _plain(spec: FoldSpec) -> FoldSpec:
    """Return folds without repeats."""
    return replace(spec, n_repeats=1)


def _others(rows: NDArray[np.intp], n_rows: int) -> NDArray[np.intp]:
    return np.setdiff1d(np.arange(n_rows), rows)
