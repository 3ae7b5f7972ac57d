"""The levels of a run: what can be fitted, and what has been."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ensemble_kit.catalog import FEATURIZERS
from ensemble_kit.exceptions import RunError
from ensemble_kit.features.encoders.encoder_folders import is_read, languages_of
from ensemble_kit.features.texts.language import NAMES
from ensemble_kit.pipeline.member import Member, reads_items
from ensemble_kit.pipeline.spec import LATEST, Pipeline
from ensemble_kit.store.store import Results
from ensemble_kit.work.costs import CostModel, columns_by_role
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.limits import Limits
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.workspace import Source

MAX_MADE = 8
TREND = "trend"
TRANSDUCTIVE = (
    "transductive: text statistics that see no target are learnt from all rows, "
    "those to be predicted too"
)


@dataclass
class FittedLevels:
    """The state of a run: what has been fitted so far, level by level.

    ``unsuited`` are the members whose model has no estimator for this kind of task,
    ``failures`` those that should have been fitted; each with the reason.
    """

    graph: Graph
    store: Results
    limits: Limits | None = None
    fits: dict[str, MemberFits] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    unsuited: dict[str, str] = field(default_factory=dict)
    planned: dict[str, MemberFits] = field(default_factory=dict)
    fitted: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    peak_megabytes: float = 0.0
    scored: dict[Any, Any] = field(default_factory=dict)

    @property
    def missing(self) -> dict[str, str]:
        """Return all members that are not there, with the reasons."""
        return {**self.unsuited, **self.failures}

    @property
    def costs(self) -> CostModel:
        """Return what predicts how long work takes, in a run with limits."""
        if self.limits is None:
            raise ValueError("nothing predicts the costs of a run without limits")
        return self.limits.costs

    @property
    def reader_notes(self) -> list[str]:
        """Return what a reader of the report should know."""
        transductive = [TRANSDUCTIVE] if self.graph.transductive else []
        of_members = [
            *self._pseudo(),
            *self._coverage(),
            *self._words_known(),
            *self._weighed(),
            *self._made(),
        ]
        return [*transductive, *self.notes, *of_members]

    def _words_known(self) -> list[str]:
        """Return how many words of the texts vectors of a file know, by feature set."""
        lines = {}
        for fits in self.fits.values():
            entries = [self.store.read(key) for key in fits.keys]
            shares = [s for e in entries if e for s in e.facts.get("words_known", ())]
            if shares and fits.member.level == 1:
                lines[fits.member.feature_set] = (
                    f"{fits.member.feature_set}: {min(shares):.0%} of the training "
                    "texts' words have a vector in the file of pretrained ones"
                )
        return list(lines.values())

    def _made(self) -> list[str]:
        """Return which columns were made for members, a line for each feature set."""
        lines = {}
        for fits in self.fits.values():
            entries = [self.store.read(key) for key in fits.keys]
            made = [e.facts["made"] for e in entries if e and "made" in e.facts]
            counts = Counter(name for names in made for name in dict.fromkeys(names))
            often = [f"{name} ({n})" for name, n in counts.most_common(MAX_MADE)]
            if often and fits.member.level == 1:
                lines[fits.member.feature_set] = (
                    f"columns made for {fits.member.feature_set}, with the fits of "
                    f"{len(fits.keys)} that kept them: {', '.join(often)}"
                    + (
                        f", and {len(counts) - MAX_MADE} more"
                        * (len(counts) > MAX_MADE)
                    )
                )
        return list(lines.values())

    def _pseudo(self) -> list[str]:
        """Return how many test rows members have learnt from, a line each."""
        lines = []
        for name, fits in self.fits.items():
            if fits.member.pseudo is None:
                continue
            entries = [self.store.read(key) for key in fits.keys]
            counts = [e.facts["n_pseudo_rows"] for e in entries if e is not None]
            lines.append(
                f"{name}: each fold learnt from {min(counts)} to {max(counts)} test "
                f"rows besides, labelled by {', '.join(fits.member.pseudo.teachers)}"
            )
        return lines

    def _weighed(self) -> list[str]:
        """Return which members' rows weigh what mistakes on their class cost."""
        if self.graph.source.costs is None:
            return []
        judged = [
            (node.member, entry.facts)
            for node in self.graph.nodes.values()
            if node.kind == "balance"
            and node.member in self.fits
            and (entry := self.store.read(node.key)) is not None
        ]
        helped = [
            f"{name} ({facts['gain']:+.3g} a row, standard error "
            f"{facts['standard_error']:.2g})"
            for name, facts in judged
            if facts["helps"]
        ]
        others = [name for name, facts in judged if not facts["helps"]]
        lines = {
            f"rows weigh what their class's mistakes cost: {', '.join(helped)}": helped,
            f"such weights of rows would not help: {', '.join(others)}": others,
        }
        return [line for line, named in lines.items() if named]

    def _coverage(self) -> list[str]:
        """Return how much of the texts the vectors of networks know, a line each."""
        coverage = []
        for name, fits in self.fits.items():
            if "text" not in fits.member.spec.accepts:
                continue
            entries = [self.store.read(key) for key in fits.keys]
            shares = [
                e.facts["coverage"] for e in entries if e and "coverage" in e.facts
            ]
            if shares:
                coverage.append(
                    f"{name}: {min(shares):.0%} of the training texts' tokens start "
                    "with a pretrained vector, the others at random"
                )
        return coverage

    def take_complete(self, planned: Mapping[str, MemberFits]) -> None:
        """Take the members whose fits are all there.

        They stand in the order they were planned in, whichever was done first: what
        is fitted on them is then the same in every run.
        """
        for name, fits in planned.items():
            done = all(key in self.store for key in fits.keys)
            if done and name not in self.failures:
                self.fits[name] = fits
        order = dict.fromkeys([*self.planned, *planned, *self.fits])
        self.fits = {name: self.fits[name] for name in order if name in self.fits}

    def so_far(self) -> "FittedLevels":
        """Return the state with complete members, or with one fold of each.

        With one fold it is as if that fold were a plain holdout.

        Raises
        ------
        RunError
            When there is not even that.
        """
        if self.fits:
            return self
        fits = {
            name: MemberFits(f.member, dict(list(f.fits.items())[: len(f.grid[0])]))
            for name, f in self.planned.items()
            if name not in self.failures and all(k in self.store for k in f.grid[0])
        }
        if not fits:
            reasons = "; ".join(f"{n}: {r}" for n, r in self.missing.items())
            raise RunError(f"not one fit was finished {reasons}".rstrip())
        single = replace(self.graph, level1=self.graph.splits(1)[:1])
        return replace(self, graph=single, fits=fits)

    def stopped(self, pipeline: Pipeline) -> str:
        """Return how far an interrupted run has come, in words for a report.

        Empty where it has fitted all there is to fit.
        """
        names = {member.name for member in pipeline.members}
        if self.fits.keys() | self.missing.keys() >= names:
            return ""
        n_folds = len(self.graph.source.folds)
        if self.graph.level1 is not None and len(self.graph.level1) < n_folds:
            return f"stopped after {len(self.graph.level1)} of {n_folds} folds"
        n_there = len(self.fits.keys() & names)
        return f"stopped after {n_there} of {len(names)} members"


