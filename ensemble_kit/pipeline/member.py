"""What is fitted: members, and the feature sets they take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NotRequired, Protocol, TypedDict, final

from numpy.typing import NDArray

from ensemble_kit.catalog import FEATURIZERS, MODELS
from ensemble_kit.custom_files import custom_fingerprint
from ensemble_kit.exceptions import MissingDependencyError, PipelineError
from ensemble_kit.features.feature_set import FeatureSet
from ensemble_kit.features.texts.text_preparation import reads_lemmas
from ensemble_kit.features.texts.tokens import LEMMAS_VERSION
from ensemble_kit.hashing import fingerprint_file
from ensemble_kit.model_spec import ModelSpec
from ensemble_kit.models.boosting.own_objectives import PARAMETERS, own_objective
from ensemble_kit.pipeline.pseudo_labels import PseudoLabels
from ensemble_kit.registry import missing_dependency

ROLES = (
    "number",
    "category",
    "datetime",
    "text",
    "texts",
    "pair",
    "table",
    "series",
)
ROUNDS = frozenset({"n_estimators", "iterations", "max_iter", "epochs", "max_epochs"})
ITEMS = "tfidf_items"
TEXT_ROLES = ("text", "texts", "pair")
ROWS_PROBED = 10_000  # by all inner splits of a probe together, about
STACK_FORMS = ("stack", "stack_logits")
DISTRIBUTIONS = {"sklearn": "scikit-learn", "Stemmer": "PyStemmer"}


Parameters = Mapping[str, Any]


class Rows(Protocol):
    """What the number of probes depends on."""

    @property
    def y(self) -> NDArray[Any]:
        """Return one target for each row."""

    @property
    def times(self) -> NDArray[Any] | None:
        """Return the rows' times, where they have some."""


@final
class SamplerFacts(TypedDict):
    """What draws the rows of a fit, and the version of imbalanced-learn."""

    name: str
    params: Parameters
    version: str


@final
class ModelFacts(TypedDict):
    """What a fitted model follows from, besides data, split and seed.

    A model of the registry has ``version``, ``custom`` and ``fixed``, and the
    fingerprint of the ``file`` of vectors, or of the encoder, that it starts with; an
    estimator that was handed over has its token as ``given``, ``accepts`` and
    ``as_array``; predictions made elsewhere have theirs as ``foreign``. A ``sampler``
    draws its rows; ``objective`` is the fingerprint of the file of what it minimises.
    """

    name: str
    task: str
    params: Parameters
    libraries: Mapping[str, str]
    version: NotRequired[int]
    custom: NotRequired[str]
    fixed: NotRequired[list[str]]
    file: NotRequired[str]
    given: NotRequired[str]
    foreign: NotRequired[str]
    accepts: NotRequired[list[str]]
    as_array: NotRequired[bool]
    sampler: NotRequired[SamplerFacts]
    objective: NotRequired[str]


@final
class FeaturizerFacts(TypedDict):
    """What the output of one block of a feature set follows from, besides data."""

    role: str
    file: str
    featurizer: str
    version: int
    params: Parameters
    libraries: Mapping[str, str]
    lemmas: NotRequired[int]


@final
class TransformerFacts(TypedDict):
    """The token of a transformer that was handed over as a whole feature set."""

    given: str
    as_array: bool


BlockFacts = FeaturizerFacts | TransformerFacts


@dataclass(frozen=True)
class Block:
    """One featurizer of a feature set, with the role of the columns it takes."""

    role: str
    featurizer: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def facts(self) -> FeaturizerFacts:
        """Return what the block's output follows from, besides the data."""
        spec = FEATURIZERS[self.featurizer]
        params = {**spec.defaults, **self.params}
        facts: FeaturizerFacts = {
            "role": self.role,
            "file": self._file(),
            "featurizer": self.featurizer,
            "version": spec.version,
            "params": params,
            "libraries": library_versions(
                spec.transformer, *(module for module, _ in spec.requires)
            ),
        }
        if reads_lemmas(params):
            facts["lemmas"] = LEMMAS_VERSION
        return facts

    def missing_dependency(self) -> str:
        """Return what is not installed and the extra that brings it, or ""."""
        spec = FEATURIZERS[self.featurizer]
        try:
            spec.files_fingerprint(self.params)
        except MissingDependencyError as error:
            return str(error)
        except PipelineError:
            pass  # a mistake, and told as one
        return spec.missing_dependency()

    @property
    def path(self) -> Path | None:
        """Return the file that the featurizer reads, or that its vectors begin from.

        None for a featurizer that names its files by itself.
        """
        if FEATURIZERS[self.featurizer].files is not None:
            return None
        inner = self.params.get("params")  # of the embedding that a pair is told by
        params = {**(inner if isinstance(inner, Mapping) else {}), **self.params}
        if path := params.get("path"):
            return Path(path)
        vectors = params.get("pretrained")
        is_file = isinstance(vectors, str | Path) and Path(vectors).is_file()
        return Path(str(vectors)) if is_file else None

    def _file(self) -> str:
        """Return the fingerprint of files that the output follows from, or ""."""
        if self.path is not None:
            return fingerprint_file(self.path)
        return FEATURIZERS[self.featurizer].files_fingerprint(self.params)


