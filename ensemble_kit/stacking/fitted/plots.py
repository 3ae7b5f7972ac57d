"""Pictures of a fitted stack, each drawn from a table that comes with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import learning_curve
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.exceptions import RunError, require
from ensemble_kit.stacking.inputs.metric_of_rows import metric_of_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CLASSES = 6  # whose reliability is drawn
FEWEST_IN_BIN = 1


@dataclass
class EnsembleDisplay:
    """A picture and the table it is drawn from, in the manner of scikit-learn.

    Parameters
    ----------
    data : DataFrame
    draw : callable
        Draws the table on axes.

    Attributes
    ----------
    ax_, figure_
        Of the last `plot`.
    """

    data: pd.DataFrame
    draw: Callable[["Axes", pd.DataFrame], None] = field(repr=False)
    ax_: "Axes | None" = field(default=None, init=False, repr=False)
    figure_: "Figure | None" = field(default=None, init=False, repr=False)

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw, on new axes where none are given.

        Raises
        ------
        MissingDependencyError
            Where matplotlib is not installed (extra ``plot``).
        """
        if ax is None:
            pyplot = require("matplotlib.pyplot", extra="plot")
            _, ax = pyplot.subplots(layout="constrained")
        self.draw(ax, self.data)
        self.ax_, self.figure_ = ax, ax.figure  # type: ignore[assignment]
        return self


@dataclass(frozen=True)
class StackPlots:
    """What can be drawn of a fitted stack; each method takes axes, or makes some.

    Parameters
    ----------
    stack : StackedClassifier or StackedRegressor
    """

    stack: Any

    def leaderboard(self, ax: "Axes | None" = None) -> EnsembleDisplay:
        """Draw the score of every member with its 95 % interval."""
        scored, chosen = self.stack._scored, self.stack.chosen_
        name = f"{scored.metric.name} {scored.metric.sign}"

        def draw(axes: "Axes", data: pd.DataFrame) -> None:
            _draw_intervals(axes, data["member"], data, "score")
            axes.set_xlabel(f"{name} on rows that were not fitted, 95 % interval")
            for label in axes.get_yticklabels():
                if label.get_text() == chosen:
                    label.set_fontweight("bold")

        return EnsembleDisplay(scored.table(), draw).plot(ax)

    def weights(self, ax: "Axes | None" = None) -> EnsembleDisplay:
        """Draw the weight of each member in the final blend.

        Raises
        ------
        RunError
            Where what predicts has no weights.
        """
        check_is_fitted(self.stack)
        weights = getattr(self.stack, "weights_", None)
        if weights is None:
            raise RunError(
                f"{self.stack.chosen_} has no weight per member; final='convex_blend' "
                "would"
            )

        def draw(axes: "Axes", data: pd.DataFrame) -> None:
            axes.barh(data["member"], data["weight"])
            axes.set_xlabel(f"weight in {self.stack.chosen_}")

        table = weights.rename_axis("member").reset_index().sort_values("weight")
        return EnsembleDisplay(table, draw).plot(ax)

    def correlation(self, ax: "Axes | None" = None) -> EnsembleDisplay:
        """Draw how alike the members' predictions are: of unlike ones blends gain."""
        check_is_fitted(self.stack)
        oof = self.stack.oof_
        seen = oof.oof[oof.is_validated]
        columns = seen[:, :, -1] if seen.shape[2] <= 2 else None
        if columns is None:
            columns = np.concatenate(list(seen.transpose(2, 0, 1)))
        correlations = pd.DataFrame(columns, columns=list(oof.members)).corr()

        def draw(axes: "Axes", data: pd.DataFrame) -> None:
            _draw_table(axes, data, "{:.2f}", vmin=min(0.0, data.to_numpy().min()))
            axes.set_title("correlation of out-of-fold predictions")

        return EnsembleDisplay(correlations, draw).plot(ax)

    def reliability(
        self, n_bins: int = 10, ax: "Axes | None" = None
    ) -> EnsembleDisplay:
        """Draw how often what is predicted with a probability comes true.

        Parameters
        ----------
        n_bins : int
            Of equally many rows each.
        ax : Axes, optional

        Raises
        ------
        RunError
            Where values are predicted, or there are too many classes.
        """
        self._refuse_values("reliability")
        scored = self.stack._scored
        oof = scored.matrix.member(self.stack.chosen_)[0][scored.rows]
        y, classes = scored.y[scored.rows], self.stack.classes_
        if len(classes) > MOST_CLASSES:
            raise RunError(f"{len(classes)} classes are more than {MOST_CLASSES} lines")
        drawn = range(1, 2) if len(classes) == 2 else range(len(classes))
        table = pd.concat(
            [_bins(oof[:, k], y == k, n_bins).assign(label=classes[k]) for k in drawn],
            ignore_index=True,
        )

        def draw(axes: "Axes", data: pd.DataFrame) -> None:
            axes.plot([0, 1], [0, 1], "--", color="gray", linewidth=1)
            for label, part in data.groupby("label", sort=False):
                axes.plot(part["predicted"], part["observed"], "o-", label=str(label))
            axes.set_xlabel("predicted probability, out of fold")
            axes.set_ylabel("share that came true")
            axes.legend(title="class")

        return EnsembleDisplay(table, draw).plot(ax)

    def confusion(self, ax: "Axes | None" = None) -> EnsembleDisplay:
        """Draw how many rows of each class got which label, out of fold.

        Raises
        ------
        RunError
            Where values are predicted.
        """
        self._refuse_values("confusion")
        scored, classes = self.stack._scored, self.stack.classes_
        labels = scored.labels(self.stack.chosen_)[scored.rows]
        counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
        np.add.at(counts, (scored.y[scored.rows], labels), 1)
        table = pd.DataFrame(counts, index=classes, columns=classes)

        def draw(axes: "Axes", data: pd.DataFrame) -> None:
            _draw_table(axes, data, "{:d}", vmin=0)
            axes.set_xlabel("predicted, out of fold")
            axes.set_ylabel("true")

        return EnsembleDisplay(table, draw).plot(ax)

    def importance(
        self, X: Any, most: int = 15, ax: "Axes | None" = None, **how: Any
    ) -> EnsembleDisplay:
        """Draw what the score loses when a column is shuffled; see ``explain``.

        Parameters
        ----------
        X : table
            The rows of the fit.
        most : int
            How many columns are drawn.
        ax : Axes, optional
        **how
            As in ``explain``.
        """
        table = self.stack._explained(X, **how).head(most)
        metric = self.stack._scored.metric.name

        def draw(axes: "Axes", data: pd.DataFrame) -> None:
            axes.axvline(0, color="gray", linewidth=1)
            _draw_intervals(axes, data.index, data, "loss")
            axes.set_xlabel(f"loss of {metric} when the column is shuffled")

        return EnsembleDisplay(table, draw).plot(ax)

    def learning_curve(
        self, X: Any, y: Any, sizes: int = 5, ax: "Axes | None" = None
    ) -> EnsembleDisplay:
        """Draw the score against the number of rows that are fitted.

        The stack is fitted once for each size and fold.

        Parameters
        ----------
        X, y
            The rows of the fit.
        sizes : int
            How many, from a fifth of the rows on.
        ax : Axes, optional
        """
        check_is_fitted(self.stack)
        scorer = _scorer(self.stack)
        n_rows, _, scores = learning_curve(
            clone(self.stack),
            X,
            y,
            train_sizes=np.linspace(0.2, 1.0, sizes),
            cv=list(self.stack.folds_.pairs),
            scoring=scorer,
        )[:3]
        table = pd.DataFrame(
            {"rows": n_rows, "score": scores.mean(axis=1), "spread": scores.std(axis=1)}
        )

        def draw(axes: "Axes", data: pd.DataFrame) -> None:
            axes.errorbar(data["rows"], data["score"], data["spread"], fmt="o-")
            axes.set_xlabel("rows fitted")
            axes.set_ylabel(f"{self.stack.metric}, mean and spread over folds")

        return EnsembleDisplay(table, draw).plot(ax)

    def _refuse_values(self, what: str) -> None:
        check_is_fitted(self.stack)
        if not self.stack._scored.task.is_classification:
            raise RunError(f"{what} is drawn of classes; this stack predicts values")


