"""What a user names or hands over, as members and feature sets of the engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from sklearn.base import BaseEstimator

from ensemble_kit.catalog import MODELS
from ensemble_kit.exceptions import PipelineError, did_you_mean, problems
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Member, Recipe
from ensemble_kit.stacking.members.member_kinds import (
    METHODS,
    TAKEN,
    LabelMember,
    MemberColumns,
    WrappedMember,
    as_classifier,
    kind_of,
)
from ensemble_kit.stacking.members.member_list import Item, read_items
from ensemble_kit.stacking.members.prefit_member import refuse_unfitted
from ensemble_kit.work.given_estimators import (
    GivenMember,
    GivenRecipe,
    Takes,
    WithMetadata,
    accepts_of,
    is_given,
    takes_of,
)

FINAL, RAW = "final", "raw"
ModelLike: TypeAlias = str | Member | BaseEstimator
FeaturesLike: TypeAlias = str | Recipe | BaseEstimator | None


@dataclass(frozen=True)
class Setting:
    """What a stack is, apart from its members.

    Parameters
    ----------
    is_classifier : bool
    is_array, is_sparse : bool
        What X is: given estimators get arrays as arrays.
    method : str
        What is taken of classifiers; see `kind_of`.
    test : {"mean", "refit"}
    prefit : callable, optional
        Makes a member of a fitted estimator; without it they are fitted.
    metadata : mapping of str to mapping, optional
        What the ``fit`` of members is told, by name; without it metadata is not
        routed, and weights go to all that take them.
    n_rows : int
    """

    is_classifier: bool
    is_array: bool = False
    is_sparse: bool = False
    method: str = "auto"
    test: str = "mean"
    prefit: Callable[[Any], Any] | None = None
    metadata: Mapping[str, Mapping[str, Any]] | None = None
    n_rows: int = 0


@dataclass
class Wiring:
    """Members of both levels, their feature sets, and the objects among them.

    Parameters
    ----------
    setting : Setting
    """

    setting: Setting
    members: list[Member] = field(default_factory=list)
    recipes: dict[str, Recipe] = field(default_factory=standard_recipes)
    given: dict[str, BaseEstimator] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    columns: list[tuple[str, Any]] = field(default_factory=list)
    methods: dict[str, str] = field(default_factory=dict)

    def choose(self, name: str, value: object, known: Sequence[str]) -> None:
        """Note an argument that is none of the words there are for it."""
        if value not in known:
            self.mistakes.append(f"{name}: {value!r} is none of {', '.join(known)}")

    def add(self, item: Item) -> None:
        """Add a member of level 1."""
        if isinstance(item.model, Member):
            self._append(item.model)
        elif self._kind(item.model, self.setting.method) == "columns":
            self._add_columns(item)
        else:
            self._append(self._member(*item))

    def _kind(self, model: ModelLike, method: str) -> str:
        """Return what becomes of an estimator; empty for what is none."""
        if not is_given(model, "fit"):
            return ""
        return kind_of(model, self.setting.is_classifier, method)

    def _add_columns(self, item: Item) -> None:
        """Keep a member whose columns stand beside the predictions of the others."""
        if item.features is not None:
            self.mistakes.append(
                f"{item.name}: a {type(item.model).__name__} predicts no target; it "
                "stands beside the predictions and takes no features of its own"
            )
        self.columns.append((item.name, item.model))

    def add_final(self, model: ModelLike, original: FeaturesLike) -> None:
        """Add the model of level 2."""
        if isinstance(model, Member):
            member: Member | None = replace(model, level=2)
        else:
            member = self._member(FINAL, model, None)
        beside = self._features(FINAL, self._beside(original))
        if beside and member and "tensor" in member.spec.accepts:
            what = ", ".join(name for name, _ in self.columns) or "original"
            self.mistakes.append(
                f"{what}: {member.model} takes nothing beside predictions; "
                "final='lightgbm' would"
            )
        self._append(member and replace(member, level=2, original=beside))

    def _beside(self, original: FeaturesLike) -> FeaturesLike:
        """Return the features beside the predictions, members' columns among them."""
        is_raw = isinstance(original, str) and original == RAW
        if original is None or is_raw:
            parts = [("original", RAW)] * is_raw + self.columns
            return MemberColumns(parts) if parts else None
        if not self.columns:
            return original
        if is_given(original, "transform"):
            return MemberColumns([("original", original), *self.columns])
        names = ", ".join(name for name, _ in self.columns)
        self.mistakes.append(
            f"original: a feature set by name does not go with {names}; hand over a "
            "transformer, or 'raw'"
        )
        return None

    def check(self, least: int, written: Any) -> None:
        """Raise when anything was wrong, everything at once.

        Parameters
        ----------
        least : int
            How many members there have to be, a final one among them.
        written : object
            The members as they were written.
        """
        names = [member.name for member in self.members]
        repeated = sorted({name for name in names if names.count(name) > 1})
        self.mistakes += [f"members: the name {name!r} repeats" for name in repeated]
        if len(names) < least and not self.mistakes:
            self.mistakes.append(_none_at_all(written))
        if self.mistakes:
            raise PipelineError(problems("the ensemble", self.mistakes))

    def _append(self, member: Member | None) -> None:
        if member is not None:
            self.members.append(member)

    def _member(
        self, name: str, model: ModelLike, features: FeaturesLike
    ) -> Member | None:
        recipe = self._features(name, features)
        if isinstance(model, str):
            return self._named(name, model, recipe)
        kind = self._kind(model, "auto" if name == FINAL else self.setting.method)
        if kind in ("", "columns"):
            self._refuse(name, model)
            return None
        if name != FINAL:
            self.methods[name] = TAKEN[kind]
            return self._given(name, self._as_prefit(name, model, kind), kind, recipe)
        return self._given(name, model, kind, recipe)

    def _as_prefit(self, name: str, model: Any, kind: str) -> Any:
        """Return a model as it is fitted: where it is fitted already, as it is."""
        if self.setting.prefit is None:
            return model
        if self.setting.is_classifier and kind == "values":
            self.mistakes.append(f"{name}: a fitted regressor tells no classes")
        refuse_unfitted(name, model)
        return self.setting.prefit(model)

    def _given(self, name: str, model: Any, kind: str, features: str | None) -> Member:
        """Return a member whose model is an estimator."""
        accepted = accepts_of(model)
        fitted = as_classifier(model, kind) if self.setting.is_classifier else model
        metadata = self.setting.metadata
        if metadata is not None and name != FINAL:
            accepted = tuple(word for word in accepted if word != "weights")
            if metadata.get(name):
                self._check_metadata(name, fitted, metadata[name])
                fitted = WithMetadata(fitted, metadata[name], self.setting.n_rows)
        return GivenMember(
            name,
            type(model).__name__,
            features=features or "raw",
            token=self._give(name, fitted),
            accepts=accepted,
            as_array=self.setting.is_array,
        )

    def _check_metadata(
        self, name: str, model: Any, metadata: Mapping[str, Any]
    ) -> None:
        """Note metadata that does not go through what is made of a member."""
        others = sorted(metadata.keys() - {"sample_weight"})
        takes_more = isinstance(model, LabelMember)
        if isinstance(model, WrappedMember) and others and not takes_more:
            self.mistakes.append(
                f"{name}: {', '.join(others)} cannot be routed to a member without "
                "predict_proba"
            )

    def _refuse(self, name: str, model: ModelLike) -> None:
        """Say why a model cannot be fitted."""
        if isinstance(model, type):
            reason = f"is a class; hand over an object, as {model.__name__}() makes one"
        elif not is_given(model, "fit"):
            reason = "is no name of a model and has no fit"
        elif self.setting.is_classifier and self.setting.method != "auto":
            reason = f"has no {self.setting.method}, which method asks for"
        elif self.setting.is_classifier:
            reason = "has no predict_proba, decision_function or predict"
        else:
            reason = "is no regressor: it predicts classes, or nothing"
        self.mistakes.append(f"{name}: {model!r} {reason}")

    def _named(self, name: str, model: str, features: str | None) -> Member | None:
        if model not in MODELS:
            hint = did_you_mean(model, MODELS)
            self.mistakes.append(f"{name}: unknown model {model!r}{hint}")
            return None
        if self.setting.prefit is not None and name != FINAL:
            self.mistakes.append(
                f"{name}: cv='prefit' takes fitted estimators, not the name {model!r}"
            )
        if name != FINAL:
            is_classifier = self.setting.is_classifier
            self.methods[name] = "predict_proba" if is_classifier else "predict"
        if self.setting.is_sparse and "tensor" not in MODELS[model].accepts:
            if "sparse" not in MODELS[model].accepts:
                self.mistakes.append(f"{name}: {model} takes no sparse matrix")
            features = features or "raw"
        return Member(name, model, features=features)

    def _features(self, name: str, features: FeaturesLike) -> str | None:
        """Return the name of a feature set, adding one that was handed over."""
        if features is None:
            return None
        if isinstance(features, str):
            if features not in self.recipes:
                hint = did_you_mean(features, self.recipes)
                self.mistakes.append(f"{name}: no feature set {features!r}{hint}")
            elif self.setting.is_sparse and features != "raw":
                self.mistakes.append(f"{name}: a sparse X has no columns; use 'raw'")
            return features
        if isinstance(features, Recipe):
            self.recipes[features.name] = features
            return features.name
        if not is_given(features, "transform"):
            self.mistakes.append(f"{name}: {features!r} is no feature set")
            return None
        own = f"features of {name}"
        token = self._give(own, features)
        self.recipes[own] = GivenRecipe(
            own, token=token, as_array=self.setting.is_array
        )
        return own

    def _give(self, name: str, value: BaseEstimator) -> str:
        token = f"{len(self.given)}-{name}"
        self.given[token] = value
        return token


