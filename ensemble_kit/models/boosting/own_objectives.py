"""What boosting minimises: by the libraries' names, or a function of the user's own."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.custom_files import custom_fingerprint
from ensemble_kit.exceptions import RegistryError, RunError, did_you_mean
from ensemble_kit.registry import Registry

Array = NDArray[Any]
Numbers = NDArray[np.float64]
Slopes = tuple[Numbers, Numbers]
KINDS = ("binary", "regression")
OwnCall = TypeVar("OwnCall", bound=Callable[..., Any])
LEAST_CURVE = 1e-16


@dataclass(frozen=True)
class OwnObjective:
    """A function whose first and second derivatives boosting goes by.

    Parameters
    ----------
    name : str
    call : callable
        Returns gradient and hessian of the loss of each row, by y (values, or 0 and 1)
        and the raw prediction: a value, or the log odds of class 1.
    loss : callable, optional
        Returns the loss of each row, by which rounds are found; squared error and log
        loss without it.
    """

    name: str
    call: Callable[..., Any]
    loss: Callable[..., Any] | None = None

    def slopes(self, y: Array, raw: Array, weight: Array | None) -> Slopes:
        """Return weighted gradients and hessians.

        Raises
        ------
        RunError
            When the function raises, or returns no two finite numbers for each row.
        """
        try:
            slopes = self.call(y, raw)
            gradient, hessian = (np.asarray(p, dtype=np.float64) for p in slopes)
        except Exception as error:
            raise RunError(
                f"the objective {self.name!r} raises {type(error).__name__}: {error}"
            ) from error
        shapes = {gradient.shape, hessian.shape}
        if shapes != {y.shape} or not np.isfinite([gradient, hessian]).all():
            raise RunError(
                f"the objective {self.name!r} returns gradients of shape "
                f"{gradient.shape} and hessians of shape {hessian.shape}; finite "
                f"numbers of shape {y.shape} are expected"
            )
        hessian = np.maximum(hessian, LEAST_CURVE)
        if weight is None:
            return gradient, hessian
        return gradient * weight, hessian * weight

    def mean_loss(self, y: Array, raw: Array, weight: Array | None, kind: str) -> float:
        """Return the mean loss of raw predictions."""
        if self.loss is not None:
            losses = np.asarray(self.loss(y, raw), dtype=np.float64)
        elif kind == "binary":
            losses = np.logaddexp(0.0, np.where(y == 1, -raw, raw))
        else:
            losses = (y - raw) ** 2
        return float(np.average(losses, weights=weight))

    @property
    def fingerprint(self) -> str:
        """Return the hash of the custom file that it stands in, or ""."""
        return custom_fingerprint(getattr(self.call, "__module__", ""))


OBJECTIVES: Registry[OwnObjective] = Registry("objective")


def objective(
    name: str, *, loss: Callable[..., Any] | None = None
) -> Callable[[OwnCall], OwnCall]:
    """Return a decorator that makes a function an objective of that name.

    LightGBM, XGBoost and CatBoost take it where a pipeline names it, for values and
    for two classes.

    Parameters
    ----------
    name : str
        As ``params = { objective = "name" }`` names it; CatBoost's parameter is
        ``loss_function``.
    loss : callable, optional
        See `OwnObjective`.

    Raises
    ------
    RegistryError
        When the name is taken, by one of a library too.

    Examples
    --------
    >>> @objective("squares")
    ... def squares(y, raw):
    ...     return raw - y, np.ones(len(y))
    >>> OBJECTIVES["squares"].slopes(np.ones(1), np.zeros(1), None)[0].tolist()
    [-1.0]
    """
    if any(name in names for known in KNOWN.values() for names in known.values()):
        raise RegistryError(f"@objective({name!r}): a library has one of that name")

    def add(function: OwnCall) -> OwnCall:
        if len(inspect.signature(function).parameters) != 2:
            raise RegistryError(
                f"@objective({name!r}): a function of y and raw predictions is "
                f"expected; {function.__name__} has another number of arguments"
            )
        OBJECTIVES.add(OwnObjective(name, function, loss))
        return function

    return add


def own_objective(name: object) -> OwnObjective | None:
    """Return the user's own objective of a name, None where it is none."""
    known = isinstance(name, str) and name in OBJECTIVES
    return OBJECTIVES[str(name)] if known else None


def start_of(y: Array, weight: Array | None, kind: str) -> float:
    """Return what boosting begins from: the mean, or its log odds."""
    mean = float(np.average(y, weights=weight))
    return float(np.log(mean / (1 - mean))) if kind == "binary" else mean


# What each library has, by the end of its module's name and the kind of task.
_LIGHTGBM_VALUES = (
    "regression regression_l2 l2 mean_squared_error mse l2_root "
    "root_mean_squared_error rmse regression_l1 l1 mean_absolute_error mae huber "
    "fair poisson quantile mape mean_absolute_percentage_error gamma tweedie"
)
_CATBOOST_VALUES = (
    "RMSE MAE Quantile LogLinQuantile Poisson MAPE Lq Huber Expectile Tweedie LogCosh"
)
KNOWN: dict[str, dict[str, tuple[str, ...]]] = {
    "lightgbm_boosting": {
        "regression": tuple(_LIGHTGBM_VALUES.split()),
        "binary": ("binary", "cross_entropy", "xentropy"),
        "multiclass": ("multiclass", "softmax", "multiclassova", "multiclass_ova"),
    },
    "xgboost_boosting": {
        "regression": (
            "reg:squarederror",
            "reg:squaredlogerror",
            "reg:absoluteerror",
            "reg:pseudohubererror",
            "reg:quantileerror",
            "reg:gamma",
            "reg:tweedie",
            "count:poisson",
        ),
        "binary": ("binary:logistic",),
        "multiclass": ("multi:softprob",),
    },
    "catboost_boosting": {
        "regression": tuple(_CATBOOST_VALUES.split()),
        "binary": ("Logloss", "CrossEntropy", "Focal"),
        "multiclass": ("MultiClass", "MultiClassOneVsAll"),
    },
}
PARAMETERS = ("objective", "loss_function")


def objective_mistakes(path: str, kind: str, params: Mapping[str, Any]) -> list[str]:
    """Return why a model of a library cannot minimise what it is told to.

    Parameters
    ----------
    path : str
        Of the model's class, ``"module:Class"``.
    kind : {"binary", "multiclass", "regression"}
    params : mapping
        Of the model.
    """
    module = path.partition(":")[0].rpartition(".")[2]
    named = [(key, params[key]) for key in PARAMETERS if params.get(key) is not None]
    if module not in KNOWN:
        return []
    known = KNOWN[module][kind]
    mistakes = []
    for key, name in named:
        stem = str(name).partition(":")[0] if module.startswith("cat") else str(name)
        own = own_objective(name)
        if own is None and stem not in known:
            every = [*known, *OBJECTIVES] if kind in KINDS else known
            mistakes.append(
                f"{key}: no objective {name!r} for {kind}{did_you_mean(stem, every)}; "
                f"there are {', '.join(every)}"
            )
        elif own is not None and kind not in KINDS:
            mistakes.append(
                f"{key}: the objective {name!r} is for values and for two classes; "
                f"the target is {kind}"
            )
    return mistakes
