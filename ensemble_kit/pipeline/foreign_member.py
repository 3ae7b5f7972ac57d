"""Members whose predictions were made elsewhere and are read from files."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ensemble_kit.exceptions import PipelineError, problems
from ensemble_kit.model_spec import Cost, ModelSpec
from ensemble_kit.names import name_mistake
from ensemble_kit.pipeline.member import Member, ModelFacts, library_versions
from ensemble_kit.pipeline.spec import Pipeline

FOREIGN = "foreign"
KEYS = ("oof", "test", "trust")


@dataclass(frozen=True)
class ForeignMember(Member):
    """A member of level 1 that is not fitted here.

    Parameters
    ----------
    oof, test : str
        Files of out-of-fold predictions of the training rows, and of predictions of
        the test rows; in the folder of the call, or in the competition's.
    trust : bool
        Whether out-of-fold predictions are taken that look as if their rows had been
        fitted.
    token : str
        The fingerprint of both, once they are read; not declared.
    """

    oof: str = ""
    test: str = ""
    trust: bool = False
    token: str = ""

    @property
    def spec(self) -> ModelSpec:
        """Return an entry that stands for the files; nothing is built from it."""
        return ModelSpec(
            name=FOREIGN,
            family=FOREIGN,
            classifier="builtins:object",
            regressor="builtins:object",
            features="raw",
            cost=Cost(0.01),
        )

    def model_facts(self, kind: str) -> ModelFacts:
        """Return plain facts; the token stands for what is predicted."""
        return {
            "name": FOREIGN,
            "foreign": self.token,
            "task": kind,
            "params": {},
            "libraries": library_versions(),
        }


def with_foreign(
    pipeline: Pipeline, given: Iterable[str], trust: bool = False
) -> Pipeline:
    """Return a pipeline with members more, as in ``--oof friend=oof.csv,test.csv``.

    Parameters
    ----------
    pipeline : Pipeline
    given : iterable of str
        ``NAME=OOF,TEST`` for each.
    trust : bool
        Whether all foreign members are taken as they are, its own ones too.

    Raises
    ------
    PipelineError
        With every one that is not of that form, or whose name is taken.
    """
    members = list(pipeline.members)
    mistakes = []
    for text in given:
        name, _, files = text.partition("=")
        oof, _, test = files.partition(",")
        if not (oof and test) or "," in test:
            mistakes.append(f"{text!r}: NAME=OOF.csv,TEST.csv is expected")
        elif fault := name_mistake(name):
            mistakes.append(f"{text!r}: {fault}")
        elif any(member.name == name for member in members):
            mistakes.append(f"{text!r}: a member is called {name!r} already")
        else:
            members.append(ForeignMember(name, FOREIGN, oof=oof, test=test))
    if mistakes:
        raise PipelineError(problems("--oof", mistakes))
    if trust:
        members = [
            replace(m, trust=True) if isinstance(m, ForeignMember) else m
            for m in members
        ]
    return replace(pipeline, members=tuple(members))