def plan_graph(
    source: Source, pipeline: Pipeline, probe_seconds: float | None = None
) -> Graph:
    """Return the empty graph of a pipeline."""
    return Graph(
        source,
        pipeline.recipes,
        pipeline.seed,
        pipeline.submit.test == "refit" and probe_seconds is None,
        probe_seconds,
        pipeline.transductive,
        pipeline.submit.test == LATEST,
    )


def plan_level(
    members: Sequence[Member], levels: FittedLevels
) -> dict[str, MemberFits]:
    """Return the fits of the members of one level that can be fitted here."""
    fits: dict[str, MemberFits] = {}
    kind = levels.graph.source.kind
    for member in members:
        if not member.spec.supports(kind):
            levels.unsuited[member.name] = f"{member.model} has no estimator for {kind}"
            continue
        member, reason = reason_to_skip(_with_base(member, members), levels)
        if reason:
            levels.failures[member.name] = reason
            continue
        labellers, reason = _labellers(member, {**levels.planned, **fits}, levels)
        if reason:
            levels.failures[member.name] = reason
            continue
        planned, reason = _fits_in_memory(member, levels, labellers)
        if reason:
            levels.failures[member.name] = reason
        else:
            fits[member.name] = planned
    levels.planned |= fits
    return fits


def _with_base(member: Member, members: Sequence[Member]) -> Member:
    """Return a member with the one that it begins from, where that is among others."""
    if member.offset is None or member.base is not None:
        return member
    base = next((other for other in members if other.name == member.offset), None)
    return replace(member, base=base)


def _labellers(
    member: Member, planned: Mapping[str, MemberFits], levels: FittedLevels
) -> tuple[list[MemberFits], str]:
    """Return the members that label test rows for another, and why there are none."""
    if member.pseudo is None:
        return [], ""
    graph = levels.graph
    if not all(graph.predicts_test(fold, 1) for fold in graph.splits(1)):
        return [], (
            "the models of each fold have to predict the test rows that it is to learn "
            'from; test = "mean" below [submit] lets them'
        )
    names = member.pseudo.teachers
    teachers = [planned[name] for name in names if name in planned]
    if len(teachers) < 1 + (graph.source.kind == "regression"):
        return (
            [],
            f"of what is to label test rows too little is here: {', '.join(names)}",
        )
    return teachers, ""