@dataclass(frozen=True)
class Recipe:
    """A named feature set: its blocks, or none for the columns as they are."""

    name: str
    blocks: tuple[Block, ...] = ()

    @property
    def is_raw(self) -> bool:
        """Return whether members take the frame itself."""
        return not self.blocks

    def facts(self) -> Sequence[BlockFacts]:
        """Return the facts of every block, in order."""
        return [block.facts() for block in self.blocks]

    def missing_dependency(self) -> str:
        """Return what is not installed and the extra that brings it, or ""."""
        reasons = (block.missing_dependency() for block in self.blocks)
        return next((reason for reason in reasons if reason), "")

    def build(self, seed: int) -> FeatureSet:
        """Return the unfitted feature set."""
        return build_feature_set([block.facts() for block in self.blocks], seed)


@dataclass(frozen=True)
class Member:
    """One model of an ensemble, with everything that decides its predictions.

    Parameters
    ----------
    name : str
    model : str
        A name of the registry.
    level : int
        1 takes features; 2 and above take the predictions of lower levels.
    params : mapping
    features : str, optional
        Level 1: a feature set; above: "stack" or "stack_logits". The model's own
        choice unless given.
    original : str, optional
        Above level 1: a feature set put beside the predictions.
    inputs : tuple of str
        Above level 1: members of lower levels; all of the level below if empty.
    seeds : tuple of int
        Predictions are the mean over these.
    probe : bool
        Whether rounds or epochs may be found on an inner split.
    texts : tuple of str, optional
        Level 1: the text columns whose features it takes; all of them without it.
    offset : str, optional
        Level 1: the member whose predictions it begins from; it is fitted to what
        that one leaves.
    base : Member, optional
        That member, once it is found by its name.
    sampler : mapping of str to mapping, optional
        Level 1, classes: the sampler of imbalanced-learn that draws the rows of each
        fit, by its name, with its parameters.
    pseudo : PseudoLabels, optional
        Level 1: the test rows that it learns from too.
    folds : int, optional
        How many of the folds it is fitted on, the first ones; all of them without it.
    """

    name: str
    model: str
    level: int = 1
    params: Mapping[str, Any] = field(default_factory=dict)
    features: str | None = None
    original: str | None = None
    inputs: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    probe: bool = True
    texts: tuple[str, ...] | None = None
    offset: str | None = None
    base: "Member | None" = None
    sampler: Mapping[str, Parameters] | None = None
    pseudo: PseudoLabels | None = None
    folds: int | None = None

    @property
    def spec(self) -> ModelSpec:
        """Return the model's entry in the registry."""
        return MODELS[self.model]

    @property
    def is_probed(self) -> bool:
        """Return whether rounds or epochs are found on an inner split."""
        has_probe = self.probe and self.spec.probe is not None
        return has_probe and not ROUNDS & set(self.params)

    def probe_splits(self, source: Rows) -> int:
        """Return how often a probe is made: the fewer rows, the more it takes."""
        if source.times is not None:
            return 1  # the latest rows judge, whatever the draw
        most = ROWS_PROBED // max(1, len(source.y))
        return max(1, min(self.spec.probe_splits, most))

    @property
    def feature_set(self) -> str:
        """Return the name of the feature set, or the form of the stack, it takes."""
        name = self.features or self.spec.features
        return "stack" if self.level > 1 and name not in STACK_FORMS else name

    def model_facts(self, kind: str) -> ModelFacts:
        """Return what the fitted model follows from, besides data, split and seed."""
        spec = self.spec
        path = spec.regressor if kind == "regression" else spec.classifier
        modules = [module for module, _ in spec.requires]
        params = spec.parameters(kind, self.params)
        facts: ModelFacts = {
            "name": spec.name,
            "version": spec.version,
            "task": kind,
            "custom": custom_fingerprint(path or ""),
            "params": params,
            "fixed": sorted(self.params),
            "libraries": library_versions(path or "", *modules),
        }
        vectors = params.get("pretrained")
        if isinstance(vectors, str | Path) and Path(vectors).is_file():
            facts["file"] = fingerprint_file(Path(vectors))
        if spec.files is not None:
            facts["file"] = spec.files_fingerprint(params)
        for key in PARAMETERS:
            if (own := own_objective(params.get(key))) is not None:
                facts["objective"] = own.fingerprint
        for name, chosen in (self.sampler or {}).items():
            number = _version("imbalanced-learn")
            facts["sampler"] = {"name": name, "params": chosen, "version": number}
        return facts

    def missing_dependency(self) -> str:
        """Return what is not installed and the extra that brings it, or ""."""
        missing = self.spec.missing_dependency() or self._missing_files()
        if missing or not self.sampler:
            return missing
        return missing_dependency((("imblearn", "contrib"),))

    def _missing_files(self) -> str:
        """Return which package with files is not installed, or ""."""
        try:
            self.spec.files_fingerprint(self.params)
        except MissingDependencyError as error:
            return str(error)
        except PipelineError:
            pass  # a mistake, and told as one
        return ""

    def encoders(self, recipe: Recipe | None) -> list[object]:
        """Return the pretrained encoders that it reads texts with, by a recipe or
        itself."""
        own = {**self.spec.defaults, **self.params} if self.spec.files else {}
        of_recipe = [] if recipe is None else encoders_of(recipe)
        return [*of_recipe, own["encoder"]] if "encoder" in own else of_recipe


