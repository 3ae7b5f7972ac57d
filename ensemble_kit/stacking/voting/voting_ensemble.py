"""What the two voting estimators share: members that are fitted and have a say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import TransformerMixin, is_classifier
from sklearn.utils import Bunch
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from ensemble_kit.blending.routed.rules import parse_rule
from ensemble_kit.exceptions import PipelineError, did_you_mean, problems
from ensemble_kit.metrics import METRICS
from ensemble_kit.processes import one_thread
from ensemble_kit.running.finished.fitted_ensemble import FittedEnsemble
from ensemble_kit.running.watched.watch import Watch
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.stacking.fitting import (
    fit_on_all_rows,
    make_source,
    models_of,
)
from ensemble_kit.stacking.inputs.given_folds import draw_seed
from ensemble_kit.stacking.inputs.tables import Table
from ensemble_kit.stacking.member_ensemble import (
    MemberEnsemble,
    metadata_by_member,
    read_weights,
    taken,
    tell_unweighted,
)
from ensemble_kit.stacking.members.member_list import read_items, read_names
from ensemble_kit.stacking.members.wiring import Setting, Wiring, wire_voters
from ensemble_kit.stacking.several_targets import n_targets
from ensemble_kit.tables.other_libraries import handed_over
from ensemble_kit.tasks import Task

Weights = Sequence[float] | Mapping[str, float] | NDArray[Any] | None


@dataclass(eq=False, repr=False)
class VotingEnsemble(TransformerMixin, MemberEnsemble):
    """What `VotedClassifier` and `VotedRegressor` share; its fields are parameters."""

    members: Any
    _: KW_ONLY
    voting: str = ""
    weights: Weights = None
    rules: Mapping[str, str] | None = None

    def _read_target(self, y: ArrayLike) -> tuple[Task, NDArray[Any]]:
        """Return the task, and the target as it is fitted."""
        raise NotImplementedError

    def _method(self) -> str:
        """Return what is taken of classifiers that are handed over."""
        return "auto"

    def _mistakes(self) -> list[str]:
        """Return what is wrong with the rest of the parameters."""
        raise NotImplementedError

    def _fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        params: dict[str, Any],
    ) -> None:
        """Fit every member on all rows, and set the attributes."""
        metadata = self._metadata(sample_weight, params)
        if n_targets(y) > 1:
            raise NotImplementedError(
                f"{type(self).__name__} takes a target of one column; found "
                f"{n_targets(y)}. scikit-learn's MultiOutputClassifier and "
                "MultiOutputRegressor fit one per column"
            )
        X = handed_over(X)
        table = self._read_table(X, y)
        task, target = self._read_target(y)
        check_consistent_length(table, target)
        weights = read_weights(sample_weight, target, task)
        used = np.arange(len(target)) if weights is None else np.flatnonzero(weights)
        metadata_of_rows = metadata_by_member(metadata, used, len(target))
        wiring = self._wire(X, table, metadata_of_rows, len(used))
        table = self._learn_columns(X, table, used)
        _try_rules(self.rules or {}, table)
        if weights is not None and metadata is None:
            tell_unweighted(wiring.members)
        folds = Folds((), len(used))
        rows = taken(weights, used)
        source = make_source(table, target[used], task, folds, rows, n_later=1)
        metric = METRICS["rmse" if task.kind == "regression" else "log_loss"]
        seed = draw_seed(self.random_state)
        watch = Watch(shows=self.verbose)
        fitted = fit_on_all_rows(source, wiring, metric, seed, self.n_jobs, watch)
        self._task = task
        self.weights_ = member_weights(self.weights, self.members)
        self._hold(fitted)

    def _wire(self, X: Any, table: Table, metadata: Any, n_rows: int) -> Wiring:
        """Return the members as the engine takes them, or raise all mistakes."""
        setting = Setting(
            is_classifier(self),
            is_array=not hasattr(X, "columns"),
            is_sparse=not hasattr(table, "columns"),
            method=self._method(),
            test="refit",
            metadata=metadata,
            n_rows=n_rows,
        )
        names = [item.name for item in read_items(self.members)[0]]
        mistakes = self._mistakes() + _weight_mistakes(self.weights, self.members)
        mistakes += [
            f"rules: {name!r} is no member{did_you_mean(name, names)}"
            for name in self.rules or {}
            if name not in names
        ]
        return wire_voters(self.members, setting, mistakes)

    def _hold(self, ensemble: FittedEnsemble) -> None:
        """Set the attributes that are the fitted members, in their order."""
        self._ensemble, models = ensemble, models_of(ensemble)
        names = [item.name for item in read_items(self.members)[0]]
        self.models_ = {name: models[name] for name in names}
        self.named_members_ = Bunch(**{name: models[name][0] for name in names})
        self.estimators_ = [models[name][0] for name in names]
        self._rules = {
            name: parse_rule(text) for name, text in (self.rules or {}).items()
        }
        self._on_arrays = (
            ensemble.all_on_arrays and not self._levels and not self._rules
        )

    def _tensor(self, table: Table) -> NDArray[np.float64]:
        """Return what members say, of shape (n_rows, n_members, n_outputs)."""
        with one_thread():
            predictions = self._ensemble.predict(table)
        return np.stack([predictions[name] for name in self.models_], axis=1)

    def _allowed(self, table: Table, n_rows: int) -> NDArray[np.bool_]:
        """Return where rules let members vote, of shape (n_rows, n_members)."""
        allowed = np.ones((n_rows, len(self.models_)), dtype=bool)
        for at, name in enumerate(self.models_):
            if name in self._rules:
                allowed[:, at] = self._rules[name].mask(table)
        return allowed

    def fit_transform(
        self, X: Any, y: ArrayLike | None = None, **params: Any
    ) -> NDArray[Any]:
        """Fit, and return what the members then say of the rows they have seen.

        For a step that learns from it take a stack, whose ``fit_transform`` is out of
        fold.
        """
        return self.fit(X, y, **params).transform(X)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Return a name for every column of `transform`."""
        check_is_fitted(self)
        return np.array(
            [
                f"{type(self).__name__.lower()}_{name}{at}"
                for name in self.models_
                for at in self._output_names()
            ],
            dtype=object,
        )

    def _output_names(self) -> Iterable[Any]:
        """Return what stands behind a member's name, for each of its columns."""
        return [""]