def _none_at_all(written: Any) -> str:
    """Return what is wrong where there is not one member."""
    is_listed = isinstance(written, list | tuple | Mapping)
    if written is not None and not is_listed:
        hint = f"[{type(written).__name__}()]" if hasattr(written, "fit") else "a list"
        return (
            "members: expected a list of names and estimators, a dict, or the name of "
            f"a pipeline; found a {type(written).__name__}: write {hint}"
        )
    none = "All estimators are dropped" if written else "empty"
    return f"members: {none}. At least one is required"


def wire(
    members: Any, final: ModelLike, original: FeaturesLike, setting: Setting
) -> Wiring:
    """Return the wiring of a stack.

    Raises
    ------
    PipelineError
        With every mistake found.
    NotFittedError
        For a member that is taken as it is and was never fitted.
    """
    wiring = Wiring(setting)
    items, wiring.mistakes = read_items(members)
    wiring.choose("method", setting.method, ("auto", *METHODS))
    if wiring.mistakes and setting.method not in ("auto", *METHODS):
        wiring.setting = replace(setting, method="auto")
    wiring.choose("test", setting.test, ("mean", "refit"))
    for item in items:
        wiring.add(item)
    wiring.add_final(final, original)
    wiring.check(2, members)
    return wiring


def wire_voters(members: Any, setting: Setting, mistakes: Sequence[str] = ()) -> Wiring:
    """Return the wiring of members that stand side by side, with no final one.

    Raises
    ------
    PipelineError
        With every mistake found, and those that are handed over.
    """
    wiring = Wiring(setting)
    items, wiring.mistakes = read_items(members)
    wiring.mistakes += mistakes
    for item in items:
        wiring.add(item)
    wiring.mistakes += [
        f"{name}: a {type(model).__name__} predicts no target; it cannot vote"
        for name, model in wiring.columns
    ]
    wiring.check(1, members)
    return wiring


def takes_of_all(members: Any) -> Takes:
    """Return what every member takes, given what fills it before; see `Takes`.

    A pipeline of the command line takes no sparse matrix.
    """
    each = [_takes(item) for item in read_items(members)[0]]
    is_listed = isinstance(members, list | tuple | Mapping)
    nan = all(takes.nan for takes in each)
    return Takes(nan, is_listed and all(takes.sparse for takes in each))


def _takes(item: Item) -> Takes:
    """Return what one member takes; what cannot be one is told with all mistakes."""
    model = item.model
    if isinstance(model, str):
        return Takes(True, model in MODELS and "sparse" in MODELS[model].accepts)
    if isinstance(model, Member) or not is_given(model, "fit"):
        return Takes(nan=True, sparse=False)
    takes = takes_of(model)
    return takes if item.features is None else takes._replace(nan=True)
