"""Pictures of series: the target, what was predicted of it, and the forecast."""

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.competition.series_facts import SeriesFacts
from ensemble_kit.features.series.histories import Codes, Histories
from ensemble_kit.reporting.page.marks import Series, lines
from ensemble_kit.reporting.page.parts import Figure
from ensemble_kit.reporting.page.scored_rows import ScoredRows

FEWEST_STEPS = 60
MOST_SERIES = 3
MOST_SEASONS = 2

Numbers = NDArray[np.float64]


def series_figures(scores: ScoredRows) -> list[Figure]:
    """Return the ends of series with out-of-fold predictions and the forecast.

    The mean of all series first, then those of most rows; none where rows are no
    series.
    """
    competition = scores.competition
    facts = SeriesFacts.of(competition)
    if facts is None or competition.task.kind == "multiclass":
        return []
    parts = _histories(scores, facts)
    codes, sizes = np.unique(parts["target"].codes, return_counts=True)
    seasons = [_season(facts, season) for season in facts.seasons[:MOST_SEASONS]]
    if len(codes) == 1:
        return [_figure("The series", parts, facts), *seasons]
    figures = [_figure("Mean of all series", _pooled(parts), facts)]
    for code in codes[np.argsort(-sizes, kind="stable")[:MOST_SERIES]]:
        named = _name(scores, facts, int(code))
        figures.append(_figure(named, _only(parts, int(code)), facts))
    return [*figures, *seasons]


def _season(facts: SeriesFacts, season: int) -> Figure:
    """Return how far above the mean of its series the target is along a season."""
    known = facts.known
    _, own = np.unique(known.codes, return_inverse=True)
    values, phase = known.values[:, 0], known.places % season
    above = values - (np.bincount(own, values) / np.bincount(own))[own]
    sizes = np.bincount(phase, minlength=season)
    means = np.bincount(phase, above, minlength=season) / np.maximum(sizes, 1)
    points = [(float(at), float(means[at])) for at in np.flatnonzero(sizes)]
    return lines(
        f"Season of {season} steps",
        f"How far the target is above the mean of its series, by the step within "
        f"{season}, on average.",
        [Series("target", points)],
        (f"step along {facts.read.time}", "above the mean"),
    )


def _histories(scores: ScoredRows, facts: SeriesFacts) -> dict[str, Histories]:
    """Return target, out-of-fold predictions and forecast by series and place."""
    competition, read = scores.competition, facts.read
    oof, test = scores.run.matrix.member(scores.run.chosen)
    histories = {"target": facts.known}
    for label, X, values in (
        ("predicted out of fold", competition.X, oof),
        ("forecast", competition.X_test, test),
    ):
        shown = _shown(scores, values)
        there = np.isfinite(shown)
        places = read.codes(X)[there], read.places(X)[there]
        histories[label] = Histories.of(*places, shown[there][:, None])
    return histories


def _shown(scores: ScoredRows, values: Numbers) -> Numbers:
    """Return predictions in the target's own units; of two classes, the share."""
    task = scores.competition.task
    if task.is_classification:
        return values[:, 1]
    return np.asarray(task.restore(values[:, 0]), dtype=np.float64)


def _pooled(parts: dict[str, Histories]) -> dict[str, Histories]:
    return {
        label: Histories.of(np.zeros_like(one.codes), one.places, one.values)
        for label, one in parts.items()
    }


def _only(parts: dict[str, Histories], code: int) -> dict[str, Histories]:
    return {label: _of(one, one.codes == code) for label, one in parts.items()}


def _of(one: Histories, rows: NDArray[np.bool_]) -> Histories:
    return Histories(one.codes[rows], one.places[rows], one.values[rows])


def _name(scores: ScoredRows, facts: SeriesFacts, code: int) -> str:
    X = scores.competition.X
    row = int(np.flatnonzero(facts.read.codes(X) == code)[0])
    return ", ".join(f"{name} {X[name].iloc[row]}" for name in facts.read.groups)


def _figure(title: str, parts: dict[str, Histories], facts: SeriesFacts) -> Figure:
    last = max(
        (int(p.places.max()) for p in parts.values() if len(p.places)), default=0
    )
    shown = max(FEWEST_STEPS, 4 * facts.farthest, 2 * max(facts.seasons, default=0))
    drawn = [
        Series(label, _points(part.places, part.values[:, 0], last - shown))
        for label, part in parts.items()
        if (part.places > last - shown).any()
    ]
    return lines(
        title,
        "The target at each step, the predictions of rows that were kept aside, and "
        "the forecast of the test rows.",
        drawn,
        (f"steps along {facts.read.time}", "target"),
    )


def _points(places: Codes, values: Numbers, after: int) -> list[tuple[float, float]]:
    is_late = places > after
    pairs = zip(places[is_late].tolist(), values[is_late].tolist(), strict=True)
    return [(float(place), float(value)) for place, value in pairs]
