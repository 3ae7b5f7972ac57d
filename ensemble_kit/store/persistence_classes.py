"""Which classes a kept object may have, and what of their state is kept."""

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np

from ensemble_kit.catalog import FEATURIZERS, MODELS
from ensemble_kit.custom_files import custom_fingerprint
from ensemble_kit.exceptions import StoreError
from ensemble_kit.old_names import current
from ensemble_kit.registry import load_object
from ensemble_kit.store.tree_checks import check_estimator

OWN = re.compile(
    r"ensemble_kit\.(features|models|blending|decisions)(\.[a-z0-9_]+)*:\w+"
    r"|ensemble_kit\.stacking\.members\.member_kinds:\w+"
    r"|ensemble_kit\.work\.given_estimators:GivenFeatures",
    re.ASCII,
)
# Classes of other libraries that stand inside the kit's models, by public module.
# Those that the registries name need no line here.
KNOWN = {
    "sklearn.calibration": ("CalibratedClassifierCV",),
    "sklearn.compose": ("ColumnTransformer", "TransformedTargetRegressor"),
    "sklearn.decomposition": ("PCA", "TruncatedSVD", "NMF"),
    "sklearn.discriminant_analysis": (
        "LinearDiscriminantAnalysis",
        "QuadraticDiscriminantAnalysis",
    ),
    "sklearn.feature_extraction.text": (
        "CountVectorizer",
        "HashingVectorizer",
        "TfidfTransformer",
        "TfidfVectorizer",
    ),
    "sklearn.gaussian_process": (
        "GaussianProcessClassifier",
        "GaussianProcessRegressor",
    ),
    "sklearn.gaussian_process.kernels": (
        "ConstantKernel",
        "DotProduct",
        "Matern",
        "Product",
        "RationalQuadratic",
        "RBF",
        "Sum",
        "WhiteKernel",
    ),
    "sklearn.impute": ("SimpleImputer", "MissingIndicator"),
    "sklearn.isotonic": ("IsotonicRegression",),
    "sklearn.kernel_approximation": ("Nystroem", "RBFSampler"),
    "sklearn.linear_model": (
        "ElasticNet",
        "HuberRegressor",
        "Lasso",
        "LinearRegression",
        "LogisticRegression",
        "Ridge",
        "RidgeClassifier",
        "SGDClassifier",
        "SGDRegressor",
    ),
    "sklearn.multiclass": ("OneVsOneClassifier", "OneVsRestClassifier"),
    "sklearn.naive_bayes": (
        "BernoulliNB",
        "ComplementNB",
        "GaussianNB",
        "MultinomialNB",
    ),
    "sklearn.neighbors": (
        "KNeighborsClassifier",
        "KNeighborsRegressor",
        "NearestNeighbors",
    ),
    "sklearn.pipeline": ("FeatureUnion", "Pipeline"),
    "sklearn.preprocessing": (
        "KBinsDiscretizer",
        "LabelBinarizer",
        "LabelEncoder",
        "MinMaxScaler",
        "OneHotEncoder",
        "OrdinalEncoder",
        "PolynomialFeatures",
        "QuantileTransformer",
        "StandardScaler",
    ),
    "sklearn.svm": ("LinearSVC", "LinearSVR", "NuSVC", "NuSVR", "SVC", "SVR"),
    "sklearn.tree": (
        "DecisionTreeClassifier",
        "DecisionTreeRegressor",
        "ExtraTreeClassifier",
        "ExtraTreeRegressor",
    ),
    "lightgbm": ("LGBMClassifier", "LGBMRegressor"),
}
# Left out of the state, by a class among the ancestors: fitting needs it, predicting
# does not, or it is built again from the rest.
DROPPED = {
    "BaseHistGradientBoosting": ("_loss", "_feature_subsample_rng"),
    "BaseSGD": ("_loss_function_", "loss_function_"),
    "BalancedRandomForestClassifier": ("pipelines_", "samplers_", "base_sampler_"),
    "NeighborsBase": ("_tree",),
}