def _fits_in_memory(
    member: Member, levels: FittedLevels, labellers: Sequence[MemberFits]
) -> tuple[MemberFits, str]:
    """Return a member's fits, in single precision where that alone has room."""
    lower = lower_members(member, levels)
    for single in (False, True):
        fits = levels.graph.fits(member, lower, single, labellers)
        nodes = [levels.graph.nodes[key] for key in fits.keys]
        limits = levels.limits
        reason = "" if limits is None else limits.reason_to_skip(nodes[0])
        if not reason:
            break
    return fits, reason


def lower_members(member: Member, levels: FittedLevels) -> list[MemberFits]:
    """Return the living members that a member takes its input from."""
    if member.level == 1:
        return []
    below = max(
        (f.member.level for f in levels.fits.values() if f.member.level < member.level),
        default=0,
    )
    return [
        fits
        for name, fits in levels.fits.items()
        if (name in member.inputs if member.inputs else fits.member.level == below)
    ]


def _reason_to_skip(member: Member, levels: FittedLevels) -> str:
    """Return why a member cannot be fitted here, or an empty string."""
    missing = member.missing_dependency()
    if missing:
        return missing
    if member.offset is not None and (reason := _reason_without_base(member, levels)):
        return reason
    if member.level > 1 and not levels.graph.splits(member.level):
        return "no row has predictions of the level below to be fitted on"
    if member.level > 1:
        return "" if lower_members(member, levels) else "no member below it was fitted"
    if not _has_columns(member, levels):
        return "the table has no column of the roles it takes"
    return levels.graph.recipes[member.feature_set].missing_dependency()


def _reason_without_base(member: Member, levels: FittedLevels) -> str:
    """Return why there is nothing to begin from, if so."""
    base = member.base
    if base is None:
        return f"it begins from {member.offset}, which is not here"
    if not base.spec.supports(levels.graph.source.kind):
        return f"it begins from {base.name}, which has no such estimator"
    reason = _reason_to_skip(base, levels)
    return f"it begins from {base.name}: {reason}" if reason else ""


def reason_to_skip(member: Member, levels: FittedLevels) -> tuple[Member, str]:
    """Return a member as it can be fitted here, and why it cannot be, if so."""
    member, unread = for_its_languages(member, levels.graph)
    member, unlisted = for_lists(member, levels.graph)
    return member, _reason_to_skip(member, levels) or unread or unlisted


def for_its_languages(member: Member, graph: Graph) -> tuple[Member, str]:
    """Return a member on the texts that its encoders have learnt to read.

    Where there is none of these, the second part says why. Encoders of which no
    language is known are given all texts.
    """
    recipe, source = graph.recipes.get(member.feature_set), graph.source
    known = [languages_of(str(encoder)) for encoder in member.encoders(recipe)]
    if member.level > 1 or not all(known) or not (known and source.texts):
        return member, ""
    languages = set(known[0]).intersection(*known[1:])
    texts = source.texts if member.texts is None else member.texts
    read = tuple(name for name in texts if is_read(graph.language(name), languages))
    if read:
        return (member if len(read) == len(texts) else replace(member, texts=read)), ""
    reasons = ", ".join(f"{name}: {graph.language(name).reason}" for name in texts)
    names = " and ".join(NAMES.get(code, code).title() for code in sorted(languages))
    return member, f"its encoder has read {names} alone ({reasons})"


def for_lists(member: Member, graph: Graph) -> tuple[Member, str]:
    """Return a member whose features are items of lists on the texts that are lists.

    Where there is none of these, the second part says why.
    """
    recipe, source = graph.recipes.get(member.feature_set), graph.source
    if member.level > 1 or recipe is None or not reads_items(recipe):
        return member, ""
    texts = source.texts if member.texts is None else member.texts
    lists = tuple(name for name in texts if graph.are_lists(name))
    if not lists:
        return member, "no text column is a list of items"
    alone = len(lists) == len(texts)
    return (member if alone else replace(member, texts=lists)), ""


def _has_columns(member: Member, levels: FittedLevels) -> bool:
    """Return whether a text member has a text, and a feature set any column."""
    texts = levels.graph.source.texts
    recipe = levels.graph.recipes[member.feature_set]
    if member.spec.family == "neural_text":
        return bool(texts)
    roles = {block.role for block in recipe.blocks}
    if "table" in roles and not _has_table(levels.graph.source):
        return False
    dated = {block.featurizer for block in recipe.blocks if block.role == "datetime"}
    if TREND in dated and not columns_by_role(levels.graph.source)["datetime"]:
        return False  # nor is there a trend without a date
    if not texts and any(FEATURIZERS[b.featurizer].files for b in recipe.blocks):
        return False  # without what an encoder reads it is another member over again
    if roles == {"text"} and member.texts is not None:
        texts = [name for name in texts if name in member.texts]
    if roles and roles <= {"text", "texts", "pair"}:
        return len(texts) > (roles == {"pair"})
    return True


def _has_table(source: Source) -> bool:
    """Return whether there is a number or a category to make columns of."""
    columns = columns_by_role(source)
    return columns["number"] + columns["category"] > 0
