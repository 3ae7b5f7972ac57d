"""Splitters of scikit-learn by name, as rows, groups and classes allow."""

import inspect
from collections.abc import Mapping
from typing import Any

import sklearn.model_selection
from numpy.typing import NDArray

from ensemble_kit.exceptions import PipelineError, did_you_mean
from ensemble_kit.splitting.folds import class_folds

BY_CLASS = ("StratifiedKFold", "RepeatedStratifiedKFold", "StratifiedGroupKFold")


def usual_splitter(is_classifier: bool, has_groups: bool) -> str:
    """Return the name of the splitter that rows get when nobody names one.

    Examples
    --------
    >>> usual_splitter(True, has_groups=False)
    'StratifiedKFold'
    """
    kind = "GroupKFold" if has_groups else "KFold"
    return f"Stratified{kind}" if is_classifier else kind


def make_splitter(
    name: str,
    y: NDArray[Any],
    groups: Any,
    *,
    is_classifier: bool,
    n_splits: int,
    seed: int,
    n_repeats: int = 1,
    params: Mapping[str, Any] | None = None,
) -> Any:
    """Return a splitter of scikit-learn with the arguments it knows.

    Parameters
    ----------
    name : str
        As in ``sklearn.model_selection``. One that keeps the shares of classes gives
        way to one that does not where a class has too few rows for it.
    y : ndarray of shape (n_rows,)
    groups : array-like of shape (n_rows,) or None
    is_classifier : bool
    n_splits : int
        Fewer are made where there are fewer rows, or groups.
    seed : int
    n_repeats : int, default 1
        More are made of rare classes.
    params : mapping, optional
        Arguments that are taken as they are.

    Raises
    ------
    PipelineError
        When scikit-learn has no such splitter.
    """
    n_splits = max(2, min(n_splits, len(y) if groups is None else len(set(groups))))
    if is_classifier and name in BY_CLASS:
        possible, repeats = class_folds(y, n_splits)
        name = name if possible else name.replace("Stratified", "")
        n_splits = possible or n_splits
        if "Group" not in name:
            n_repeats = max(n_repeats, repeats)
    if n_repeats > 1 and not name.startswith("Repeated"):
        name = f"Repeated{name}"
    kind = _splitter_class(name)
    return kind(**{**_arguments(kind, n_splits, n_repeats, seed), **(params or {})})


def _splitter_class(name: str) -> type:
    kind = getattr(sklearn.model_selection, name, None)
    if inspect.isclass(kind) and hasattr(kind, "split"):
        return kind
    names = [n for n in dir(sklearn.model_selection) if n[:1].isupper()]
    raise PipelineError(f"folds.splitter: unknown {name!r}{did_you_mean(name, names)}")


def _arguments(
    kind: type, n_splits: int, n_repeats: int, seed: int
) -> dict[str, object]:
    known = inspect.signature(kind).parameters
    wanted: dict[str, object] = {"n_splits": n_splits, "n_repeats": n_repeats}
    if "shuffle" in known and kind.__name__ != "GroupKFold":
        wanted["shuffle"] = True
    if "shuffle" in wanted or "n_repeats" in known:
        wanted["random_state"] = seed
    return {key: value for key, value in wanted.items() if key in known}
