"""A pipeline: folds, feature sets, members by level, and what is submitted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.member import Member, Recipe
from ensemble_kit.pipeline.pseudo_labels import PseudoLabels

AUTO = "auto"
RANDOM = "random"
ADVERSARIAL = "adversarial"
TIME = "time"
BEST = "best"
LATEST = "latest"
TEST = (AUTO, "mean", LATEST, "refit")


@dataclass(frozen=True)
class FoldSpec:
    """How training rows are split.

    Parameters
    ----------
    splitter : str
        "auto" (as the test rows were drawn, where that was not at random;
        otherwise stratified for classes, whole groups where there are groups, in
        time where there is a time), "random" (whatever is known of the test,
        stratified for classes), "adversarial" (only training rows most like the test
        are validated: a third, or ``share`` of ``params``), "time" (windows of the
        ``period`` of ``params``, counted back from the last row, each fitted on what
        lies a ``gap`` before it), a splitter of sklearn.model_selection by name, or
        "column".
    n_splits, n_repeats, seed : int
    column : str, optional
        With "column": rows that share a value of it are validated together.
    params : mapping
        Further arguments of the splitter.
    steady : bool
        Whether the folds are repeated, up to ten times, until the two best blends
        differ by more than noise, more repeats would not help, or the time is over:
        for small data.
    """

    splitter: str = AUTO
    n_splits: int = 5
    n_repeats: int = 1
    seed: int = 0
    column: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    steady: bool = False


@dataclass(frozen=True)
class Validation:
    """How the second level is checked on rows that it was not fitted on.

    Parameters
    ----------
    scheme : str
        One of ``ensemble_kit.pipeline.scheme_names.SCHEMES``; "auto" checks on the
        folds of level 1.
    fraction : float
        Rows that check, as a share of all: holdout, meta_holdout, holdout_oof.
    n_chunks : int
        Pieces of time, for time_kfold and time_blocks; 0 takes as many as the test
        period's length goes into the training period, at most 10.
    first : int
        Chunks that the first models of time_kfold are fitted on.
    compare : bool
        Whether a fair scheme is set beside the leaky one on the same rows, or the
        other way round; that takes fits of its own.
    seed : int
    """

    scheme: str = AUTO
    fraction: float = 0.2
    n_chunks: int = 0
    first: int = 1
    compare: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Submit:
    """What becomes the submission.

    Parameters
    ----------
    member : str
        A member's name; "best": the best score on rows it was not fitted on, a single
        member only where it is ahead of every combination by more than noise; or
        "auto": what the stack guard chooses, the simplest combination within one
        standard error of the best.
    test : {"auto", "mean", "latest", "refit"}
        Test predictions as the mean over fold models, over those alone that are fitted
        on the most rows, or of one fit on all rows; "auto" refits where a fold is
        fitted on less than half of them, as the first windows in time are, and takes
        the latest where a time limit leaves no time to refit.
    """

    member: str = AUTO
    test: str = AUTO


@dataclass(frozen=True)
class Pipeline:
    """One complete recipe.

    Parameters
    ----------
    name : str
    members : tuple of Member
        Of every level, in the order of their file.
    recipes : mapping of str to Recipe
        Feature sets by name.
    folds : FoldSpec
    submit : Submit
    validation : Validation
    seed : int
        Every other seed is derived from it.
    note : str
        One line that says what it is good for.
    text_filter : bool
        Whether text columns that lift no score are left out, family by family.
    transductive : bool
        Whether vocabularies, document frequencies and word vectors are learnt from
        the texts of all rows, test rows too; what sees the target never is.
    competition : mapping
        Keys of competition.toml that win over it: columns to make, the metric, folds.
    pseudo : PseudoLabels, optional
        Which test rows learn beside training rows; the members that take them stand
        among the others.
    """

    name: str
    members: tuple[Member, ...]
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    folds: FoldSpec = FoldSpec()
    submit: Submit = Submit()
    seed: int = 0
    note: str = ""
    text_filter: bool = False
    transductive: bool = False
    validation: Validation = Validation()
    competition: Mapping[str, Any] = field(default_factory=dict)
    pseudo: PseudoLabels | None = None

    @property
    def levels(self) -> list[int]:
        """Return the levels there are, lowest first."""
        return sorted({member.level for member in self.members})

    def at_level(self, level: int) -> list[Member]:
        """Return the members of one level."""
        return [member for member in self.members if member.level == level]


def with_folds(pipeline: Pipeline, asked: str | None) -> Pipeline:
    """Return a pipeline with the folds that a command asks for.

    Parameters
    ----------
    pipeline : Pipeline
    asked : {"auto", "random", "adversarial"}, optional
        See `FoldSpec`; the pipeline's own by default.

    Raises
    ------
    PipelineError
        When it is none of these.
    """
    if asked is None:
        return pipeline
    if asked not in {AUTO, RANDOM, ADVERSARIAL}:
        raise PipelineError(
            f"--folds is {AUTO}, {RANDOM} or {ADVERSARIAL}; found {asked!r}. A "
            "splitter is named in the pipeline, folds of your own in competition.toml"
        )
    return replace(pipeline, folds=replace(pipeline.folds, splitter=asked))
