"""Pieces of work and what each stands on, keyed by the facts behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ensemble_kit.catalog import FEATURIZERS, MODELS
from ensemble_kit.features.encoders.kept_vectors import text_chunks
from ensemble_kit.features.texts.language import LanguageGuess, guess_language
from ensemble_kit.features.texts.sequence_items import are_lists
from ensemble_kit.hashing import derive_seed, fingerprint
from ensemble_kit.pipeline.member import (
    ROWS_PROBED,
    Block,
    Member,
    ModelFacts,
    Recipe,
    block_label,
    reads_texts_alone,
)
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.work.inputs import accepts
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.node import (
    BalanceFacts,
    CountFacts,
    EncodeFacts,
    EncoderFacts,
    EncoderTrialFacts,
    Facts,
    FeaturesFacts,
    FitFacts,
    Inputs,
    Judge,
    MetaFacts,
    Node,
    OffsetFacts,
    ProbeFacts,
    PseudoFacts,
    ScoresFacts,
    Split,
    TextFilterFacts,
)
from ensemble_kit.work.workspace import ALL_ROWS, Source

SIDES = ("then", "otherwise")
OFFSET_SPLITS = 5
BALANCE_SPLITS = 5
LARGE_SHARE = 0.9  # of the largest fold's training rows, for a fold as large as it


@dataclass
class Graph:
    """Nodes by key, added once however many need them.

    Parameters
    ----------
    source : Source
    recipes : mapping of str to Recipe
    seed : int
        The run's seed; every other seed is derived from it.
    refit : bool
        Whether test predictions come from one fit on all rows instead of the
        mean over fold models.
    probe_seconds : float, optional
        What a probe may take; without it, as long as it needs.
    probe_rows : int, optional
        How many training rows a probe looks at; without it, all.
    transductive : bool
        Whether what texts tell without a target is learnt from all rows, those of
        the validation parts and the test file too.
    latest : bool
        Whether the test is predicted by the fits with the most training rows alone:
        of windows in time, those of the latest.
    level1, upper : tuple of int, optional
        The splits of the source, by number, that level 1 and the levels above are
        fitted on: by default its folds.
    further : int
        How many splits of the source after its folds are the same folds drawn anew,
        for members that ask for more.
    is_check : bool
        Whether only the scores of validated rows are asked for, not the test rows.
    """

    source: Source
    recipes: Mapping[str, Recipe]
    seed: int = 0
    refit: bool = False
    probe_seconds: float | None = None
    transductive: bool = False
    latest: bool = False
    level1: tuple[int, ...] | None = None
    upper: tuple[int, ...] | None = None
    further: int = 0
    probe_rows: int | None = None
    is_check: bool = False
    nodes: dict[str, Node] = field(default_factory=dict)
    _chunks: dict[str, list[int]] = field(default_factory=dict)
    _languages: dict[str, LanguageGuess] = field(default_factory=dict)
    _lists: dict[str, bool] = field(default_factory=dict)

    def splits(self, level: int) -> tuple[int, ...]:
        """Return the numbers of the splits that a level is fitted on.

        Above level 1 they are those with training rows that the level below has
        predicted out of fold.
        """
        folds = tuple(range(len(self.source.folds)))
        if level == 1:
            return folds if self.level1 is None else self.level1
        upper = folds if self.upper is None else self.upper
        seen = self.folds(level - 1).times_validated > 0
        return tuple(n for n in upper if seen[self.source.rows(n)[0]].any())

    def _splits_of(self, member: Member) -> tuple[int, ...]:
        """Return the numbers of the splits that a member is fitted on."""
        own = self.splits(member.level)
        if member.folds is None:
            return own
        there = len(self.source.folds)
        drawn = range(there, there + self.further)
        return (*own, *drawn)[: member.folds]

    def folds(self, level: int) -> Folds:
        """Return the splits that a level is fitted on."""
        return self.source.numbered(self.splits(level))

    def refits(self, level: int) -> bool:
        """Return whether a level's test predictions come from a fit on all rows.

        Where a level has splits of its own, none of them has all there is to learn.
        """
        if self.refit or self.is_check or level == 1:
            return self.refit
        return self.splits(level) != self.splits(1)

    def predicts_test(self, fold: int, level: int) -> bool:
        """Return whether the fit on a fold predicts the test rows."""
        if self.refits(level) or fold == ALL_ROWS:
            return self.refits(level) and fold == ALL_ROWS
        if not self.latest:
            return True
        sizes = {at: len(self.source.rows(at)[0]) for at in self.splits(level)}
        return sizes[fold] >= LARGE_SHARE * max(sizes.values())

    def _is_explained(self, fold: int, level: int) -> bool:
        """Return whether the fit on a fold is kept to explain a run alone.

        Where test rows are predicted by fits on all rows, or by those of some folds.
        """
        of_fold = fold != ALL_ROWS and not self.is_check
        return (
            of_fold
            and (self.refit or self.latest)
            and not self.predicts_test(fold, level)
        )

    def fits(
        self,
        member: Member,
        lower: Sequence["MemberFits"] = (),
        single: bool = False,
        labellers: Sequence["MemberFits"] = (),
    ) -> "MemberFits":
        """Add everything a member needs and return its fits.

        Parameters
        ----------
        member : Member
        lower : sequence of MemberFits
            The members whose predictions it takes, above level 1.
        single : bool
            Whether its dense features are to be in single precision.
        labellers : sequence of MemberFits
            Those whose predictions label the test rows it learns from.
        """
        folds, refit = list(self._splits_of(member)), self.refits(member.level)
        folds += [ALL_ROWS] * refit
        inputs = {fold: self._inputs(member, lower, fold, single) for fold in folds}
        model = self._model(member, lower)
        probe = self._probe(member, inputs[folds[0]], folds[0])
        balance = self._balance(member, inputs[folds[0]], folds[0], probe)
        fits = {
            (fold, seed): self._fit(
                member,
                model,
                inputs[fold],
                fold,
                seed,
                (probe, balance, _pseudo(member, labellers, fold)),
            )
            for fold in folds
            for seed in member.seeds
        }
        return MemberFits(member, fits, probe, single, tuple(labellers))

    def weighing(
        self,
        judge: Judge,
        rest: Recipe,
        text: Recipe,
        network: ModelFacts | None = None,
        columns: Sequence[str] | None = None,
    ) -> str:
        """Add the weighing of all text columns for a family and return its key.

        Parameters
        ----------
        judge : Judge
            What is fitted with and without a column.
        rest, text : Recipe
            The blocks of other columns, and of a text column.
        network : ModelFacts, optional
            What is weighed instead, beside the ``columns`` that stay.
        columns : sequence of str, optional
            All text columns unless given.
        """
        weighed = self.source.texts if columns is None else columns
        facts = TextFilterFacts(
            data=self.source.fingerprint,
            split=self._split(self.splits(1)[0]),
            seed=derive_seed(self.seed, "gate"),
            columns=tuple(weighed),
            rest=tuple(block.facts() for block in rest.blocks),
            blocks=tuple(block.facts() for block in text.blocks),
            judge={**judge, "version": MODELS[judge["name"]].version},
            network=network,
        )
        return self._add(facts)

    def _add(self, facts: Facts, member: str = "") -> str:
        """Add a node unless it is there, and return its key."""
        key = fingerprint(facts.plain())
        self.nodes.setdefault(key, Node(key, facts, member))
        return key

    def _split(self, fold: int) -> Split:
        rows = "all" if fold == ALL_ROWS else self.source.splits.fingerprints[fold]
        return Split(fold, rows)

    def _counts(
        self, recipe: Recipe, texts: tuple[str, ...] | None
    ) -> dict[tuple[str, str], str]:
        """Add one count per text column and way of counting; return their keys."""
        counters = {
            counter: block for block in recipe.blocks for counter in _counters(block)
        }
        columns = [name for name in self.source.texts if texts is None or name in texts]
        data = self.source.fingerprint
        return {
            (column, counter): self._add(CountFacts(data, column, block.facts()))
            for counter, block in counters.items()
            for column in columns
        }

    def encoded(self, recipe: Recipe, texts: tuple[str, ...] | None) -> tuple[str, ...]:
        """Add what encoders have to read, some texts at a time; return the keys."""
        columns = [name for name in self.source.texts if texts is None or name in texts]
        data = self.source.fingerprint
        return tuple(
            self._add(EncodeFacts(data, column, encoder, chunk, n_characters))
            for encoder in filter(None, map(_encoder, recipe.blocks))
            for column in columns
            for chunk, n_characters in enumerate(self._characters(column))
        )

    def encoder_trial(
        self,
        encoders: Sequence[EncoderFacts],
        columns: Sequence[str],
        instead: Sequence[str],
        beside: Sequence[str],
        n_rows: int,
    ) -> str:
        """Add the trial of encoders on rows of the first fold, and return its key.

        Parameters
        ----------
        encoders, columns, instead, beside, n_rows
            See `EncoderTrialFacts`.
        """
        facts = EncoderTrialFacts(
            data=self.source.fingerprint,
            split=self._split(self.splits(1)[0]),
            seed=derive_seed(self.seed, "trial"),
            encoders=tuple(encoders),
            columns=tuple(columns),
            instead=tuple(instead),
            beside=tuple(beside),
            n_rows=n_rows,
        )
        return self._add(facts)

    def language(self, column: str) -> LanguageGuess:
        """Return the language of a text column, guessed from its training rows."""
        if column not in self._languages:
            texts = self.source.X[column].fillna("").astype(str).tolist()
            self._languages[column] = guess_language(texts)
        return self._languages[column]

    def are_lists(self, column: str) -> bool:
        """Return whether the training cells of a text column are lists of items."""
        if column not in self._lists:
            texts = self.source.X[column].fillna("").astype(str).tolist()
            self._lists[column] = are_lists(texts)
        return self._lists[column]

    def _characters(self, column: str) -> list[int]:
        """Return how many characters each chunk of a column's texts has."""
        if column not in self._chunks:
            chunks = text_chunks(self.source.texts_of(column))
            self._chunks[column] = [sum(map(len, chunk)) for chunk in chunks]
        return self._chunks[column]

    def _features(
        self,
        recipe: Recipe,
        fold: int,
        single: bool,
        texts: tuple[str, ...] | None = None,
    ) -> str | None:
        if recipe.is_raw:
            return None
        counts = self._counts(recipe, texts)
        facts = FeaturesFacts(
            data=self.source.fingerprint,
            split=self._split(fold),
            seed=derive_seed(self.seed, "features", fold),
            blocks=tuple(recipe.facts()),
            counted=tuple(counts),
            counts=tuple(counts.values()),
            texts=None if texts is None else tuple(sorted(texts)),
            single=single,
            transductive=self.transductive
            and any(
                reads_texts_alone(block.role, block.featurizer)
                for block in recipe.blocks
            ),
            encoded=self.encoded(recipe, texts),
            scores=self._scores(recipe, fold, counts, texts),
        )
        return self._add(facts)

    def _scores(
        self,
        recipe: Recipe,
        fold: int,
        counts: Mapping[tuple[str, str], str],
        texts: tuple[str, ...] | None,
    ) -> tuple[tuple[str, str, str], ...]:
        """Add what several feature sets may make of texts and the target alike."""
        columns = [name for name in self.source.texts if texts is None or name in texts]
        found = []
        for number, block in enumerate(recipe.blocks):
            for column in columns if _is_score(block) else ():
                counted = [(column, counter) for counter in _counters(block)]
                facts = ScoresFacts(
                    data=self.source.fingerprint,
                    split=self._split(fold),
                    seed=derive_seed(self.seed, "features", fold),
                    column=column,
                    block=block.facts(),
                    counted=tuple(counted),
                    counts=tuple(counts[place] for place in counted),
                )
                label = block_label(number, block.featurizer)
                found.append((label, column, self._add(facts)))
        return tuple(found)

    def _inputs(
        self, member: Member, lower: Sequence["MemberFits"], fold: int, single: bool
    ) -> Inputs:
        """Return the keys of what a member is fitted on in a fold."""
        if member.level == 1:
            recipe = self.recipes[member.feature_set]
            features = self._features(recipe, fold, single, member.texts)
            return Inputs(features, offset=self._offset(member, fold))
        meta = MetaFacts(
            data=self.source.fingerprint,
            members=tuple(below.member.name for below in lower),
            n_seeds=tuple(len(below.member.seeds) for below in lower),
            splits=tuple(below.splits for below in lower),
            fits=tuple(key for below in lower for key in below.keys),
        )
        original = None
        if member.original:
            original = self._features(self.recipes[member.original], fold, single)
        return Inputs(original, self._add(meta))

    def _offset(self, member: Member, fold: int) -> str | None:
        """Add what the member that another begins from predicts of a fold."""
        base = member.base
        if base is None:
            return None
        first = next(iter(self.splits(1)), fold)
        probe = self._probe(base, self._inputs(base, (), first, False), first)
        key = self._features(self.recipes[base.feature_set], fold, False, base.texts)
        features = None if key is None else self.nodes[key].facts
        facts = OffsetFacts(
            data=self.source.fingerprint,
            split=self._split(fold),
            seed=derive_seed(self.seed, "offset", fold),
            model=base.model_facts(self.source.kind),
            features=features if isinstance(features, FeaturesFacts) else None,
            n_splits=OFFSET_SPLITS,
            predicts_test=self.predicts_test(fold, 1),
            probe=probe,
            is_explained=self._is_explained(fold, 1),
        )
        return self._add(facts, member.name)

    def _model(self, member: Member, lower: Sequence["MemberFits"]) -> ModelFacts:
        """Return the facts of a model; a gate's members by their place below."""
        facts = member.model_facts(self.source.kind)
        if "columns" in member.spec.accepts:
            names = [below.member.name for below in lower]
            sides = {k: v for k, v in facts["params"].items() if k in SIDES}
            places = {k: names.index(v) for k, v in sides.items() if v in names}
            facts["params"] = {**facts["params"], **places}
        return facts

    def _probe(self, member: Member, inputs: Inputs, fold: int) -> str | None:
        """Add the inner splits that find rounds or epochs, where a model has one."""
        if not member.is_probed or member.spec.probe is None:
            return None
        facts = ProbeFacts(
            data=self.source.fingerprint,
            split=self._split(fold),
            seed=derive_seed(self.seed, "probe"),
            model=member.model_facts(self.source.kind),
            form=member.feature_set,
            inputs=inputs,
            function=member.spec.probe,
            n_splits=member.probe_splits(self.source),
            seconds=self.probe_seconds,
            n_rows=self.probe_rows,
        )
        return self._add(facts, member.name)

    def _balance(
        self, member: Member, inputs: Inputs, fold: int, probe: str | None
    ) -> str | None:
        """Add what says whether rows weigh what mistakes cost, where these are said."""
        costs, kind = self.source.costs, self.source.kind
        is_plain = member.level == 1 and member.offset is None and not member.sampler
        if costs is None or kind == "regression" or not is_plain:
            return None
        model = member.model_facts(kind)
        if "weights" not in accepts(model):
            return None
        facts = BalanceFacts(
            data=self.source.fingerprint,
            split=self._split(fold),
            seed=derive_seed(self.seed, "balance"),
            model=model,
            form=member.feature_set,
            inputs=inputs,
            costs=costs,
            n_splits=max(1, min(BALANCE_SPLITS, ROWS_PROBED // len(self.source.y))),
            probe=probe,
        )
        return self._add(facts, member.name)

    def _fit(
        self,
        member: Member,
        model: ModelFacts,
        inputs: Inputs,
        fold: int,
        seed: int,
        found: tuple[str | None, str | None, PseudoFacts | None],
    ) -> str:
        probe, balance, pseudo = found
        facts = FitFacts(
            data=self.source.fingerprint,
            split=self._split(fold),
            seed=derive_seed(self.seed, "fit", seed, fold),
            model=model,
            form=member.feature_set,
            inputs=inputs,
            predicts_test=self.predicts_test(fold, member.level),
            probe=probe,
            balance=balance,
            pseudo=pseudo,
            is_explained=self._is_explained(fold, member.level),
        )
        return self._add(facts, member.name)


def _pseudo(
    member: Member, labellers: Sequence[MemberFits], fold: int
) -> PseudoFacts | None:
    """Return the test rows that a fit learns from too, where it does."""
    asked = member.pseudo
    if asked is None or not labellers:
        return None
    fits = tuple(one.of_fold(fold) for one in labellers)
    return PseudoFacts(fits, asked.confidence, asked.share)


def _counters(block: Block) -> list[str]:
    """Return how a text block counts; empty when it reads the texts themselves."""
    if block.role != "text":
        return []
    transformer = FEATURIZERS[block.featurizer].build(block.params)
    return [transformer.counter().key] if hasattr(transformer, "counter") else []


def _is_score(block: Block) -> bool:
    """Return whether a block makes a few numbers of a text column and the target."""
    if block.role != "text":
        return False
    spec = FEATURIZERS[block.featurizer]
    return spec.sees_y and spec.output == "dense" and spec.files is None


def _encoder(block: Block) -> EncoderFacts | None:
    """Return the facts of what encodes texts for a block, if anything does."""
    spec = FEATURIZERS[block.featurizer]
    if spec.files is None:
        return None
    transformer = spec.build(block.params)
    params = transformer.encoding() if hasattr(transformer, "encoding") else None
    if params is None:
        return None
    return {"file": spec.files_fingerprint(block.params), "params": params}
