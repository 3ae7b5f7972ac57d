"""A piece of work, and what each kind of work follows from.

Every kind has facts of its own: plain data that decides the result. Their JSON, as
`plain` gives it, is what a key is the hash of and what a store keeps beside a result;
a field may only be added so that existing work has the same JSON as before.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, NotRequired, TypeAlias, TypedDict, final

from ensemble_kit.pipeline.member import (
    BlockFacts,
    FeaturizerFacts,
    ModelFacts,
    Parameters,
    TransformerFacts,
)

SCHEMA = 1
Costs: TypeAlias = str | list[list[float]]  # "balanced", or by true and called class


@final
class Judge(TypedDict):
    """The model that weighs texts, with its parameters."""

    name: str
    params: Parameters
    version: NotRequired[int]


@dataclass(frozen=True)
class Facts:
    """What a piece of work follows from.

    Parameters
    ----------
    data : str
        The fingerprint of the data and the target.
    """

    kind: ClassVar[str]
    data: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the keys of the work it stands on, each once."""
        return ()

    @property
    def fold(self) -> int:
        """Return the fold, 0 where there is none."""
        return 0

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data: what the key is the hash of."""
        return {"work": self.kind, "schema": SCHEMA, "data": self.data}


@dataclass(frozen=True)
class CountFacts(Facts):
    """The n-grams of a text column, counted over all rows.

    Parameters
    ----------
    column : str
    block : FeaturizerFacts
        What counts.
    """

    kind = "count"
    column: str
    block: FeaturizerFacts

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data."""
        return {**super().plain(), "column": self.column, "block": self.block}


@final
class EncoderFacts(TypedDict):
    """The parameters of what encodes texts, and the fingerprint of its files."""

    file: str
    params: Parameters


@dataclass(frozen=True)
class EncodeFacts(Facts):
    """Some texts of a column, read by a pretrained encoder.

    Vectors are kept beside the store's entries, by text; the entry says that they
    were made.

    Parameters
    ----------
    column : str
    encoder : EncoderFacts
    chunk : int
        Which of the column's different texts; see `text_chunks`.
    n_characters : int
        That are read.
    """

    kind = "encode"
    column: str
    encoder: EncoderFacts
    chunk: int
    n_characters: int

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data."""
        return {
            **super().plain(),
            "column": self.column,
            "encoder": self.encoder,
            "chunk": [self.chunk, self.n_characters],
        }


@dataclass(frozen=True)
class Split:
    """The rows that a piece of work is done on.

    Parameters
    ----------
    fold : int
        The number of the split, -1 for all rows.
    rows : str
        The fingerprint of the split's rows, or "all".
    """

    fold: int
    rows: str


@dataclass(frozen=True)
class SplitFacts(Facts):
    """What work on one split follows from, besides its own."""

    split: Split
    seed: int

    @property
    def fold(self) -> int:
        """Return the number of the split, -1 for all rows."""
        return self.split.fold

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data."""
        split = {"fold": self.split.fold, "rows": self.split.rows}
        return {**super().plain(), **split, "seed": self.seed}


@dataclass(frozen=True)
class ScoresFacts(SplitFacts):
    """The numbers that a block makes of a text column and the target, on one fold.

    Cross-fitted models of texts take longer than all else in a feature set, and many
    feature sets have them.

    Parameters
    ----------
    column : str
    block : FeaturizerFacts
    counted : tuple of (column, counter key)
        The counts it takes.
    counts : tuple of str
        Their keys, in the same order.
    """

    kind = "scores"
    column: str
    block: FeaturizerFacts
    counted: tuple[tuple[str, str], ...] = ()
    counts: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the keys of the counts, each once."""
        return tuple(dict.fromkeys(self.counts))

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data."""
        return {
            **super().plain(),
            "column": self.column,
            "block": self.block,
            "counted": [list(pair) for pair in self.counted],
            "inputs": {"counts": list(self.counts)},
        }


