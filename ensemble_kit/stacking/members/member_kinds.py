"""What becomes of an estimator that is handed over as a member.

In a classification stack

probabilities  with ``predict_proba``: taken as it is
decisions      with ``decision_function``: decision values made probabilities
values         a regressor: fitted to 0 and 1, for more than two classes one against
               the rest; its values are made probabilities as decision values are
labels         with ``predict`` alone: probability 1 for the class it names
columns        outlier detectors and transformers: their scores or features stand
               beside the predictions of the members, for level 2

In a regression stack ``predict`` is taken, and "columns" as above.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    TransformerMixin,
    clone,
)
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.models.calibration import Calibration, decision_values
from ensemble_kit.splitting.inner_rows import folds_in_turn
from ensemble_kit.stacking.members.left_out_values import left_out_values
from ensemble_kit.stacking.members.member_parameters import with_member_params
from ensemble_kit.stacking.members.platt_calibration import fit_platt
from ensemble_kit.stacking.members.prefit_member import PrefitMember
from ensemble_kit.store.frames import take_rows
from ensemble_kit.work.given_estimators import unfitted_copy

METHODS = ("predict_proba", "decision_function", "predict")
TAKEN = {
    "probabilities": "predict_proba",
    "decisions": "decision_function",
    "values": "predict",
    "labels": "predict",
}
MAX_COLUMNS = 100


def kind_of(estimator: Any, classification: bool, method: str = "auto") -> str:
    """Return what becomes of an estimator; empty where it cannot be a member.

    Parameters
    ----------
    estimator : object with ``fit``
    classification : bool
        Whether the target is a class.
    method : {"auto", "predict_proba", "decision_function", "predict"}
        What is taken of a classifier; with "auto" the first that it has.
    """
    told = _type_of(estimator)
    if told == "outlier_detector" or _only_transforms(estimator, told):
        return "columns"
    if classification and told != "regressor":
        methods = METHODS if method == "auto" else [method]
        return _kind_of_classifier(estimator, methods)
    return "" if told == "classifier" else _values(estimator)


def _only_transforms(estimator: Any, told: str | None) -> bool:
    """Return whether an estimator transforms, and says of itself no more than that."""
    predicts = told in ("classifier", "regressor")
    predicts = predicts or hasattr(estimator, "predict_proba")
    predicts = predicts or _is_default_stack(estimator)
    return hasattr(estimator, "transform") and not predicts


def _kind_of_classifier(estimator: Any, methods: Sequence[str]) -> str:
    """Return what is taken of a member that tells classes."""
    kinds = {
        "predict_proba": "probabilities",
        "decision_function": "decisions",
        "predict": "labels",
    }
    has = (lambda _: True) if _is_default_stack(estimator) else partial(_has, estimator)
    return next((kinds[name] for name in methods if has(name)), "")


def _values(estimator: Any) -> str:
    has_values = hasattr(estimator, "predict") or _is_default_stack(estimator)
    return "values" if has_values else ""


def _has(estimator: Any, method: str) -> bool:
    return hasattr(estimator, method)


def _is_default_stack(estimator: Any) -> bool:
    """Return whether an estimator is, or ends in, scikit-learn's stack as it is made.

    Without a final model it denies having any method until it is fitted, when its
    default has all of them.
    """
    steps = getattr(estimator, "steps", None)
    last = steps[-1][1] if steps else estimator
    return hasattr(last, "final_estimator") and last.final_estimator is None


def _type_of(estimator: Any) -> str | None:
    """Return what an estimator's tags say it is; one without tags is nothing known."""
    try:
        told: str | None = get_tags(estimator).estimator_type
    except (AttributeError, TypeError):
        return None
    return told


def as_classifier(estimator: Any, kind: str) -> Any:
    """Return what is fitted as a member of a classification stack."""
    kinds = {
        "decisions": DecisionMember,
        "values": ValueMember,
        "labels": LabelMember,
    }
    return kinds[kind](estimator) if kind in kinds else estimator


def own_estimator(member: Any) -> Any:
    """Return the fitted estimator that was handed over, out of what was made of it.

    A regressor fitted once per class stays one classifier.
    """
    own = member.estimator_ if isinstance(member, WrappedMember) else member
    if isinstance(own, PrefitMember):
        return own.estimator
    return member if isinstance(own, list) else own