def member_weights(given: Weights, members: Any) -> NDArray[np.float64]:
    """Return a weight for every member that is not left out.

    Weights stand in the order in which members were written, those left out too.
    """
    written = read_names(members)
    names = [item.name for item in read_items(members)[0]]
    if given is None:
        return np.ones(len(names))
    if isinstance(given, Mapping):
        return np.array([float(given.get(name, 1.0)) for name in names])
    values = np.asarray(given, dtype=np.float64)
    stays = np.array([name is not None for name in written], dtype=bool)
    return values[stays]


def _weight_mistakes(given: Weights, members: Any) -> list[str]:
    """Return what is wrong with weights, before any of them is used."""
    written = read_names(members)
    if isinstance(given, Mapping):
        names = [name for name in written if name is not None]
        unknown = [name for name in given if name not in names]
        if unknown:
            hint = did_you_mean(unknown[0], names)
            return [f"weights: {unknown[0]!r} is no member{hint}"]
    elif given is not None and len(given) != len(written):
        return [f"weights: {len(given)} of them, {len(written)} members"]
    weights = member_weights(given, members)
    is_wrong = not np.isfinite(weights).all() or (weights < 0).any()
    if len(weights) and (is_wrong or not weights.any()):
        return ["weights: expected finite ones, none negative and one positive"]
    return []


def _try_rules(rules: Mapping[str, str], table: Table) -> None:
    """Raise for rules that cannot be read, or not on the table."""
    mistakes = []
    for name, text in rules.items():
        try:
            parse_rule(text).mask(table)
        except PipelineError as error:
            mistakes.append(f"rules: {name}: {error}")
    if mistakes:
        raise PipelineError(problems("the ensemble", mistakes))
