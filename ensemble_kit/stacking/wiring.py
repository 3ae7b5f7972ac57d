"""What a user names or hands over, as members and feature sets of the engine."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sklearn.base import BaseEstimator

from ensemble_kit.catalog import MODELS
from ensemble_kit.exceptions import PipelineError, did_you_mean, problems
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Member, Recipe
from ensemble_kit.work.given_estimators import (
    GivenMember,
    GivenRecipe,
    accepts_of,
    is_given,
)

FINAL = "final"
ModelLike: TypeAlias = str | Member | BaseEstimator
FeaturesLike: TypeAlias = str | Recipe | BaseEstimator | None
MemberLike: TypeAlias = (
    str | Member | tuple[str, ModelLike] | tuple[str, ModelLike, FeaturesLike]
)


@dataclass
class Wiring:
    """Members of both levels, their feature sets, and the objects among them.

    Parameters
    ----------
    is_classifier : bool
    is_array, is_sparse : bool
        What X is: given estimators get arrays as arrays.
    """

    is_classifier: bool
    is_array: bool = False
    is_sparse: bool = False
    members: list[Member] = field(default_factory=list)
    recipes: dict[str, Recipe] = field(default_factory=standard_recipes)
    given: dict[str, BaseEstimator] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def add(self, item: MemberLike) -> None:
        """Add a member of level 1: a name, an estimator with a name, or a Member."""
        if isinstance(item, Member):
            self._append(item)
        elif isinstance(item, str):
            self._append(self._member(item, item, None))
        elif isinstance(item, list | tuple) and len(item) in (2, 3):
            self._append(self._member(*item, *[None] * (3 - len(item))))
        else:
            self.mistakes.append(
                f"members: {item!r} is no name, no (name, model) and no "
                "(name, model, features)"
            )

    def add_final(self, model: ModelLike, original: FeaturesLike) -> None:
        """Add the model of level 2."""
        if isinstance(model, Member):
            member: Member | None = replace(model, level=2)
        else:
            member = self._member(FINAL, model, None)
        beside = self._features(FINAL, original)
        if beside and member and "tensor" in member.spec.accepts:
            self.mistakes.append(
                f"original: {member.model} takes nothing beside predictions; "
                "final='lightgbm' would"
            )
        self._append(member and replace(member, level=2, original=beside))

    def check(self) -> None:
        """Raise when anything was wrong, everything at once."""
        names = [member.name for member in self.members]
        repeated = sorted({name for name in names if names.count(name) > 1})
        self.mistakes += [f"members: the name {name!r} repeats" for name in repeated]
        if len(names) < 2 and not self.mistakes:
            self.mistakes.append("members: empty; a stack needs at least one")
        if self.mistakes:
            raise PipelineError(problems("the stack", self.mistakes))

    def _append(self, member: Member | None) -> None:
        if member is not None:
            self.members.append(member)

    def _member(
        self, name: str, model: ModelLike, features: FeaturesLike
    ) -> Member | None:
        found = self._features(name, features)
        if isinstance(model, str):
            return self._named(name, model, found)
        method = "predict_proba" if self.is_classifier else "predict"
        if not (is_given(model, "fit") and hasattr(model, method)):
            self.mistakes.append(
                f"{name}: {model!r} is no name of a model and has no fit and {method}"
                + ("; CalibratedClassifierCV gives one" if self.is_classifier else "")
            )
            return None
        token = self._give(name, model)
        return GivenMember(
            name,
            type(model).__name__,
            features=found or "raw",
            token=token,
            accepts=accepts_of(model),
            as_array=self.is_array,
        )

    def _named(self, name: str, model: str, features: str | None) -> Member | None:
        if model not in MODELS:
            hint = did_you_mean(model, MODELS)
            self.mistakes.append(f"{name}: unknown model {model!r}{hint}")
            return None
        if self.is_sparse and "tensor" not in MODELS[model].accepts:
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
            elif self.is_sparse and features != "raw":
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
        self.recipes[own] = GivenRecipe(own, token=token, as_array=self.is_array)
        return own

    def _give(self, name: str, value: BaseEstimator) -> str:
        token = f"{len(self.given)}-{name}"
        self.given[token] = value
        return token


def wire(
    members: Sequence[MemberLike],
    final: ModelLike,
    original: FeaturesLike,
    *,
    is_classifier: bool,
    is_array: bool,
    is_sparse: bool,
) -> Wiring:
    """Return the wiring of a stack.

    Raises
    ------
    PipelineError
        With every mistake found.
    """
    wiring = Wiring(is_classifier, is_array, is_sparse)
    for item in members:
        wiring.add(item)
    wiring.add_final(final, original)
    wiring.check()
    return wiring


def allows_nan(members: Sequence[MemberLike]) -> bool:
    """Return whether every member takes missing numbers, or features that fill them."""
    return all(_allows_nan(item) for item in members)


def _allows_nan(item: MemberLike) -> bool:
    if isinstance(item, Member | str):
        return True
    _, model, *features = item
    if isinstance(model, str) or features:
        return True
    return "nan" in accepts_of(model)


def accepts_sparse(members: Sequence[MemberLike]) -> bool:
    """Return whether every member takes a sparse matrix."""
    return all(_accepts_sparse(item) for item in members)


def _accepts_sparse(item: MemberLike) -> bool:
    if isinstance(item, Member):
        return False
    model = item if isinstance(item, str) else item[1]
    if isinstance(model, str):
        return model in MODELS and "sparse" in MODELS[model].accepts
    return "sparse" in accepts_of(model)
