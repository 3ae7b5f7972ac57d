"""Metrics by name, called on canonical predictions of shape (n_rows, n_outputs)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import RunError
from ensemble_kit.metrics import (
    costs,
    formulas,
    group_formulas,
    kaggle_formulas,
    text_formulas,
)
from ensemble_kit.registry import Registry
from ensemble_kit.tasks import Task

Array = NDArray[Any]
# Of y, predictions and weights, and where rows have groups, of these too.
Scoring = Callable[..., float]
Consumes = Literal["label", "probability", "value", "text"]
CLASSIFICATION = frozenset({"binary", "multiclass"})
BINARY = frozenset({"binary"})
REGRESSION = frozenset({"regression"})
TEXT = frozenset({"text"})


@dataclass(frozen=True)
class Metric:
    """A score, its direction, and what it reads of the predictions.

    Parameters
    ----------
    name : str
    function : callable
        ``function(y, predictions, sample_weight)``; what ``predictions`` is says
        ``consumes``: labels 0..K-1, probabilities (n_rows, K), values (n_rows,), or
        texts (n_rows,). A metric that ``is_grouped`` has the groups of the rows for a
        fourth argument.
    greater_is_better : bool
    consumes : {"label", "probability", "value", "text"}
    optimum : float
        The best possible score.
    tasks : frozenset of str
        Kinds of task it is defined for.
    transform : {"identity", "log1p", "even"}
        The scale a regression target is best fitted in for this metric; "even" is
        the one of the two others in which the target is less skewed.
    scale : {"identity", "log1p"}
        The scale that the predictions it is called with are in.
    is_scaled, is_centered : bool
        Whether these have other units than the target, and another zero.
    ordered : bool
        Whether the classes are steps of one scale (kappa): label decisions are
        then cut points.
    is_grouped : bool
        Whether it goes by a group of each row.
    group_column : str
        The column that says which; "" where the name does not tell.
    groups : ndarray of shape (n_rows,), optional
        Those of the rows that it is called on; see `grouped`.

    Examples
    --------
    >>> import numpy as np
    >>> METRICS["accuracy"](np.array([0, 1]), np.array([[.9, .1], [.2, .8]]))
    1.0
    """

    name: str
    function: Scoring
    greater_is_better: bool
    consumes: Consumes
    optimum: float
    tasks: frozenset[str]
    transform: str = "identity"
    scale: str = "identity"
    is_scaled: bool = False
    is_centered: bool = False
    ordered: bool = False
    is_grouped: bool = False
    group_column: str = ""
    groups: Array | None = field(default=None, compare=False, repr=False)

    def __call__(
        self, y: Array, predictions: Array, sample_weight: Array | None = None
    ) -> float:
        """Return the score of canonical predictions.

        Parameters
        ----------
        y : ndarray of shape (n_rows,)
            Class numbers, or values.
        predictions : ndarray of shape (n_rows, n_outputs)
        sample_weight : ndarray of shape (n_rows,), optional
        """
        y, predictions = np.asarray(y), np.asarray(predictions)
        if predictions.ndim == 2 and self.consumes == "label":
            predictions = self._likeliest(predictions)
        elif predictions.ndim == 2 and self.consumes == "value":
            predictions = predictions[:, 0]
        more = self._groups_of(len(y))
        return float(self.function(y, predictions, sample_weight, *more))

    def grouped(self, groups: Array) -> "Metric":
        """Return this metric with the group of each row, where it goes by groups.

        Parameters
        ----------
        groups : ndarray of shape (n_rows,)
            Any values; rows whose values are equal are of one group.
        """
        return replace(self, groups=np.asarray(groups)) if self.is_grouped else self

    def at(self, rows: Array) -> "Metric":
        """Return this metric for some of its rows alone.

        Parameters
        ----------
        rows : ndarray of int or bool
        """
        return self if self.groups is None else replace(self, groups=self.groups[rows])

    def _groups_of(self, n_rows: int) -> tuple[Array, ...]:
        """Return the groups of some rows, if the metric goes by them.

        Raises
        ------
        RunError
            When it was not told the groups of these rows.
        """
        if not self.is_grouped:
            return ()
        if self.groups is None:
            by = f"column {self.group_column!r}" if self.group_column else "no column"
            raise RunError(
                f"the metric {self.name!r} goes by a group of each row, and none are "
                f"given ({by} is named)"
            )
        if len(self.groups) != n_rows:
            raise RunError(
                f"the metric {self.name!r} has groups of {len(self.groups)} rows and "
                f"was called on {n_rows}; Metric.at takes the rows"
            )
        return (self.groups,)

    def _likeliest(self, probabilities: Array) -> Array:
        """Return the likeliest classes; where they have costs, the cheapest."""
        matrix = costs.costs_of(self.function)
        if matrix is None:
            return np.asarray(probabilities.argmax(axis=1))
        return costs.cheapest_classes(probabilities, matrix)

    def error(
        self, y: Array, predictions: Array, sample_weight: Array | None = None
    ) -> float:
        """Return the distance from the optimum: lower is better, 0 is best."""
        score = self(y, predictions, sample_weight)
        return self.optimum - score if self.greater_is_better else score - self.optimum

    def score_labels(
        self, y: Array, labels: Array, sample_weight: Array | None = None
    ) -> float:
        """Return the score of labels 0..K-1 that a decision chose."""
        return float(self.function(y, labels, sample_weight))

    def error_of_labels(
        self, y: Array, labels: Array, sample_weight: Array | None = None
    ) -> float:
        """Return the distance of labels' score from the optimum."""
        score = self.score_labels(y, labels, sample_weight)
        return self.optimum - score if self.greater_is_better else score - self.optimum

    def on(self, task: Task) -> "Metric":
        """Return this metric for a target and predictions fitted in a task's scale."""
        if task.transform == "identity" and not task.is_scaled:
            return self
        function = partial(_restored, self.function, task)
        return replace(
            self,
            function=function,
            scale=task.transform,
            is_scaled=task.is_scaled,
            is_centered=task.center != 0,
        )

    @property
    def sign(self) -> str:
        """Return an arrow that points where scores get better."""
        return "↑" if self.greater_is_better else "↓"


