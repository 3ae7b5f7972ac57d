"""Submission files combined into one, and compared."""

from collections.abc import Callable, Sequence
from itertools import combinations
from os import PathLike

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from ensemble_kit.blending import averages
from ensemble_kit.exceptions import SubmissionError, did_you_mean, problems
from ensemble_kit.submissions.submission_files import SubmissionFiles, read_submissions
from ensemble_kit.voting.voters import whole_weights

AVERAGES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "mean": averages.mean,
    "weighted": averages.mean,
    "median": averages.median,
    "trimmed": averages.trimmed_mean,
    "geometric": averages.geometric_mean,
    "logit": averages.logit_mean,
    "power": averages.power_mean,
}
WAYS = (*AVERAGES, "rank", "vote")
# What each average needs of its values: (least, greatest).
RANGES = {
    "geometric": (0.0, np.inf),
    "power": (0.0, np.inf),
    "logit": (0.0, 1.0),
}
# Printed probabilities are rounded; a row of them sums to 1 about so well.
SUM_TOLERANCE = 1e-3
# More different whole numbers than this are counts or amounts, not labels.
MOST_LABELS = 100
WHOLE = r"[+-]?\d+"


def blend_submissions(
    paths: Sequence[str | PathLike[str]],
    how: str = "mean",
    weights: ArrayLike | None = None,
    trim: float = 0.2,
    power: float = 2.0,
    labels_as_numbers: bool = False,
) -> pd.DataFrame:
    """Return one submission made of several.

    Rows are matched by id and columns by name, whatever their order; ids keep their
    bytes. Where the rows of all files are probabilities of classes (they sum to 1),
    so are those of the result.

    Parameters
    ----------
    paths : sequence of paths
        Two files or more; the first column is the id.
    how : str, default="mean"
        ``"mean"``; ``"weighted"``, a mean that must be given weights; ``"median"``;
        ``"trimmed"`` mean; ``"geometric"`` mean; ``"logit"``, the mean of the log
        odds, for probabilities; ``"power"`` mean; ``"rank"``, the mean of each
        file's ranks, scaled to (0, 1), which suits AUC; ``"vote"``, for labels, or
        for probabilities of several classes the share of files that put a class
        first.
    weights : array-like of shape (n_files,), optional
        How much each file counts; alike when left out.
    trim : float, default=0.2
        Share of the weight cut from either end by ``"trimmed"``.
    power : float, default=2
        Exponent of ``"power"``.
    labels_as_numbers : bool, default=False
        Whether files that hold few different whole numbers, as labels do, are
        averaged all the same: for counts and ratings.

    Returns
    -------
    DataFrame
        Columns and ids as in the first file. A tied vote of labels goes to the
        label of the heaviest file among the tied, the first one where several are.

    Raises
    ------
    SubmissionError
        For files that do not belong together and for values that do not fit the
        average, with every mistake.
    """
    shares = check_blend(how, weights, len(paths), trim)
    files = read_submissions(paths)
    return blend_files(files, how, shares, trim, power, labels_as_numbers)


def check_blend(
    how: str, weights: ArrayLike | None, n_files: int, trim: float
) -> np.ndarray:
    """Return the weights with sum 1, or refuse the call."""
    shares = np.ones(n_files) if weights is None else np.asarray(weights, dtype=float)
    mistakes = []
    if how not in WAYS:
        ways = ", ".join(WAYS)
        mistakes.append(f"how: no way {how!r}{did_you_mean(how, WAYS)} (ways: {ways})")
    if how == "weighted" and weights is None:
        mistakes.append("weights: 'weighted' needs one for every file")
    if shares.shape != (n_files,):
        mistakes.append(
            f"weights: expected {n_files}, one per file, found {shares.size}"
        )
    elif not (np.isfinite(shares) & (shares >= 0)).all() or not shares.any():
        mistakes.append("weights: expected numbers of at least 0, not all of them 0")
    if not 0 <= trim < 0.5:
        mistakes.append(f"trim: expected 0 to below 0.5, found {trim:g}")
    if mistakes:
        raise SubmissionError(problems("the blend", mistakes))
    return shares / shares.sum() if n_files else shares