def _scorer(stack: Any) -> Callable[[Any, Any, Any], float]:
    """Return the stack's metric as scikit-learn calls it."""
    known, task = stack._scored.metric, stack._scored.task

    def score(fitted: Any, X: Any, y: Any) -> float:
        metric = metric_of_rows(known, X)
        if not task.is_classification:
            values = task.encode(np.asarray(fitted.predict(X), dtype=np.float64))
            truth = task.encode(np.asarray(y, dtype=np.float64))
            return float(metric(truth, values[:, None], None))
        codes = np.searchsorted(stack.classes_, np.asarray(y))
        if metric.consumes == "label":
            predicted = np.searchsorted(stack.classes_, fitted.predict(X))
            return float(metric.score_labels(codes, predicted))
        return float(metric(codes, fitted.predict_proba(X), None))

    return score


def _bins(predicted: Any, came_true: Any, n_bins: int) -> pd.DataFrame:
    """Return mean prediction and share that came true of equally filled bins."""
    parts = np.array_split(np.argsort(predicted, kind="stable"), n_bins)
    rows = [
        (predicted[part].mean(), came_true[part].mean(), len(part))
        for part in parts
        if len(part) >= FEWEST_IN_BIN
    ]
    return pd.DataFrame(rows, columns=["predicted", "observed", "rows"])


def _draw_intervals(axes: "Axes", names: Any, data: pd.DataFrame, value: str) -> None:
    """Draw one dot and one line per row, the first on top."""
    places = np.arange(len(data))[::-1]
    values = data[value].to_numpy()
    reach = np.nan_to_num([values - data["low"], data["high"] - values])
    axes.errorbar(values, places, xerr=np.maximum(reach, 0), fmt="o", capsize=3)
    axes.set_yticks(places, [str(name) for name in names])


def _draw_table(axes: "Axes", data: pd.DataFrame, form: str, vmin: float) -> None:
    """Draw numbers as colours, with the numbers on them."""
    values = data.to_numpy()
    axes.imshow(values, cmap="Blues", vmin=vmin)
    top = (values.max() + vmin) / 2
    for (row, column), number in np.ndenumerate(values):
        colour = "white" if number > top else "black"
        text = form.format(number)
        axes.text(column, row, text, ha="center", va="center", color=colour)
    names = [str(name) for name in data.columns]
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_yticks(range(len(data)), [str(name) for name in data.index])
