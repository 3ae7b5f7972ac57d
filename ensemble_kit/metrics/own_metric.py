"""Metrics of the user's own: a function that a custom file marks with ``@metric``."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np

from ensemble_kit.custom_files import custom_fingerprint
from ensemble_kit.exceptions import RegistryError, RunError
from ensemble_kit.metrics.registry import (
    CLASSIFICATION,
    METRICS,
    REGRESSION,
    Array,
    Consumes,
    Metric,
)

READS = ("label", "probability", "value")
TASKS = CLASSIFICATION | REGRESSION
OwnCall = TypeVar("OwnCall", bound=Callable[..., Any])


@dataclass(frozen=True)
class OwnScore:
    """A function of the user's own as a metric's: what it may do wrong is told.

    Parameters
    ----------
    name : str
    call : callable
    takes_weights : bool
        Whether it has a third argument.
    """

    name: str
    call: Callable[..., Any]
    takes_weights: bool

    def __call__(
        self, y: Array, predictions: Array, weight: Array | None, *groups: Array
    ) -> float:
        """Return the score.

        Raises
        ------
        RunError
            When the function raises, or returns what is no finite number.
        """
        more = (*((weight,) if self.takes_weights else ()), *groups)
        try:
            score = self.call(y, predictions, *more)
            value = float(score)
        except Exception as error:
            raise RunError(
                f"the metric {self.name!r} raises {type(error).__name__}: {error} "
                f"(y has the shape {y.shape}, predictions {predictions.shape})"
            ) from error
        if not np.isfinite(value):
            raise RunError(
                f"the metric {self.name!r} returns {value}; a finite number is expected"
            )
        return value

    @property
    def fingerprint(self) -> str:
        """Return the hash of the custom file that it stands in, or ""."""
        return custom_fingerprint(getattr(self.call, "__module__", ""))


def metric(
    name: str,
    *,
    reads: Consumes = "probability",
    greater_is_better: bool,
    optimum: float | None = None,
    tasks: Iterable[str] | None = None,
    by_groups: bool = False,
) -> Callable[[OwnCall], OwnCall]:
    """Return a decorator that makes a function a metric of that name.

    Parameters
    ----------
    name : str
        As ``--metric`` names it.
    reads : {"label", "probability", "value"}
        What the function gets beside ``y``, the class numbers or values: class numbers
        of shape (n_rows,), probabilities of shape (n_rows, n_classes), or values in
        the target's own units of shape (n_rows,). Where it has a third argument, that
        is the weights of the rows, or None.
    greater_is_better : bool
    optimum : float, optional
        The best possible score; 1 where greater is better, else 0.
    tasks : iterable of {"binary", "multiclass", "regression"}, optional
        What it is defined for; all that predict what it reads, unless given.
    by_groups : bool, default=False
        Whether the function has a fourth argument of shape (n_rows,): the same number
        for rows of one group, by the column that ``name@COLUMN`` or ``metric_groups``
        in competition.toml names. Not for one that reads labels.

    Raises
    ------
    RegistryError
        When the name is taken, or an argument has no such value.

    Examples
    --------
    >>> @metric("half_right", reads="label", greater_is_better=True)
    ... def half_right(y, labels):
    ...     return (y == labels).mean() / 2
    >>> METRICS["half_right"](np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    0.5
    """
    mistakes = []
    if reads not in READS:
        mistakes.append(f"reads: one of {', '.join(READS)}; found {reads!r}")
    default = REGRESSION if reads == "value" else CLASSIFICATION
    wanted = default if tasks is None else frozenset(tasks)
    if not wanted or not wanted <= default:
        allowed = ", ".join(sorted(default))
        mistakes.append(f"tasks: of {allowed}; found {', '.join(sorted(wanted))}")
    if by_groups and reads == "label":
        mistakes.append("by_groups: decisions of labels are told no groups")
    if mistakes:
        raise RegistryError(f"@metric({name!r}): {'; '.join(mistakes)}")
    best = (1.0 if greater_is_better else 0.0) if optimum is None else float(optimum)

    def add(function: OwnCall) -> OwnCall:
        score = OwnScore(name, function, _takes_weights(name, function, by_groups))
        own = Metric(name, score, greater_is_better, reads, best, wanted)
        METRICS.add(replace(own, is_grouped=by_groups))
        return function

    return add


def is_own(metric: Metric) -> bool:
    """Return whether a metric is a function that was marked with ``@metric``."""
    function: object = metric.function
    if isinstance(function, partial):  # in the target's own units
        function = function.args[0]
    return isinstance(function, OwnScore)


def own_fingerprint(metric: Metric) -> str:
    """Return the hash of the custom file that a metric's function stands in, or ""."""
    function = metric.function
    if isinstance(function, OwnScore):
        return function.fingerprint
    return custom_fingerprint(getattr(function, "__module__", ""))


def _takes_weights(name: str, function: Callable[..., Any], by_groups: bool) -> bool:
    """Return whether a function has a third argument, for the weights."""
    parameters = inspect.signature(function).parameters.values()
    placed = [
        p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}
    ]
    needed = [p for p in placed if p.default is p.empty]
    if by_groups and (len(placed) < 4 or len(needed) > 4):
        raise RegistryError(
            f"@metric({name!r}): a function of y, predictions, weights and groups is "
            f"expected; {function.__name__} has {len(placed)} arguments"
        )
    if by_groups:
        return True
    if len(placed) < 2 or len(needed) > 3:
        raise RegistryError(
            f"@metric({name!r}): a function of y, predictions and, if it takes them, "
            f"weights is expected; {function.__name__} has {len(placed)} arguments"
        )
    return len(placed) > 2