def name_of(kind: type) -> str:
    """Return the name a class is kept under.

    Raises
    ------
    StoreError
        When it is not known.
    """
    own = f"{kind.__module__}:{kind.__qualname__}"
    if OWN.fullmatch(own) or custom_fingerprint(own):
        return own
    path = _paths().get(kind.__name__)
    if path is not None and load_object(path) is kind:
        return path
    if kind.__name__ in HELPERS and HELPERS[kind.__name__]() is kind:
        return kind.__name__
    raise StoreError(
        f"objects of {own.replace(':', '.')} are not known to be plain data; the "
        "class can be named in a registry or come from a --custom file"
    )


def class_of(name: str) -> type:
    """Return the class kept under a name; no other can be asked for.

    Raises
    ------
    StoreError
        When it is not known.
    """
    name = current(name)
    known = name in _paths().values()
    if known or OWN.fullmatch(name) or custom_fingerprint(name):
        named = load_object(name)
        if isinstance(named, type) and (known or _lives_in(named, name)):
            return named
    elif name in HELPERS:
        return HELPERS[name]()
    raise StoreError(f"a kept object names the unknown class {name!r}")


def state_of(value: Any) -> dict[str, Any]:
    """Return what has to be kept of an object."""
    if is_dataclass(value) and not hasattr(value, "get_params"):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    ancestors = [kind.__name__ for kind in type(value).__mro__]
    dropped = {name for kind in ancestors for name in DROPPED.get(kind, ())}
    if not hasattr(value, "__dict__"):
        raise StoreError(f"objects of {ancestors[0]} have no state that can be kept")
    return {name: v for name, v in vars(value).items() if name not in dropped}


def restore(kind: type, state: dict[str, Any]) -> Any:
    """Return an object of a class with a state; no constructor is run."""
    value: Any = object.__new__(kind)
    value.__dict__.update(state)
    for ancestor in kind.__mro__:
        if ancestor.__name__ in REBUILT:
            REBUILT[ancestor.__name__](value)
    check_estimator(value)
    return value


@cache
def _paths() -> dict[str, str]:
    """Return the import paths of known classes of other libraries, by their names."""
    listed = [f"{module}:{name}" for module, names in KNOWN.items() for name in names]
    models = [path for m in MODELS.values() for path in (m.classifier, m.regressor)]
    named = [*models, *(f.transformer for f in FEATURIZERS.values()), *listed]
    return {path.rpartition(":")[2]: path for path in named if path}


def _lives_in(kind: type, name: str) -> bool:
    return f"{kind.__module__}:{kind.__qualname__}" == name


def _tiny(estimator: Any, n_classes: int = 2) -> Any:
    """Return an estimator fitted on next to nothing: it shows its inner classes."""
    y = np.repeat(np.arange(1, n_classes + 1), 2)
    return estimator.fit(np.arange(len(y), dtype=np.float64)[:, None], y)


@cache
def _histogram() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return _tiny(HistGradientBoostingClassifier(max_iter=1))


@cache
def _gaussian_process() -> Any:
    from sklearn.gaussian_process import GaussianProcessClassifier

    return _tiny(GaussianProcessClassifier(optimizer=None))


# Inner classes that a library does not export, found on a fitted example.
HELPERS: dict[str, Callable[[], type]] = {
    "TreePredictor": lambda: type(_histogram()._predictors[0][0]),
    "_BinMapper": lambda: type(_histogram()._bin_mapper),
    "_BinaryGaussianProcessClassifierLaplace": lambda: type(
        _gaussian_process().base_estimator_
    ),
}


def _rebuild_loss(model: Any) -> None:
    """Give histogram boosting its loss again, which turns scores into predictions."""
    arguments = {"loss": model.loss, "max_iter": 1}
    if "quantile" in model.get_params():
        arguments["quantile"] = model.quantile
    n_classes = len(getattr(model, "classes_", (0, 1)))
    model._loss = _tiny(type(model)(**arguments), n_classes)._loss


def _rebuild_neighbors(model: Any) -> None:
    """Give nearest neighbours their search tree again, built from the same rows."""
    from sklearn.neighbors import BallTree, KDTree

    model._tree = None
    kind = {"kd_tree": KDTree, "ball_tree": BallTree}.get(model._fit_method)
    if kind is not None:
        metric, params = model.effective_metric_, model.effective_metric_params_
        model._tree = kind(model._fit_X, model.leaf_size, metric=metric, **params)


REBUILT: dict[str, Callable[[Any], None]] = {
    "BaseHistGradientBoosting": _rebuild_loss,
    "NeighborsBase": _rebuild_neighbors,
}