def _restored(
    function: Scoring,
    task: Task,
    y: Array,
    values: Array,
    weight: Array | None,
    *groups: Array,
) -> float:
    """Score in the target's own units."""
    return function(task.restore(y), task.restore(values), weight, *groups)


class MetricRegistry(Registry[Metric]):
    """Metrics by name; some by the names that scikit-learn has for them, too.

    A metric with a number is made when it is first asked for, as ``pinball@0.9``; one
    that goes by groups is told the column that makes them, as ``r2_within@store``.
    """

    def __init__(self) -> None:
        super().__init__("metric", group="ensemble_kit.metrics")
        self._numbered: dict[str, Metric] = {}

    def __getitem__(self, name: str) -> Metric:
        name = ALIASES.get(name, name)
        numbered = self._with_number(name)
        return super().__getitem__(name) if numbered is None else numbered

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        known = super().__contains__(ALIASES.get(name, name))
        return known or self._with_number(name) is not None

    def _with_number(self, name: str) -> Metric | None:
        """Return a metric with a number, made once; None where the name is none."""
        stem, mark, number = name.partition("@")
        if name not in self._numbered and mark and stem in NUMBERED:
            made = NUMBERED[stem](name, number)
            if made is not None:
                self._numbered[name] = made
        if mark and number and super().__contains__(stem):
            return self._by_column(name, stem, number)
        return self._numbered.get(name)

    def _by_column(self, name: str, stem: str, column: str) -> Metric | None:
        """Return a metric of the groups that a column makes; None: it has no groups."""
        metric = super().__getitem__(stem)
        if not metric.is_grouped:
            return self._numbered.get(name)
        return replace(metric, name=name, group_column=column)


METRICS: MetricRegistry = MetricRegistry()
# Names of scikit-learn's scorers, and what they are called here.
ALIASES = {
    "roc_auc": "auc",
    "neg_log_loss": "log_loss",
    "neg_brier_score": "brier",
    "matthews_corrcoef": "mcc",
    "neg_mean_squared_error": "mse",
    "neg_root_mean_squared_error": "rmse",
    "neg_root_mean_squared_log_error": "rmsle",
    "neg_mean_absolute_error": "mae",
    "neg_median_absolute_error": "median_absolute_error",
    "neg_mean_absolute_percentage_error": "mape",
}


def _add(
    name: str,
    function: Scoring,
    consumes: Consumes,
    tasks: frozenset[str],
    optimum: float = 1.0,
    transform: str = "identity",
    ordered: bool = False,
) -> None:
    """Add a metric; an optimum of 0 means that lower is better."""
    METRICS.add(
        Metric(
            name,
            function,
            optimum > 0,
            consumes,
            optimum,
            tasks,
            transform,
            ordered=ordered,
        )
    )