@dataclass(frozen=True)
class FeaturesFacts(SplitFacts):
    """A feature set, fitted on one fold.

    Parameters
    ----------
    blocks : tuple of BlockFacts
    counted : tuple of (column, counter key)
        The counts it takes.
    counts : tuple of str
        Their keys, in the same order.
    texts : tuple of str, optional
        The text columns it takes, sorted; all of them without it.
    single : bool
        Whether dense features are in single precision.
    transductive : bool
        Whether blocks that see no target are fitted on all rows.
    encoded : tuple of str
        Keys of the texts that encoders have to read before. The output follows from
        the blocks alone.
    scores : tuple of (label, column, key)
        The blocks of texts that are fitted before, once for all feature sets.
    """

    kind = "features"
    blocks: tuple[BlockFacts, ...]
    counted: tuple[tuple[str, str], ...] = ()
    counts: tuple[str, ...] = ()
    texts: tuple[str, ...] | None = None
    single: bool = False
    transductive: bool = False
    encoded: tuple[str, ...] = ()
    scores: tuple[tuple[str, str, str], ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the keys of all it takes, each once."""
        return (*self.read, *dict.fromkeys(key for _, _, key in self.scores))

    @property
    def read(self) -> tuple[str, ...]:
        """Return the keys of the counts and of encoded texts, each once."""
        return tuple(dict.fromkeys((*self.counts, *self.encoded)))

    @property
    def featurizers(self) -> tuple[FeaturizerFacts, ...]:
        """Return the blocks; none where a transformer was handed over."""
        return tuple(block for block in self.blocks if "featurizer" in block)

    @property
    def transformer(self) -> TransformerFacts | None:
        """Return the transformer that was handed over, if it is one."""
        return next((block for block in self.blocks if "given" in block), None)

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data; what is not asked for is left out."""
        asked: dict[str, Any] = {}
        if self.texts is not None:
            asked["texts"] = list(self.texts)
        if self.single:
            asked["single"] = True
        if self.transductive:
            asked["transductive"] = True
        return {
            **super().plain(),
            "blocks": list(self.blocks),
            "counted": [list(pair) for pair in self.counted],
            "inputs": {"counts": list(self.counts)},
            **asked,
        }


@dataclass(frozen=True)
class TextFilterFacts(SplitFacts):
    """The weighing of all text columns, or of a network, for a family of models.

    Parameters
    ----------
    columns : tuple of str
        The text columns that are weighed, or that stay beside a network.
    rest, blocks : tuple of FeaturizerFacts
        The blocks of other columns, and of a text column.
    judge : Judge
        What is fitted with and without a column.
    network : ModelFacts, optional
        What is weighed instead of columns.
    """

    kind = "gate"  # the word that stored keys have
    columns: tuple[str, ...]
    rest: tuple[FeaturizerFacts, ...]
    blocks: tuple[FeaturizerFacts, ...]
    judge: Judge
    network: ModelFacts | None = None

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data."""
        network = {} if self.network is None else {"network": self.network}
        return {
            **super().plain(),
            "columns": list(self.columns),
            "rest": list(self.rest),
            "blocks": list(self.blocks),
            "judge": self.judge,
            **network,
        }


@dataclass(frozen=True)
class EncoderTrialFacts(SplitFacts):
    """Whether encoders tell more than members that are predicted to be fitted instead.

    Parameters
    ----------
    encoders : tuple of EncoderFacts
    columns : tuple of str
        The text columns that they read.
    instead, beside : tuple of str
        Keys of fits on the split: of the members that find time without encoders, and
        of those that do so with them. Where there are none, what is found out is how
        long reading takes.
    n_rows : int
        How many of the validated rows are read.
    """

    kind = "trial"
    encoders: tuple[EncoderFacts, ...]
    columns: tuple[str, ...]
    instead: tuple[str, ...]
    beside: tuple[str, ...]
    n_rows: int

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the keys of the fits, each once."""
        return tuple(dict.fromkeys((*self.instead, *self.beside)))

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data."""
        return {
            **super().plain(),
            "encoders": list(self.encoders),
            "columns": list(self.columns),
            "inputs": {"instead": list(self.instead), "beside": list(self.beside)},
            "n_rows": self.n_rows,
        }


@dataclass(frozen=True)
class MetaFacts(Facts):
    """The predictions of lower levels as one tensor.

    Parameters
    ----------
    members : tuple of str
    n_seeds : tuple of int
        Of each member.
    splits : tuple of tuples of int
        The numbers of each member's splits.
    fits : tuple of str
        Keys: members first, then splits, then seeds.
    """

    kind = "meta"
    members: tuple[str, ...]
    n_seeds: tuple[int, ...]
    splits: tuple[tuple[int, ...], ...]
    fits: tuple[str, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the keys of the fits, each once."""
        return tuple(dict.fromkeys(self.fits))

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data."""
        return {
            **super().plain(),
            "mean": "logarithms",
            "n_seeds": list(self.n_seeds),
            "members": list(self.members),
            "splits": [list(splits) for splits in self.splits],
            "inputs": {"fits": list(self.fits)},
        }


@dataclass(frozen=True)
class Inputs:
    """Keys of what a model takes: features, predictions of lower levels, or both.

    And of the predictions that it begins from, where there are some.
    """

    features: str | None = None
    meta: str | None = None
    offset: str | None = None

    def keys(self) -> tuple[str, ...]:
        """Return the keys that are there."""
        every = (self.features, self.meta, self.offset)
        return tuple(key for key in every if key is not None)

    def plain(self) -> dict[str, Any]:
        """Return the keys by name."""
        keys = {"features": self.features, "meta": self.meta}
        return keys if self.offset is None else {**keys, "offset": self.offset}


@dataclass(frozen=True)
class ModelWorkFacts(SplitFacts):
    """What work with a model follows from.

    Parameters
    ----------
    model : ModelFacts
    form : str
        The name of the feature set, or the form of the stack.
    inputs : Inputs
        The offset too, where it begins from one.
    """

    model: ModelFacts
    form: str
    inputs: Inputs

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the keys of the matrices it takes."""
        return self.inputs.keys()

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data."""
        inputs = self.inputs.plain()
        return {
            **super().plain(),
            "model": self.model,
            "form": self.form,
            "inputs": inputs,
        }


@dataclass(frozen=True)
class OffsetFacts(SplitFacts):
    """What another member predicts of a fold, its training rows out of inner folds.

    Parameters
    ----------
    model : ModelFacts
        Of that member.
    features : FeaturesFacts, optional
        Its feature set; without one it takes the columns as they are.
    n_splits : int
        Inner ones.
    predicts_test : bool
    probe : str, optional
        The key of the probe whose rounds or epochs it takes.
    is_explained : bool
        See `FitFacts`.
    """

    kind = "offset"
    model: ModelFacts
    features: FeaturesFacts | None
    n_splits: int
    predicts_test: bool
    probe: str | None = None
    is_explained: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the keys of the counts that its features take, and of its probe."""
        counts = () if self.features is None else self.features.read
        return counts + (() if self.probe is None else (self.probe,))

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data."""
        return {
            **super().plain(),
            "model": self.model,
            "features": None if self.features is None else self.features.plain(),
            "splits": self.n_splits,
            "predicts_test": self.predicts_test,
            "inputs": {"probe": self.probe},
        }


@dataclass(frozen=True)
class ProbeFacts(ModelWorkFacts):
    """Rounds or epochs, found on inner splits of a training part.

    Parameters
    ----------
    function : str
        The import path of what finds them.
    n_splits : int
    seconds : float, optional
        What it may take on all rows; without it, as long as it needs.
    n_rows : int, optional
        How many of the training rows are looked at, in as small a part of the seconds;
        without it, all of them.
    """

    kind = "probe"
    function: str
    n_splits: int
    seconds: float | None = None
    n_rows: int | None = None

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data; what is not asked for is left out."""
        sampled = {} if self.n_rows is None else {"probe_rows": self.n_rows}
        return {
            **super().plain(),
            "probe": self.function,
            "probe_seconds": self.seconds,
            "splits": self.n_splits,
            **sampled,
        }


@dataclass(frozen=True)
class BalanceFacts(ModelWorkFacts):
    """Whether rows that weigh what mistakes on their class cost help a model.

    Parameters
    ----------
    costs : Costs
    n_splits : int
        Inner ones, of a training part.
    probe : str, optional
        The key of the probe whose rounds or epochs it takes.
    """

    kind = "balance"
    costs: Costs
    n_splits: int
    probe: str | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the keys of the matrices it takes, and of its probe."""
        return super().needs + (() if self.probe is None else (self.probe,))

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data."""
        return {
            **super().plain(),
            "inputs": {**self.inputs.plain(), "probe": self.probe},
            "costs": self.costs,
            "splits": self.n_splits,
        }


@dataclass(frozen=True)
class PseudoFacts:
    """Which test rows join the training rows of a fit, and by whom they are labelled.

    Parameters
    ----------
    fits : tuple of tuples of str
        Keys of the fits on the same fold, a tuple of seeds for each labeller.
    confidence, share : float
        See `PseudoLabels`.
    """

    fits: tuple[tuple[str, ...], ...]
    confidence: float
    share: float

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of all fits."""
        return tuple(key for seeds in self.fits for key in seeds)

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data."""
        fits = [list(seeds) for seeds in self.fits]
        return {"fits": fits, "confidence": self.confidence, "share": self.share}


@dataclass(frozen=True)
class FitFacts(ModelWorkFacts):
    """One model on one fold and seed.

    Parameters
    ----------
    predicts_test : bool
    probe : str, optional
        The key of the probe whose rounds or epochs it takes.
    balance : str, optional
        The key of what says whether its rows weigh what mistakes cost.
    pseudo : PseudoFacts, optional
        The test rows that it learns from too.
    is_explained : bool
        Whether the model stays although it predicts no test row: a run is explained
        by the models of its folds. What it predicts does not follow from that.
    """

    kind = "fit"
    predicts_test: bool
    probe: str | None = None
    balance: str | None = None
    pseudo: PseudoFacts | None = None
    is_explained: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the keys of the matrices it takes, and of what it goes by."""
        verdicts = (self.probe, self.balance)
        labels = () if self.pseudo is None else self.pseudo.keys
        return (
            super().needs + tuple(key for key in verdicts if key is not None) + labels
        )

    def plain(self) -> dict[str, Any]:
        """Return the facts as plain data."""
        inputs = {**self.inputs.plain(), "probe": self.probe}
        if self.balance is not None:
            inputs["balance"] = self.balance
        if self.pseudo is not None:
            inputs["pseudo"] = self.pseudo.plain()
        return {
            **super().plain(),
            "inputs": inputs,
            "predicts_test": self.predicts_test,
        }


@dataclass(frozen=True)
class Node:
    """One piece of work.

    Parameters
    ----------
    key : str
        SHA-256 of the facts: equal facts, equal result.
    facts : Facts
    member : str
        The member it belongs to; empty for work that several share.
    """

    key: str
    facts: Facts
    member: str = ""

    @property
    def kind(self) -> str:
        """Return its kind: "count", "encode", "scores", "features", "gate", "probe",
        "balance", "offset", "trial", "meta" or "fit".
        """
        return self.facts.kind

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the keys of the work it stands on."""
        return self.facts.needs

    @property
    def is_on_gpu(self) -> bool:
        """Return whether a GPU is taken by it."""
        if not isinstance(self.facts, ModelWorkFacts | OffsetFacts):
            return False
        params = self.facts.model["params"]
        is_asked = params.get("device") in ("cuda", "gpu")
        return is_asked or params.get("task_type") == "GPU"

    @property
    def is_stored(self) -> bool:
        """Return whether the result outlives the run."""
        return self.kind in ("fit", "probe", "balance", "gate", "encode", "trial")

    @property
    def fold(self) -> int:
        """Return the fold, 0 where there is none."""
        return self.facts.fold

    @property
    def to_keep(self) -> tuple[str, ...]:
        """Return the keys of what it leaves fitted, to predict later or to explain."""
        facts = self.facts
        if not isinstance(facts, FitFacts):
            return ()
        if not (facts.predicts_test or facts.is_explained):
            return ()
        other = (facts.inputs.features, facts.inputs.offset)
        return (self.key, *(key for key in other if key))