def blend_files(
    files: SubmissionFiles,
    how: str,
    shares: np.ndarray,
    trim: float,
    power: float,
    labels_as_numbers: bool = False,
) -> pd.DataFrame:
    """Return the blend of aligned files; see `blend_submissions`."""
    labels = hold_labels(files)
    if how == "vote" and (labels or len(files.header) == 2):
        voted = [
            vote_on_labels(cells, shares) for cells in files.texts.T.swapaxes(1, 2)
        ]
        columns = np.column_stack(voted)
    elif labels and not labels_as_numbers:
        raise SubmissionError(
            f"how: the files hold labels, and {how!r} would make numbers of them that "
            "are none; vote on them (--how vote), blend files of probabilities, or say "
            "that they are counts or ratings (--labels-as-numbers)"
        )
    else:
        columns = _averaged(files, how, shares, trim, power)
    table = pd.DataFrame(columns, columns=list(files.header[1:]))
    table.insert(0, files.header[0], files.ids)
    return table


def hold_labels(files: SubmissionFiles) -> bool:
    """Return whether every file holds labels that only look like numbers.

    Labels are whole numbers of which few are different, each in many rows, or zeros
    and ones however they are spelled. One-hot rows are probabilities, and words are
    no numbers: neither is meant here.
    """
    cells = pd.Series(files.texts.reshape(-1), dtype="str").str.strip()
    values = pd.to_numeric(cells, errors="coerce").to_numpy(float)
    distinct = np.unique(values)
    if not np.isfinite(values).all() or len(files.ids) < 2 * len(distinct):
        return False
    if are_probabilities(values.reshape(files.texts.shape)):
        return False
    if set(distinct) <= {0.0, 1.0}:
        return True
    whole = cells.str.fullmatch(WHOLE).all()
    return bool(whole) and len(distinct) <= MOST_LABELS


def warnings_of_labels(files: SubmissionFiles) -> list[str]:
    """Return a line about files of zeros and ones beside files of probabilities."""
    values = pd.to_numeric(pd.Series(files.texts.reshape(-1)), errors="coerce")
    tensor = values.to_numpy(float).reshape(files.texts.shape)
    if tensor.shape[2] != 1 or not ((tensor >= 0) & (tensor <= 1)).all():
        return []
    is_hard = np.isin(tensor, (0.0, 1.0)).all(axis=(0, 2))
    if is_hard.all() or not is_hard.any():
        return []
    named = ", ".join(np.array(files.names)[is_hard])
    return [
        f"labels beside probabilities: {named}; zeros and ones move an average more "
        "than probabilities do, so blend the probabilities behind them if you have any"
    ]


def _averaged(
    files: SubmissionFiles, how: str, shares: np.ndarray, trim: float, power: float
) -> np.ndarray:
    tensor = files.numbers()
    _check_range(files, tensor, how)
    classes = are_probabilities(tensor)
    if how == "vote" and not classes:
        raise SubmissionError(
            "vote: expected labels in one column, or class probabilities whose rows "
            "sum to 1; found several columns of other numbers"
        )
    if how == "rank":
        blend = averages.mean(_ranks(tensor), shares)
    elif how == "vote":
        first = tensor == tensor.max(axis=2, keepdims=True)
        blend = averages.mean(first / first.sum(axis=2, keepdims=True), shares)
    elif how == "trimmed":
        blend = averages.trimmed_mean(tensor, shares, trim)
    elif how == "power":
        blend = averages.power_mean(tensor, shares, power)
    else:
        blend = AVERAGES[how](tensor, shares)
    return blend / blend.sum(axis=1, keepdims=True) if classes else blend


def _check_range(files: SubmissionFiles, tensor: np.ndarray, how: str) -> None:
    least, greatest = RANGES.get(how, (-np.inf, np.inf))
    mistakes = [
        f"{name}: values from {values.min():g} to {values.max():g}, but {how!r} needs "
        f"{least:g} to {greatest:g}"
        for name, values in zip(files.names, tensor.swapaxes(0, 1), strict=True)
        if values.min() < least or values.max() > greatest
    ]
    if mistakes:
        raise SubmissionError(problems("the set of files", mistakes))