PROBABILITY_LOSS: tuple[Consumes, frozenset[str], float]
PROBABILITY_LOSS = ("probability", CLASSIFICATION, 0.0)
_add("log_loss", formulas.log_loss, "probability", CLASSIFICATION, 0.0)
_add("brier", formulas.brier, "probability", CLASSIFICATION, 0.0)
_add("auc", formulas.auc, "probability", CLASSIFICATION)
_add("gini", formulas.gini, "probability", CLASSIFICATION)
_add("average_precision", formulas.average_precision, "probability", CLASSIFICATION)
_add("accuracy", formulas.accuracy, "label", CLASSIFICATION)
_add("balanced_accuracy", formulas.balanced_accuracy, "label", CLASSIFICATION)
_add("f1", partial(formulas.f1, "binary"), "label", BINARY)
_add("f1_macro", partial(formulas.f1, "macro"), "label", CLASSIFICATION)
_add("f1_micro", partial(formulas.f1, "micro"), "label", CLASSIFICATION)
_add("f1_weighted", partial(formulas.f1, "weighted"), "label", CLASSIFICATION)
_add("mcc", formulas.mcc, "label", CLASSIFICATION)
_add("quadratic_kappa", formulas.quadratic_kappa, "label", CLASSIFICATION, ordered=True)
_add(costs.STEM, costs.share_of_mistakes, "label", CLASSIFICATION, 0.0)
_add("rmse", formulas.rmse, "value", REGRESSION, 0.0)
_add("mse", formulas.mse, "value", REGRESSION, 0.0)
_add("rmsle", formulas.rmsle, "value", REGRESSION, 0.0, transform="log1p")
_add("mae", formulas.mae, "value", REGRESSION, 0.0, transform="even")
_add("mape", formulas.mape, "value", REGRESSION, 0.0, transform="even")
_add("smape", formulas.smape, "value", REGRESSION, 0.0, transform="even")
_add(
    "median_absolute_error",
    formulas.median_absolute_error,
    "value",
    REGRESSION,
    0.0,
    transform="even",
)
_add("r2", formulas.r2, "value", REGRESSION)
_add("pearson", formulas.pearson, "value", REGRESSION)
_add("spearman", formulas.spearman, "value", REGRESSION)
_add("balanced_log_loss", kaggle_formulas.balanced_log_loss, *PROBABILITY_LOSS)
_add("column_log_loss", kaggle_formulas.column_log_loss, *PROBABILITY_LOSS)
_add("log_cosh", kaggle_formulas.log_cosh, "value", REGRESSION, 0.0)
_add("rmspe", kaggle_formulas.rmspe, "value", REGRESSION, 0.0, transform="log1p")
_add("normalized_gini", kaggle_formulas.normalized_gini, "value", REGRESSION)
METRICS.add(
    Metric(
        group_formulas.R2_WITHIN,
        group_formulas.r2_within,
        True,
        "value",
        1.0,
        REGRESSION,
        is_grouped=True,
    )
)
_add("exact_match", text_formulas.exact_match, "text", TEXT)
_add("edit_distance", text_formulas.edit_distance, "text", TEXT, 0.0)
_add("bleu", text_formulas.bleu, "text", TEXT, 100.0)
_add("chrf", text_formulas.chrf, "text", TEXT, 100.0)


def _of_places(formula: Callable[..., float], name: str, number: str) -> Metric | None:
    """Return a metric of the first classes in order; None: the number is none."""
    if not (number.isascii() and number.isdigit()) or not 0 < int(number) < 1000:
        return None
    function = partial(formula, int(number))
    return Metric(name, function, True, "probability", 1.0, CLASSIFICATION)


def _pinball(name: str, number: str) -> Metric | None:
    """Return the pinball loss of a quantile; None: the number is none."""
    try:
        q = float(number)
    except ValueError:
        return None
    if not 0 < q < 1:
        return None
    function = partial(kaggle_formulas.pinball, q)
    return Metric(name, function, False, "value", 0.0, REGRESSION)


def _cost(name: str, text: str) -> Metric | None:
    """Return the mean cost by a matrix; None: the text is none."""
    matrix = costs.parse_costs(text)
    if matrix is None:
        return None
    lines = tuple(map(tuple, matrix.tolist()))
    tasks = BINARY if len(lines) == 2 else frozenset({"multiclass"})
    function = partial(costs.mean_cost, lines)
    return Metric(costs.cost_name(matrix), function, False, "label", 0.0, tasks)


# By the name before the mark.
NUMBERED: dict[str, Callable[[str, str], Metric | None]] = {
    costs.STEM: _cost,
    "map": partial(_of_places, kaggle_formulas.map_at),
    "ndcg": partial(_of_places, kaggle_formulas.ndcg_at),
    "pinball": _pinball,
}
EXAMPLES = ("map@3", "ndcg@5", "pinball@0.9", "cost@0,1/5,0", "r2_within@store")
