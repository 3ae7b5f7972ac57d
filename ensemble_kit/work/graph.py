"""Pieces of work and what each stands on, keyed by the facts behind them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ensemble_kit.catalog import FEATURIZERS, MODELS
from ensemble_kit.hashing import derive_seed, fingerprint
from ensemble_kit.pipeline.gates import SIDES
from ensemble_kit.pipeline.member import Block, Member, Recipe, reads_texts_alone
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.node import Node
from ensemble_kit.work.workspace import ALL_ROWS, Source

SCHEMA = 1


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
    transductive : bool
        Whether what texts tell without a target is learnt from all rows, those of
        the validation parts and the test file too.
    level1, upper : tuple of int, optional
        The splits of the source, by number, that level 1 and the levels above are
        fitted on: by default its folds.
    is_check : bool
        Whether only the scores of validated rows are asked for, not the test rows.
    """

    source: Source
    recipes: Mapping[str, Recipe]
    seed: int = 0
    refit: bool = False
    probe_seconds: float | None = None
    transductive: bool = False
    level1: tuple[int, ...] | None = None
    upper: tuple[int, ...] | None = None
    is_check: bool = False
    nodes: dict[str, Node] = field(default_factory=dict)

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

    def folds(self, level: int) -> Folds:
        """Return the splits that a level is fitted on."""
        return self.source.numbered(self.splits(level))

    def refits(self, level: int) -> bool:
        """Return whether a level's test predictions come from a fit on all rows.

        Where a level has splits of its own, none of them has all there is to learn.
        """
        own = not self.is_check and self.splits(level) != self.splits(1)
        return self.refit or own

    def fits(
        self,
        member: Member,
        lower: Sequence["MemberFits"] = (),
        single: bool = False,
    ) -> "MemberFits":
        """Add everything a member needs and return its fits.

        Parameters
        ----------
        member : Member
        lower : sequence of MemberFits
            The members whose predictions it takes, above level 1.
        single : bool
            Whether its dense features are to be in single precision.
        """
        folds, refit = list(self.splits(member.level)), self.refits(member.level)
        folds += [ALL_ROWS] * refit
        inputs = {fold: self._inputs(member, lower, fold, single) for fold in folds}
        model, probe = self._model(member, lower), self._probe(member, inputs[folds[0]])
        fits = {
            (fold, seed): self._fit(
                member,
                model,
                inputs[fold],
                fold,
                seed,
                probe,
                (fold == ALL_ROWS) == refit,
            )
            for fold in folds
            for seed in member.seeds
        }
        return MemberFits(member, fits, probe, single)

    def gate(
        self, judge: dict[str, Any], rest: Recipe, text: Recipe, **more: Any
    ) -> str:
        """Add the weighing of all text columns for a family and return its key.

        Parameters
        ----------
        judge : dict
            ``name`` and ``params``: what is fitted with and without a column.
        rest, text : Recipe
            The blocks of other columns, and of a text column.
        **more
            For a network, which is weighed instead: its facts as ``network``, and
            the ``columns`` that stay.
        """
        facts = {
            **self._split(self.splits(1)[0]),
            "columns": self.source.texts,
            "rest": rest.facts(),
            "blocks": text.facts(),
            "judge": {**judge, "version": MODELS[judge["name"]].version},
            "seed": derive_seed(self.seed, "gate"),
            **more,
        }
        return self._add("gate", facts)

    def _add(self, kind: str, facts: dict[str, Any], member: str = "") -> str:
        """Add a node unless it is there, and return its key."""
        facts = {
            "work": kind,
            "schema": SCHEMA,
            "data": self.source.fingerprint,
            **facts,
        }
        key = fingerprint(facts)
        needs = tuple(dict.fromkeys(_keys(facts.get("inputs", {}))))
        self.nodes.setdefault(key, Node(key, kind, facts, needs, member))
        return key

    def _split(self, fold: int) -> dict[str, Any]:
        rows = "all" if fold == ALL_ROWS else self.source.splits.fingerprints[fold]
        return {"fold": fold, "rows": rows}

    def _counts(self, recipe: Recipe, texts: tuple[str, ...] | None) -> dict[str, Any]:
        """Add one count per text column and way of counting."""
        counters = {
            counter: block for block in recipe.blocks for counter in _counters(block)
        }
        columns = [name for name in self.source.texts if texts is None or name in texts]
        counted = [
            (
                column,
                counter,
                self._add("count", {"column": column, "block": block.facts()}),
            )
            for counter, block in counters.items()
            for column in columns
        ]
        return {
            "counted": [[column, counter] for column, counter, _ in counted],
            "inputs": {"counts": [key for *_, key in counted]},
        }

    def _features(
        self,
        recipe: Recipe,
        fold: int,
        single: bool,
        texts: tuple[str, ...] | None = None,
    ) -> str | None:
        if recipe.is_raw:
            return None
        facts = {
            **self._split(fold),
            **self._counts(recipe, texts),
            **({"single": True} if single else {}),
            "blocks": recipe.facts(),
            "seed": derive_seed(self.seed, "features", fold),
        }
        if texts is not None:
            facts["texts"] = sorted(texts)
        if self.transductive and any(
            reads_texts_alone(block.role, block.featurizer) for block in recipe.blocks
        ):
            facts["transductive"] = True
        return self._add("features", facts)

    def _inputs(
        self, member: Member, lower: Sequence["MemberFits"], fold: int, single: bool
    ) -> dict[str, Any]:
        """Return the keys of what a member is fitted on in a fold."""
        if member.level == 1:
            recipe = self.recipes[member.feature_set]
            features = self._features(recipe, fold, single, member.texts)
            return {"features": features, "meta": None}
        meta = {
            "mean": "logarithms",
            "n_seeds": [len(below.member.seeds) for below in lower],
            "members": [below.member.name for below in lower],
            "splits": [list(below.splits) for below in lower],
            "inputs": {"fits": [key for below in lower for key in below.keys]},
        }
        original = member.original and self._features(
            self.recipes[member.original], fold, single
        )
        return {"features": original, "meta": self._add("meta", meta)}

    def _model(self, member: Member, lower: Sequence["MemberFits"]) -> dict[str, Any]:
        """Return the facts of a model; a gate's members by their place below."""
        facts = member.model_facts(self.source.kind)
        if "columns" in member.spec.accepts:
            names = [below.member.name for below in lower]
            sides = {k: v for k, v in facts["params"].items() if k in SIDES}
            places = {k: names.index(v) for k, v in sides.items() if v in names}
            facts["params"] = {**facts["params"], **places}
        return facts

    def _probe(self, member: Member, inputs: dict[str, Any]) -> str | None:
        """Add the inner splits that find rounds or epochs, where a model has one."""
        if not member.is_probed:
            return None
        first = self.splits(member.level)[0]
        facts = {
            **self._split(first),
            "model": member.model_facts(self.source.kind),
            "probe": member.spec.probe,
            "probe_seconds": self.probe_seconds,
            "splits": member.probe_splits(self.source),
            "seed": derive_seed(self.seed, "probe"),
            "form": member.feature_set,
            "inputs": inputs,
        }
        return self._add("probe", facts, member.name)

    def _fit(
        self,
        member: Member,
        model: dict[str, Any],
        inputs: dict[str, Any],
        fold: int,
        seed: int,
        probe: str | None,
        predicts_test: bool,
    ) -> str:
        facts = {
            **self._split(fold),
            "model": model,
            "seed": derive_seed(self.seed, "fit", seed, fold),
            "predicts_test": predicts_test,
            "form": member.feature_set,
            "inputs": {**inputs, "probe": probe},
        }
        return self._add("fit", facts, member.name)


def _counters(block: Block) -> list[str]:
    """Return how a text block counts; empty when it reads the texts themselves."""
    if block.role != "text":
        return []
    transformer = FEATURIZERS[block.featurizer].build(block.params)
    return [transformer.counter().key] if hasattr(transformer, "counter") else []


def _keys(inputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys among the inputs, lists of them included."""
    for value in inputs.values():
        if isinstance(value, str):
            yield value
        elif value is not None:
            yield from value