class WrappedMember(ClassifierMixin, BaseEstimator):
    """A classifier made of an estimator that tells no probabilities.

    Parameters
    ----------
    estimator : estimator
        It is cloned before it is fitted.

    Attributes
    ----------
    estimator_ : estimator, or list of one per class
        Fitted to all rows.
    classes_ : ndarray of shape (n_classes,)
    """

    def __init__(self, estimator: Any):
        self.estimator = estimator

    def predict(self, X: MatrixLike) -> NDArray[Any]:
        """Return the likeliest class of each row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        raise NotImplementedError


class LabelMember(WrappedMember):
    """Gives the class that an estimator names all of the probability."""

    def fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        **metadata: Any,
    ) -> Self:
        """Fit a clone of the estimator, which is told the metadata."""
        self.classes_ = np.unique(y)
        labels = np.asarray(y)
        self.estimator_ = _fitted(self.estimator, X, labels, sample_weight, metadata)
        return self

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return 1 for the class that is named and 0 for the others."""
        check_is_fitted(self)
        named = np.asarray(self.estimator_.predict(X)).reshape(-1)
        one_hot = (named[:, None] == self.classes_).astype(np.float64)
        if not one_hot.any(axis=1).all():
            strange = named[~one_hot.any(axis=1)][0]
            raise ValueError(f"predict returned {strange!r}, which is no class of y")
        return one_hot