def build_feature_set(
    blocks: Sequence[FeaturizerFacts],
    seed: int,
    texts: Sequence[str] | None = None,
    single: bool = False,
) -> FeatureSet:
    """Return an unfitted feature set from the facts of its blocks."""
    labels = [block_label(n, block["featurizer"]) for n, block in enumerate(blocks)]
    built = [FEATURIZERS[b["featurizer"]].build(b["params"]) for b in blocks]
    return FeatureSet(
        blocks=[
            (label, block["role"], transformer)
            for label, block, transformer in zip(labels, blocks, built, strict=True)
        ],
        random_state=seed,
        texts=None if texts is None else list(texts),
        unsupervised=[
            label
            for label, block in zip(labels, blocks, strict=True)
            if reads_texts_alone(block["role"], block["featurizer"])
        ],
        single=single,
    )


def block_label(number: int, featurizer: str) -> str:
    """Return what a block is called in its feature set, by its place there."""
    return f"{number}_{featurizer}"


def reads_texts_alone(role: str, featurizer: str) -> bool:
    """Return whether a block is fitted on texts and sees no target."""
    return role in TEXT_ROLES and not FEATURIZERS[featurizer].sees_y


def reads_items(recipe: Recipe) -> bool:
    """Return whether a feature set takes the items of lists: of no other texts."""
    return any(block.featurizer == ITEMS for block in recipe.blocks)


def encoders_of(recipe: Recipe) -> list[object]:
    """Return the pretrained encoders that a feature set reads texts with."""
    specs = [(FEATURIZERS[block.featurizer], block.params) for block in recipe.blocks]
    params = [{**spec.defaults, **own} for spec, own in specs if spec.files]
    inner = [{**each, **(each.get("params") or {})} for each in params]
    return [each["encoder"] for each in inner if "encoder" in each]


def library_versions(*paths: str) -> dict[str, str]:
    """Return the versions of the libraries behind some import paths, and numpy's."""
    names = {path.partition(":")[0].partition(".")[0] for path in paths if path}
    names = (names - {"ensemble_kit"}) | {"numpy", "scipy", "sklearn"}
    versions = {name: _version(DISTRIBUTIONS.get(name, name)) for name in sorted(names)}
    return {name: number for name, number in versions.items() if number}


@cache
def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
