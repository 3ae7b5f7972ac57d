"""Predictions of fitted members for rows that come later."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from types import UnionType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.exceptions import RunError
from ensemble_kit.features.feature_set import FeatureSet, counter_of_fitted
from ensemble_kit.oof.canonical_fit import predict
from ensemble_kit.oof.matrix import Matrix, mean_over_folds, mean_over_seeds
from ensemble_kit.running.finished.few_rows import coded_for_few, for_few_rows
from ensemble_kit.store.frames import read_matrix, settle_matrix, write_matrix
from ensemble_kit.work.given_estimators import as_table
from ensemble_kit.work.inputs import accepts, beside_columns, stacked_columns
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.node import FitFacts, MetaFacts, Node
from ensemble_kit.work.offsets import add_offset, begin_from

Array = NDArray[np.float64]
MOST_IN_MEMORY = 10_000  # rows
# What a planned member holds, by type.
PLANNED: dict[str, type | UnionType] = {
    "name": str,
    "level": int,
    "form": str | None,
    "tensor": bool,
    "columns": bool,
    "as_array": bool,
    "inputs": list,
    "fits": list,
}


@dataclass(frozen=True)
class FittedEnsemble:
    """Fitted members of all levels, and how they stand on each other.

    A row that was there while the members were fitted gets the bits it got then.

    Parameters
    ----------
    members : sequence of dict
        From `plan_members`.
    fitted : mapping of str to object
        Feature sets by key, and (estimator, rows it was fitted on) by key.
    kind : {"binary", "multiclass", "regression"}
    n_outputs : int
    """

    members: Sequence[Mapping[str, Any]]
    fitted: Mapping[str, Any]
    kind: str
    n_outputs: int

    @cached_property
    def all_on_arrays(self) -> bool:
        """Return whether no member needs more of the rows than their numbers."""
        return all(
            (member["as_array"] or member["level"] > 1)
            and not member["columns"]
            and not any(fit["features"] for fit in member["fits"])
            for member in self.members
        )

    def of_level(self, level: int) -> "FittedEnsemble":
        """Return the members of one level alone."""
        members = [member for member in self.members if member["level"] == level]
        return replace(self, members=members)

    def predict(
        self, X: Matrix, foreign: Mapping[str, Array] | None = None
    ) -> dict[str, Array]:
        """Return each member's predictions of shape (n_rows, n_outputs).

        Parameters
        ----------
        X : DataFrame, csr_matrix or ndarray
            The columns and dtypes that the members were fitted on; an array of
            numbers, column by column, where they are `all_on_arrays`.
        foreign : mapping of str to ndarray, optional
            Canonical predictions of the rows by members that were fitted elsewhere.
        """
        # The mean of equal parts is not quite each of them, here as in the run.
        predictions: dict[str, Array] = {
            m["name"]: _mean(m["fits"], [foreign[m["name"]]] * len(m["fits"]))
            for m in self.members
            if foreign is not None and m["name"] in foreign
        }
        with ExitStack() as stack:
            folder = _Folder(stack)
            X = X if isinstance(X, np.ndarray) else folder.settle(X)
            counted: dict[Any, Any] = {}
            taken: dict[Any, Any] = {}
            for level in sorted({member["level"] for member in self.members}):
                members = [
                    m
                    for m in self.members
                    if m["level"] == level and not m.get("foreign")
                ]
                predictions |= self._level(
                    members, X, predictions, (counted, taken), folder
                )
        return predictions

    def _level(
        self,
        members: Sequence[Any],
        X: Matrix,
        below: Mapping[str, Array],
        shared: tuple[dict[Any, Any], dict[Any, Any]],
        folder: "_Folder",
    ) -> dict[str, Array]:
        """Return the predictions of one level; a feature set is applied once."""
        parts: dict[str, list[Any]] = {
            m["name"]: [None] * len(m["fits"]) for m in members
        }
        jobs = [
            (fit["features"] or "", at, member, fit["model"])
            for member in members
            for at, fit in enumerate(member["fits"])
        ]
        for key, group in groupby(sorted(jobs, key=_key), key=_key):
            features = self._features(key, X, shared, folder) if key else None
            for _, at, member, model in group:
                offset = member["fits"][at].get("offset")
                try:
                    if offset is not None:
                        part = self._after(member, model, offset, X, features, shared)
                    else:
                        matrix = self._inputs(member, model, X, features, below)
                        part = self._predict(model, matrix)
                except RunError as error:
                    raise RunError(f"{member['name']}: {error}") from error
                parts[member["name"]][at] = part
        return {m["name"]: _mean(m["fits"], parts[m["name"]]) for m in members}

    def _after(
        self,
        member: Mapping[str, Any],
        model: str,
        offset: str,
        X: Matrix,
        features: "_Features | None",
        shared: tuple[dict[Any, Any], dict[Any, Any]],
    ) -> Array:
        """Return predictions of a fit that begins from what another member says."""
        own, estimator, fitted_on = self.fitted[offset]
        made = X if own is None else self._made(own, X, shared)
        begins = predict(estimator, made, self.kind, self.n_outputs, fitted_on)
        matrix = _inputs(member, X, None if features is None else features.matrix, {})
        rows, _ = begin_from(self.kind, matrix, np.zeros(len(begins)), begins)
        after, span = self.fitted[model]
        predictions = predict(after, rows, self.kind, self.n_outputs, span)
        return add_offset(self.kind, predictions, begins)

    def _made(
        self, own: Any, X: Any, shared: tuple[dict[Any, Any], dict[Any, Any]]
    ) -> Matrix:
        """Return what a feature set makes of the rows."""
        self._count(own, X, shared[0])
        return settle_matrix(own.transform(X, counted=shared[0]))

    def _inputs(
        self,
        member: Mapping[str, Any],
        model: str,
        X: Matrix,
        features: "_Features | None",
        below: Mapping[str, Array],
    ) -> Any:
        """Return what a fit of a member takes, as `execute` would have given it."""
        if member["level"] == 1 and features is not None:
            sooner = coded_for_few(self.fitted[model][0], features.parts)
            return features.matrix if sooner is None else sooner
        made = None if features is None else features.matrix
        matrix = _inputs(member, X, made, below)
        if member["columns"]:
            return beside_columns(self.fitted[model][0], np.asarray(matrix), X)
        return matrix

    def _features(
        self,
        key: str,
        X: pd.DataFrame,
        shared: tuple[dict[Any, Any], dict[Any, Any]],
        folder: "_Folder",
    ) -> "_Features":
        """Return a feature set of the rows, adding to what is known of them so far.

        Texts are counted once for all folds, and columns are taken once.
        """
        features, (counted, taken) = self.fitted[key], shared
        self._count(features, X, counted)
        if isinstance(features, FeatureSet):
            parts = features.parts(X, counted, taken)
            return _Features(folder, parts, lambda: features.join(X, parts))
        return _Features(folder, (), lambda: features.transform(X, counted=counted))

    @staticmethod
    def _count(features: Any, X: pd.DataFrame, counted: dict[Any, Any]) -> None:
        """Count texts as a feature set wants them, where that is not done."""
        for _, column, transformer in getattr(features, "fitted_", ()):
            if isinstance(column, str) and hasattr(transformer, "counter"):
                counter, counts = counter_of_fitted(transformer)
                if (column, counts) not in counted:
                    texts = X[column].fillna("").astype(str).tolist()
                    counted[column, counts] = counter.count(texts)

    def _predict(self, key: str, X: Matrix) -> Array:
        estimator, fitted_on = self.fitted[key]
        estimator = for_few_rows(estimator, X)
        return predict(estimator, X, self.kind, self.n_outputs, fitted_on)


def plan_members(
    nodes: Mapping[str, Node],
    fits: Mapping[str, MemberFits],
    wanted: Iterable[str],
    to_explain: bool = False,
) -> list[dict[str, Any]]:
    """Return some members and all they stand on, lower levels first, as plain data.

    Parameters
    ----------
    nodes : mapping of str to Node
    fits : mapping of str to MemberFits
    wanted : iterable of str
        Names of members.
    to_explain : bool
        Whether fits of folds that predict no later row are listed too, apart.
    """
    planned: dict[str, dict[str, Any]] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in planned:
            planned[name] = _plan(nodes, fits[name], to_explain)
            waiting.extend(planned[name]["inputs"])
    order = list(fits)
    return sorted(planned.values(), key=lambda m: (m["level"], order.index(m["name"])))


def plan_keys(
    members: Iterable[Mapping[str, Any]], to_explain: bool = True
) -> list[str]:
    """Return the keys of all that has to be fitted for some planned members.

    Without what is there ``to_explain`` alone, all that predicts later rows.
    """
    keys = [
        key
        for member in members
        if not member.get("foreign")
        for fit in (*member["fits"], *(member.get("fold_fits", ()) * to_explain))
        for key in (fit["features"], fit["model"], fit.get("offset"))
        if key
    ]
    return list(dict.fromkeys(keys))


def plan_fault(members: Any) -> str:
    """Return what is wrong with planned members from a file; empty where nothing is."""
    if not isinstance(members, list) or not members:
        return "it lists no members"
    names: set[str] = set()
    for member in members:
        if fault := _member_fault(member, names):
            return fault
        names.add(member["name"])
    return ""


def _member_fault(member: Any, below: Collection[str]) -> str:
    """Return what is wrong with one planned member, given the names before it."""
    if not isinstance(member, Mapping):
        return f"a member is {member!r:.80}"
    for name, kind in PLANNED.items():
        if not isinstance(member.get(name), kind):
            return f"{name} of a member is {member.get(name)!r:.80}"
    name = f"{member['name']!r:.80}"
    if unknown := [each for each in member["inputs"] if each not in below]:
        return f"{name} stands on {unknown[0]!r:.80}, which is not there"
    if not isinstance(apart := member.get("fold_fits", []), list):
        return f"fold_fits of {name} is {apart!r:.80}"
    if odd := [fit for fit in (*member["fits"], *apart) if not _is_fit(fit)]:
        return f"a fit of {name} is {odd[0]!r:.80}"
    return "" if member["fits"] else f"{name} has no fits"


def _is_fit(fit: Any) -> bool:
    return (
        isinstance(fit, Mapping)
        and isinstance(fit.get("model"), str)
        and isinstance(fit.get("features"), str | None)
        and type(fit.get("fold")) is int
        and isinstance(fit.get("offset"), str | None)
    )


def _plan(
    nodes: Mapping[str, Node], fits: MemberFits, to_explain: bool
) -> dict[str, Any]:
    """Return one member as plain data: the fits that predict later rows."""
    of_folds = [
        (fold, key, facts)
        for (fold, _), key in fits.fits.items()
        if isinstance(facts := nodes[key].facts, FitFacts)
    ]
    used = [one for one in of_folds if one[2].predicts_test]
    apart = [one for one in of_folds if one[2].is_explained] if to_explain else []
    facts = used[0][2]
    accepted = accepts(facts.model)
    below = nodes[facts.inputs.meta].facts if facts.inputs.meta else None
    more: dict[str, Any] = {"foreign": True} if "foreign" in facts.model else {}
    if apart:
        more["fold_fits"] = [_planned_fit(*one) for one in apart]
    return {
        "name": fits.member.name,
        "level": fits.member.level,
        "form": facts.form,
        "tensor": "tensor" in accepted,
        "columns": "columns" in accepted,
        "as_array": facts.model.get("as_array", False),
        "inputs": list(below.members) if isinstance(below, MetaFacts) else [],
        "fits": [_planned_fit(*one) for one in used],
        **more,
    }


def _planned_fit(fold: int, key: str, facts: FitFacts) -> dict[str, Any]:
    """Return one fit as plain data."""
    offset = {"offset": facts.inputs.offset} if facts.inputs.offset else {}
    features = facts.inputs.features
    return {"fold": fold, "model": key, "features": features, **offset}


def _mean(fits: Sequence[Mapping[str, Any]], parts: Sequence[Array]) -> Array:
    """Return the mean over folds of the means over seeds."""
    folds: dict[int, list[Array]] = {}
    for fit, part in zip(fits, parts, strict=True):
        folds.setdefault(fit["fold"], []).append(part)
    return mean_over_folds([mean_over_seeds(seeds) for seeds in folds.values()])


def _key(job: tuple[Any, ...]) -> str:
    return job[0]


def _inputs(
    member: Mapping[str, Any], X: Matrix, features: Any, below: Mapping[str, Array]
) -> Matrix:
    """Return what a fit of a member takes, as `execute` would have given it."""
    if member["level"] == 1:
        return as_table(X, member["as_array"]) if features is None else features
    tensor = np.stack([below[name] for name in member["inputs"]], axis=1)
    if member["tensor"]:
        return tensor
    return stacked_columns(tensor, member["form"], features)


@dataclass(frozen=True)
class _Features:
    """A feature set of some rows: its parts, and the matrix once it is asked for."""

    folder: "_Folder"
    parts: Sequence[Any]
    join: Callable[[], Matrix]

    @cached_property
    def matrix(self) -> Matrix:
        """Return the matrix as a workspace gives it."""
        return self.folder.settle(self.join())


class _Folder:
    """Matrices as a workspace gives them: the types and orders that fits have seen.

    Few rows are settled in memory, many on disk, mapped.
    """

    def __init__(self, stack: ExitStack):
        self.stack = stack
        self.n_written = 0

    @cached_property
    def path(self) -> Path:
        """Return the folder on disk, which goes away with the stack."""
        made = TemporaryDirectory(prefix="ensemble_kit-")
        return Path(self.stack.enter_context(made))

    def settle(self, matrix: Matrix) -> Matrix:
        """Return a matrix as a workspace gives it."""
        if matrix.shape[0] <= MOST_IN_MEMORY:
            return settle_matrix(matrix)
        self.n_written += 1
        path = self.path / str(self.n_written)
        write_matrix(path, matrix)
        return read_matrix(path)
