"""From a competition and a fold specification to what the engine reads."""

from typing import Any

import numpy as np
import pandas as pd

from ensemble_kit.competition.checks.drift import MIN_ROWS, rows_as_numbers
from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.declared.settings import FILE_NAME
from ensemble_kit.exceptions import PipelineError, did_you_mean
from ensemble_kit.hashing import fingerprint
from ensemble_kit.pipeline.spec import ADVERSARIAL, AUTO, RANDOM, TIME, FoldSpec
from ensemble_kit.splitting.adversarial import most_alike, tell_apart
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.splitting.splitters import make_splitter, usual_splitter
from ensemble_kit.splitting.time_windows import windows_of
from ensemble_kit.work.node import Costs
from ensemble_kit.work.workspace import Source

TOLD = {
    "blocks": "hide such blocks of training rows",
    "later": "hide what comes last, and fit on what comes before it",
    "last": "hide the last rows of groups",
    "new groups": "keep as large a share of rows in groups of their own",
}
SHORT = {
    "blocks": ", shorter ones, as training rows have no room for longer",
    "later": ", over a shorter time, as training is not long enough: expect the test "
    "to be harder",
}
SHARE = 1 / 3  # of the training rows, that adversarial folds validate
MOST_OF_ONE = 0.6  # of the rows, that one group may have
FEWEST_TIMES = 2


def make_source(competition: Competition, spec: FoldSpec) -> Source:
    """Return the encoded data of a competition with its folds."""
    groups, times = _groups_and_times(competition, spec)
    is_random = spec.splitter == RANDOM and competition.drawing is not None
    facts = {"base": competition.fingerprint, "folds": RANDOM}
    return Source(
        X=competition.X,
        X_test=competition.X_test,
        y=competition.y,
        folds=make_folds(competition, spec),
        kind=competition.task.kind,
        n_outputs=competition.task.n_outputs,
        fingerprint=fingerprint(facts) if is_random else competition.fingerprint,
        weights=competition.weights,
        groups=None if groups is None else pd.factorize(np.asarray(groups))[0],
        times=None if times is None else as_numbers(times),
        costs=_plain_costs(competition),
    )


def _plain_costs(competition: Competition) -> Costs | None:
    """Return what mistakes cost as plain data."""
    costs = competition.costs
    return costs if costs is None or isinstance(costs, str) else costs.tolist()


def _groups_and_times(competition: Competition, spec: FoldSpec) -> tuple[Any, Any]:
    """Return what inner splits keep together, and what they take the largest of."""
    drawing = competition.drawing
    if drawing is None or spec.splitter == RANDOM:
        return competition.groups, competition.times
    return drawing.units, drawing.times


def fold_line(competition: Competition, spec: FoldSpec) -> str:
    """Return what folds do about test rows that were not drawn at random, in words.

    Empty where they were, or where nobody can tell.
    """
    drawing = competition.drawing
    if spec.splitter == ADVERSARIAL:
        return "folds validate only the training rows that are most like test rows"
    if spec.splitter == TIME:
        gap = spec.params.get("gap", 0)
        before = f", fitted on what lies {gap} before them" if gap else ""
        return f"folds validate windows of {spec.params.get('period')}{before}"
    if drawing is None:
        return _lopsided_line(competition) if spec.splitter == AUTO else ""
    if spec.splitter != AUTO:
        return (
            f"folds: {spec.splitter}, as the pipeline says; they do not look like the "
            "test, and scores may promise too much"
        )
    if competition.folds is not None:
        return f"folds: those of {competition.settings.folds}"
    if drawing.folds(spec.n_splits, spec.seed) is None:
        return (
            "folds: none can be made like the test of so few rows; usual folds are "
            "used, and scores may promise too much"
        )
    short = "" if drawing.is_alike else SHORT[drawing.kind]
    return (
        f"folds and holdout {TOLD[drawing.kind]}{short}; --folds random splits at "
        "random"
    )


def _lopsided_line(competition: Competition) -> str:
    """Return why declared groups or times make folds that say little, if they do."""
    settings, groups, times = (
        competition.settings,
        competition.groups,
        competition.times,
    )
    if competition.folds is not None:
        return ""
    if times is not None and len(np.unique(as_numbers(times))) < FEWEST_TIMES:
        return (
            f"folds: the time {settings.time!r} has but one value in train, so that "
            f'folds in time follow the order of the file; time = "" in {FILE_NAME} '
            "takes none"
        )
    if groups is None:
        return ""
    names, sizes = np.unique(np.asarray(groups, dtype=str), return_counts=True)
    share = sizes.max() / len(groups)
    if len(names) < 2 or share > MOST_OF_ONE:
        return (
            f"folds: {share:.0%} of the rows are of one {settings.groups!r}, "
            f"{names[sizes.argmax()][:30]!r}; the fold that validates it is fitted on "
            f'the rest, and scores say little; groups = "" in {FILE_NAME} takes none'
        )
    return ""


def make_folds(competition: Competition, spec: FoldSpec) -> Folds:
    """Return the folds a specification asks for.

    Raises
    ------
    PipelineError
        When the splitter is unknown, takes no such parameter, or cannot split
        these rows.
    """
    if spec.splitter == "column":
        return Folds.from_column(_column(competition, spec.column))
    if spec.splitter == ADVERSARIAL:
        return _adversarial(competition, spec)
    if spec.splitter == TIME:
        return _windows(competition, spec)
    if spec.splitter == AUTO and competition.folds is not None:
        given = Folds.from_columns(competition.folds)
        _refuse_split_groups(competition, given)
        return given
    if spec.splitter == AUTO and (alike := _alike(competition, spec)) is not None:
        return alike
    name = _named(competition, spec.splitter)
    order = _time_order(competition, name)
    y = competition.y if order is None else competition.y[order]
    is_by_time = spec.splitter == RANDOM or name == "TimeSeriesSplit"
    groups = None if is_by_time else competition.groups
    try:
        folds = Folds.from_splitter(
            _splitter(name, spec, competition), np.zeros((len(y), 1)), y, groups
        )
    except (ValueError, TypeError) as error:
        raise PipelineError(
            f"folds: {name} cannot split these rows: {error}"
        ) from error
    if order is None:
        return folds
    pairs = tuple((np.sort(order[a]), np.sort(order[b])) for a, b in folds)
    return Folds(pairs, folds.n_rows)


