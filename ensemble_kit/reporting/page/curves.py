"""Curves of the fifth block: ROC, precision and recall, reliability, residuals."""

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.reporting.page.marks import (
    Entry,
    Series,
    bars,
    cells,
    lines,
    short,
)
from ensemble_kit.reporting.page.parts import Figure
from ensemble_kit.reporting.page.scored_rows import ScoredRows

Array = NDArray[np.float64]
N_BINS = 10
N_CELLS = 12


def roc_figure(scores: ScoredRows) -> Figure | None:
    """Return the ROC curve of the positive class; None with one class alone."""
    from sklearn.metrics import roc_curve

    y, positive = _positive(scores)
    if len(np.unique(y)) < 2:
        return None
    false, true, _ = roc_curve(y, positive)
    return lines(
        "ROC",
        "Positive rows found against negative rows taken for them, for every "
        "threshold; the diagonal is chance.",
        [Series("ROC", list(zip(false.tolist(), true.tolist(), strict=True)))],
        ("false positive rate", "true positive rate"),
        has_diagonal=True,
    )


def precision_recall_figure(scores: ScoredRows) -> Figure | None:
    """Return precision against recall; None with one class alone."""
    from sklearn.metrics import precision_recall_curve

    y, positive = _positive(scores)
    if len(np.unique(y)) < 2:
        return None
    precision, recall, _ = precision_recall_curve(y, positive)
    points = list(zip(recall.tolist(), precision.tolist(), strict=True))
    return lines(
        "Precision and recall",
        f"For every threshold; {y.mean():.1%} of the rows are positive.",
        [Series("precision", points[::-1])],
        ("recall", "precision"),
    )


def calibration_figure(scores: ScoredRows, name: str | None = None) -> Figure:
    """Return observed shares against predicted probabilities, of the submitted member.

    Of the positive class, or of the likeliest class where there are more than two.

    Parameters
    ----------
    scores : ScoredRows
    name : str, optional
        Another member than the submitted one.
    """
    rows, task = scores.rows, scores.competition.task
    oof, y = scores.oof(name or scores.run.chosen)[rows], scores.y[rows]
    if task.kind == "binary":
        said, right = oof[:, 1], (y == 1).astype(np.float64)
        what = f"the share of {task.classes[1]}"
    else:
        likeliest = oof.argmax(axis=1)
        said, right = oof.max(axis=1), (likeliest == y).astype(np.float64)
        what = "the share of rows where the likeliest class is right"
    points, error = calibration(said, right)
    return lines(
        "Reliability",
        f"Tenths of the rows by predicted probability, and {what} in them; on the "
        f"diagonal they agree. Expected calibration error {error:.4f}.",
        [Series("tenths of the rows", points, is_dotted=True)],
        ("predicted", "observed"),
        has_diagonal=True,
    )


def calibration(
    predicted: Array, right: Array
) -> tuple[list[tuple[float, float]], float]:
    """Return mean predicted and observed shares of tenths, and their mean distance."""
    order = np.argsort(predicted, kind="stable")
    parts = [part for part in np.array_split(order, N_BINS) if len(part)]
    points = [(float(predicted[p].mean()), float(right[p].mean())) for p in parts]
    weights = np.array([len(part) for part in parts]) / len(predicted)
    gaps = np.array([abs(a - b) for a, b in points])
    return points, float(weights @ gaps)


def residual_figures(scores: ScoredRows, name: str | None = None) -> list[Figure]:
    """Return predicted against true values, and how far they lie apart.

    Parameters
    ----------
    scores : ScoredRows
    name : str, optional
        Another member than the submitted one.
    """
    task, rows = scores.competition.task, scores.rows
    truth = task.restore(scores.y[rows])
    predicted = task.restore(scores.oof(name or scores.run.chosen)[rows, 0])
    return [_against(truth, predicted), _residuals(predicted - truth)]


def _against(truth: Array, predicted: Array) -> Figure:
    """Return rows counted by tenths of the true and of the predicted values."""
    edges = np.unique(np.quantile(truth, np.linspace(0, 1, N_CELLS + 1)[1:-1]))
    down, across = (np.searchsorted(edges, v, side="right") for v in (truth, predicted))
    n = len(edges) + 1
    counts = np.bincount(down * n + across, minlength=n * n).reshape(n, n)
    sums = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    lows = [truth.min(), *edges]
    names = [f"from {short(float(low))}" for low in lows]
    return cells(
        "Predicted against true",
        "Rows by true value (down) and predicted value (across), each row of cells "
        "an equal share of the rows; on the diagonal both agree.",
        counts.astype(np.float64),
        (names, [short(float(low)) for low in lows]),
        lambda value: f"{value:.0f}",
        "true ↓ predicted →",
        counts / sums,
    )


def _residuals(residuals: Array) -> Figure:
    """Return how many rows are how far off."""
    low, high = np.quantile(residuals, [0.01, 0.99])
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, N_CELLS + 1)
    codes = np.clip(np.searchsorted(edges, residuals, side="right") - 1, 0, N_CELLS - 1)
    counts = np.bincount(codes, minlength=N_CELLS)
    entries = [
        Entry(f"{short(float(a))} to {short(float(b))}", float(count))
        for a, b, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    return bars(
        "Residuals",
        "Predicted less true, rows in each range; the outermost ranges hold what lies "
        f"beyond. Mean {short(float(residuals.mean()))}.",
        entries,
        "rows",
    )


def _positive(scores: ScoredRows) -> tuple[NDArray[np.int64], Array]:
    rows = scores.rows
    return scores.y[rows], scores.oof(scores.run.chosen)[rows, 1]
