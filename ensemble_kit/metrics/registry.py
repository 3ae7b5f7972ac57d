"""Metrics by name, called on canonical predictions of shape (n_rows, n_outputs)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.metrics import costs, formulas, kaggle_formulas, text_formulas
from ensemble_kit.registry import Registry
from ensemble_kit.tasks import Task

Array = NDArray[Any]
Scoring = Callable[[Array, Array, Array | None], float]
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
        texts (n_rows,).
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
        return float(self.function(y, predictions, sample_weight))

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
    function: Scoring, task: Task, y: Array, values: Array, weight: Array | None
) -> float:
    """Score in the target's own units."""
    return function(task.restore(y), task.restore(values), weight)


class MetricRegistry(Registry[Metric]):
    """Metrics by name; some by the names that scikit-learn has for them, too.

    A metric with a number is made when it is first asked for, as ``pinball@0.9``.
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
        return self._numbered.get(name)


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
EXAMPLES = ("map@3", "ndcg@5", "pinball@0.9", "cost@0,1/5,0")