def are_probabilities(tensor: np.ndarray) -> bool:
    """Tell whether every row of every file is a distribution over the columns."""
    sums = tensor.sum(axis=2)
    alike = tensor.shape[2] > 1 and tensor.min() >= 0
    return bool(alike and np.abs(sums - 1).max() <= SUM_TOLERANCE)


def _ranks(tensor: np.ndarray) -> np.ndarray:
    """Return ranks along the rows in (0, 1), ties shared."""
    return (stats.rankdata(tensor, axis=0) - 0.5) / len(tensor)


def vote_on_labels(labels: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the label with the greatest weight in each row, in its first spelling.

    Parameters
    ----------
    labels : ndarray of str, shape (n_rows, n_files)
        Numbers of the same value are the same label (``1`` and ``1.0``).
    shares : ndarray of shape (n_files,)

    Returns
    -------
    ndarray of str, shape (n_rows,)
    """
    counted = np.flatnonzero(shares > 0)
    # Heavier files first: of tied labels the one met first then wins.
    counted = counted[np.argsort(-shares[counted], kind="stable")]
    texts, whole = labels[:, counted], whole_weights(shares[counted])
    codes, spellings = _codes(texts)
    totals = np.zeros((len(texts), len(spellings)), dtype=np.int64)
    rows = np.arange(len(texts))
    for column, weight in enumerate(whole):
        totals[rows, codes[:, column]] += weight
    leads = np.take_along_axis(totals, codes, axis=1) == totals.max(axis=1)[:, None]
    return spellings[codes[rows, leads.argmax(axis=1)]]


def _codes(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a number for each label and each number's first spelling."""
    flat = pd.Series(texts.ravel())
    numbers = pd.to_numeric(flat, errors="coerce")
    keys = numbers if numbers.notna().all() else flat
    codes, _ = pd.factorize(keys)
    first = pd.Series(codes).drop_duplicates().index
    return codes.reshape(texts.shape), flat.to_numpy(object)[first]


def compare_submissions(paths: Sequence[str | PathLike[str]]) -> pd.DataFrame:
    """Return how alike every two of several submissions are; see `compare_files`."""
    return compare_files(read_submissions(paths))


def compare_files(files: SubmissionFiles) -> pd.DataFrame:
    """Return how alike every two files are.

    Returns
    -------
    DataFrame
        One row per pair. For numbers: ``pearson`` and ``spearman``, the mean over
        the columns of the correlation (NaN where a column is constant), and
        ``difference``, the mean absolute one. For labels and class probabilities:
        ``agreement``, the share of rows with the same (likeliest) class.
    """
    try:
        tensor = files.numbers()
    except SubmissionError:
        tensor = None
    labels = None
    if tensor is None and len(files.header) == 2:
        labels = _codes(files.texts[:, :, 0])[0]
    elif tensor is not None and are_probabilities(tensor):
        labels = tensor.argmax(axis=2)
    elif tensor is not None and tensor.shape[2] == 1 and len(np.unique(tensor)) == 2:
        labels = tensor[:, :, 0]
    elif tensor is None:
        files.numbers()
    pairs = []
    for i, j in combinations(range(len(files.names)), 2):
        row: dict[str, str | float] = {"first": files.names[i]}
        row["second"] = files.names[j]
        if tensor is not None:
            row |= _likeness(tensor[:, i], tensor[:, j])
        if labels is not None:
            row["agreement"] = float(np.mean(labels[:, i] == labels[:, j]))
        pairs.append(row)
    return pd.DataFrame(pairs)


def _likeness(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    ranks = [stats.rankdata(values, axis=0) for values in (first, second)]
    return {
        "pearson": _mean_correlation(first, second),
        "spearman": _mean_correlation(*ranks),
        "difference": float(np.abs(first - second).mean()),
    }


def _mean_correlation(first: np.ndarray, second: np.ndarray) -> float:
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)
    spread = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    if not (spread > 0).all():
        return float("nan")
    return float(np.mean((first * second).sum(axis=0) / spread))