class DecisionMember(WrappedMember):
    """Makes decision values probabilities.

    One temperature and one bias per class, of least log loss on decision values of
    rows that the estimator did not see; for two classes that is Platt's sigmoid. See
    `ensemble_kit.stacking.members.platt_calibration`. A ridge regression tells in
    closed form what it would say of each row without it; of anything else a further
    fit learns from one half of the rows and tells the other.

    Attributes
    ----------
    calibration_ : Calibration
    """

    estimator_: Any
    calibration_: Calibration

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit on all rows, and the calibration on decisions of rows not seen."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        weights = None if sample_weight is None else np.asarray(sample_weight)
        self.estimator_ = self._machine(X, codes, weights)
        held_out, decisions = self._unseen(X, codes, weights)
        flat = np.ones(len(codes)) if weights is None else weights
        self.calibration_ = fit_platt(decisions, codes[held_out], flat[held_out])
        return self

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return calibrated probabilities of shape (n_rows, n_classes)."""
        check_is_fitted(self)
        return self.calibration_.probabilities(self._decisions(self.estimator_, X))

    def _unseen(
        self, X: MatrixLike, codes: NDArray[Any], weights: NDArray[Any] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return rows, and decision values of each that nothing learnt from it has."""
        left_out = self._left_out(X, codes, weights)
        if left_out is None:
            return self._held_out(X, codes, weights)
        return np.arange(len(codes)), left_out

    def _left_out(
        self, X: MatrixLike, codes: NDArray[Any], weights: NDArray[Any] | None
    ) -> NDArray[np.float64] | None:
        """Return decisions of each row by a machine of all others, where one knows."""
        signs = np.where(codes[:, None] == np.arange(len(self.classes_)), 1.0, -1.0)
        is_binary = len(self.classes_) == 2
        targets = signs[:, 1:] if is_binary else signs
        values = left_out_values(self.estimator_, X, targets, weights)
        if values is None or not is_binary:
            return values
        return np.column_stack([-values, values]) / 2

    def _held_out(
        self, X: MatrixLike, codes: NDArray[Any], weights: NDArray[Any] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return rows, and decision values of them by a machine that saw none of them.

        It learns from one half and tells the other: enough for the few parameters of a
        calibration, at half the price of a fit.
        """
        half = folds_in_turn(codes, 2, 0)
        for held_half in (0, 1):
            fit, held_out = (
                np.flatnonzero(half != held_half),
                np.flatnonzero(half == held_half),
            )
            if len(np.unique(codes[fit])) == len(self.classes_) and len(held_out):
                part = None if weights is None else weights[fit]
                machine = self._machine(take_rows(X, fit), codes[fit], part)
                return held_out, self._decisions(machine, take_rows(X, held_out))
        every = np.arange(len(codes))  # too few rows of a class to keep any back
        return every, self._decisions(self._machine(X, codes, weights), X)

    def _machine(
        self, X: MatrixLike, codes: NDArray[Any], weights: NDArray[Any] | None
    ) -> Any:
        """Return what is fitted: the estimator, on class numbers."""
        return _fitted(self.estimator, X, codes, weights)

    def _decisions(self, machine: Any, X: MatrixLike) -> NDArray[np.float64]:
        """Return one finite decision value per row and class."""
        values = self._values_of(machine, X)
        if not np.isfinite(values).all():
            raise ValueError("its decision values are not finite")
        return values

    def _values_of(self, machine: Any, X: MatrixLike) -> NDArray[np.float64]:
        return decision_values(_PerClass(machine), X, len(self.classes_))


class ValueMember(DecisionMember):
    """Makes the values of a regressor probabilities.

    Two classes are fitted as 0 and 1, more of them one against the rest.
    """

    def _machine(
        self, X: MatrixLike, codes: NDArray[Any], weights: NDArray[Any] | None
    ) -> Any:
        """Return one fitted regressor, or one per class."""
        if len(self.classes_) == 2:
            return _fitted(self.estimator, X, codes.astype(np.float64), weights)
        return [
            _fitted(self.estimator, X, (codes == k).astype(np.float64), weights)
            for k in range(len(self.classes_))
        ]

    def _left_out(
        self, X: MatrixLike, codes: NDArray[Any], weights: NDArray[Any] | None
    ) -> NDArray[np.float64] | None:
        machines = self.estimator_
        if not isinstance(machines, list):
            targets = codes[:, None].astype(np.float64)
            values = left_out_values(machines, X, targets, weights)
            return None if values is None else _two_sided(values[:, 0])
        parts = [
            left_out_values(machine, X, (codes[:, None] == k).astype(float), weights)
            for k, machine in enumerate(machines)
        ]
        known = [part for part in parts if part is not None]
        return np.hstack(known) if len(known) == len(parts) else None

    def _values_of(self, machine: Any, X: MatrixLike) -> NDArray[np.float64]:
        if isinstance(machine, list):
            return np.column_stack([_flat(each.predict(X)) for each in machine])
        return _two_sided(_flat(machine.predict(X)))


def _two_sided(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return decisions on two classes from values between 0 and 1."""
    return np.column_stack([0.5 - values, values - 0.5])


class _PerClass:
    """A machine of decision values whose one-against-one values are refused."""

    def __init__(self, machine: Any):
        self.machine = machine
        self.classes_ = np.asarray(machine.classes_)

    def decision_function(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return the machine's decision values."""
        values = np.asarray(self.machine.decision_function(X), dtype=np.float64)
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]
        if values.ndim == 2 and values.shape[1] != len(self.classes_):
            raise ValueError(
                f"decision_function returned {values.shape[1]} columns for "
                f"{len(self.classes_)} classes; an SVC needs "
                "decision_function_shape='ovr'"
            )
        return values


class MemberColumns(TransformerMixin, BaseEstimator):
    """Scores of outlier detectors and features of transformers, side by side.

    Parameters
    ----------
    members : list of (str, estimator)
        Cloned before they are fitted. "raw" stands for the columns as they are.
    """

    def __init__(self, members: Sequence[tuple[str, Any]]):
        self.members = members

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the members, and their parameters by name: seeds are among them."""
        own: dict[str, Any] = super().get_params(deep=False)
        return with_member_params(own, self.members) if deep else own

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> Self:
        """Fit clones of the members."""
        self.members_ = [
            (name, member if isinstance(member, str) else _fit_columns(member, X, y))
            for name, member in self.members
        ]
        return self

    def transform(self, X: MatrixLike) -> MatrixLike:
        """Return the columns of all members, those of the first one first."""
        check_is_fitted(self)
        parts = [_columns(name, member, X) for name, member in self.members_]
        if len(parts) == 1:
            return parts[0]
        if any(sparse.issparse(part) for part in parts):
            return sparse.hstack(parts, format="csr")
        return np.hstack([np.asarray(part) for part in parts])


def _fit_columns(member: Any, X: MatrixLike, y: ArrayLike | None) -> Any:
    """Return a fitted clone; outlier detectors are not told the target."""
    member = clone(member)
    if _type_of(member) == "outlier_detector":
        return member.fit(X) or member
    return member.fit(X, y) or member


def _columns(name: str, member: Any, X: MatrixLike) -> Any:
    """Return what one member puts beside the predictions."""
    if isinstance(member, str):
        return X
    if _type_of(member) == "outlier_detector":
        method = next(name for name in METHODS[1:] if hasattr(member, name))
        return _flat(getattr(member, method)(X))[:, None]
    columns = member.transform(X)
    if not hasattr(columns, "shape") or len(columns.shape) != 2:
        raise ValueError(f"{name}: transform returned no table of rows and columns")
    if columns.shape[1] > MAX_COLUMNS:
        raise ValueError(
            f"{name}: {columns.shape[1]} columns beside the predictions, more than "
            f"{MAX_COLUMNS}; features for level 2 belong into original="
        )
    return columns


def _flat(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64).reshape(-1)


def _fitted(
    estimator: Any,
    X: MatrixLike,
    y: NDArray[Any],
    weights: ArrayLike | None,
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """Return a fitted clone; weights are given where there are any."""
    model, more = unfitted_copy(estimator), dict(metadata or {})
    if weights is not None:
        more["sample_weight"] = weights
    model.fit(X, y, **more)
    return model