def _refuse_split_groups(competition: Competition, folds: Folds) -> None:
    """Raise where folds that are given part rows that are declared to stay together.

    Where the test has later rows of the groups, folds like it part them on purpose.
    """
    settings, groups = competition.settings, competition.groups
    is_declared = bool(settings.groups) and "groups" not in settings.reasons
    if groups is None or not is_declared or competition.drawing is not None:
        return
    names = np.asarray(groups, dtype=str)
    for number, (train, valid) in enumerate(folds, 1):
        parted = np.intersect1d(names[train], names[valid])
        if len(parted):
            raise PipelineError(
                f"folds: fold {number} of {settings.folds!r} is fitted on rows of "
                f"{len(parted)} values of groups = {settings.groups!r} that it "
                f'validates as well: {", ".join(parted[:5])}; groups = "" in '
                f"{FILE_NAME} says that rows need not stay together"
            )


def _adversarial(competition: Competition, spec: FoldSpec) -> Folds:
    """Return folds that validate the training rows most like the test."""
    share = spec.params.get("share", SHARE)
    if set(spec.params) - {"share"} or not _is_share(share):
        raise PipelineError(
            "folds.params: adversarial folds take share, a number above 0 and up to 1; "
            f"found {dict(spec.params)}"
        )
    n_rows, n_test = len(competition.X), len(competition.X_test)
    if min(n_rows, n_test) < MIN_ROWS:
        raise PipelineError(
            f"folds: adversarial folds take {MIN_ROWS} rows of train and of test to "
            f"tell how alike they are; found {n_rows} and {n_test}"
        )
    odds = tell_apart(*rows_as_numbers(competition), rate_rows=True).odds
    pairs = [
        pair
        for repeat in range(spec.n_repeats)
        for pair in most_alike(odds, spec.n_splits, share, spec.seed + repeat)
    ]
    return Folds(tuple(pairs), n_rows)


def _windows(competition: Competition, spec: FoldSpec) -> Folds:
    """Return windows in time."""
    windows = windows_of(spec.n_splits, dict(spec.params))
    if competition.times is None:
        raise PipelineError(
            "folds: windows in time need the time of every row; name its column as "
            f"time in {FILE_NAME}"
        )
    return windows.split(np.asarray(competition.times))


def _is_share(share: object) -> bool:
    return isinstance(share, int | float) and 0 < share <= 1


def _alike(competition: Competition, spec: FoldSpec) -> Folds | None:
    """Return folds that are drawn as the test was, None where nobody knows how."""
    drawing = competition.drawing
    if drawing is None:
        return None
    splits = [
        drawing.folds(spec.n_splits, spec.seed + repeat)
        for repeat in range(spec.n_repeats)
    ]
    pairs = [pair for folds in splits if folds is not None for pair in folds]
    return Folds(tuple(pairs), len(competition.y)) if pairs else None


def _named(competition: Competition, splitter: str) -> str:
    """Return the name of a splitter of scikit-learn."""
    is_classifier = competition.task.is_classification
    if splitter == RANDOM:
        return usual_splitter(is_classifier, has_groups=False)
    if splitter != AUTO:
        return splitter
    if competition.times is not None:
        return "TimeSeriesSplit"
    return usual_splitter(is_classifier, competition.groups is not None)


def _splitter(name: str, spec: FoldSpec, competition: Competition) -> Any:
    return make_splitter(
        name,
        competition.y,
        competition.groups,
        is_classifier=competition.task.is_classification,
        n_splits=spec.n_splits,
        seed=spec.seed,
        n_repeats=spec.n_repeats,
        params=spec.params,
    )


def _column(competition: Competition, name: str | None) -> Any:
    """Return a column of the features, or one that only train has."""
    if name in competition.X:
        return competition.X[name]
    if name in competition.beside:
        cells = competition.beside[name]
        return cells.where(cells != "")
    known = [*competition.X, *competition.beside]
    raise PipelineError(
        f"folds.column: train has no column {name!r}{did_you_mean(str(name), known)}; "
        'folds of a file are declared in competition.toml, as in folds = "folds.csv"'
    )


def _time_order(competition: Competition, name: str) -> Any:
    if competition.times is None or name != "TimeSeriesSplit":
        return None
    return np.argsort(as_numbers(competition.times), kind="stable")


def as_numbers(times: Any) -> Any:
    """Return times as numbers that sort and subtract as they do, missing ones first."""
    values = np.asarray(times)
    if values.dtype.kind in "iuf":
        numbers = values.astype(np.float64)
        return _missing_first(numbers, np.isnan(numbers))
    dates = pd.to_datetime(pd.Series(values)).to_numpy("datetime64[ns]")
    return _missing_first(dates.astype(np.int64), np.isnat(dates))


def _missing_first(numbers: Any, is_missing: Any) -> Any:
    if not is_missing.any() or is_missing.all():
        return np.zeros_like(numbers) if is_missing.all() else numbers
    return np.where(is_missing, numbers[~is_missing].min() - 1, numbers)
