"""What the kit raises, and how its messages are built.

EnsembleKitError
├── CompetitionError        (ValueError)   a folder, a file, a row or a column
├── PipelineError           (ValueError)   a pipeline file or object
├── SubmissionError         (ValueError)   a file of predictions
├── RegistryError           (ValueError)   an unknown or repeated name
├── StoreError              (ValueError)   an entry of the store
├── MissingDependencyError  (ImportError)  a library that an extra brings
└── RunError                (RuntimeError) a run that cannot go on

PredictionWarning           (UserWarning)  what is not right about rows to predict
"""

import difflib
import importlib
from collections.abc import Iterable, Sequence
from types import ModuleType


class EnsembleKitError(Exception):
    """Base of every error the kit raises on purpose."""


class CompetitionError(EnsembleKitError, ValueError):
    """A competition folder, one of its files, rows or columns is not usable."""


class PipelineError(EnsembleKitError, ValueError):
    """A pipeline names something that does not exist or does not fit."""


class SubmissionError(EnsembleKitError, ValueError):
    """A file of predictions is not what the competition asks for."""


class RegistryError(EnsembleKitError, ValueError):
    """A registry has no such name, or has it already."""


class StoreError(EnsembleKitError, ValueError):
    """An entry of the store is damaged or cannot be written."""


class MissingDependencyError(EnsembleKitError, ImportError):
    """A library that only an extra brings is not installed."""


class RunError(EnsembleKitError, RuntimeError):
    """A run cannot go on."""


class PredictionWarning(UserWarning):
    """Later rows can be predicted, but not all of what was given could be used."""


def problems(where: str, mistakes: Sequence[str]) -> str:
    """Return one message that lists every mistake found in one place.

    Examples
    --------
    >>> print(problems("pipelines/a.toml", ["level1: empty", "folds: missing"]))
    pipelines/a.toml has 2 problems:
      level1: empty
      folds: missing
    """
    noun = "problem" if len(mistakes) == 1 else "problems"
    return "\n  ".join([f"{where} has {len(mistakes)} {noun}:", *mistakes])


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest name, or an empty string.

    Examples
    --------
    >>> did_you_mean("lightgmb", ["lightgbm", "ridge"])
    "; did you mean 'lightgbm'?"
    """
    close = difflib.get_close_matches(str(name), [str(n) for n in names], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def require(module: str, extra: str, distribution: str | None = None) -> ModuleType:
    """Import and return an optional module, or say which extra brings it.

    Parameters
    ----------
    module : str
        The module to import, dots allowed.
    extra : str
        The extra of ensemble_kit that installs it.
    distribution : str, optional
        The name to install it by, when it differs from the module's first part.

    Raises
    ------
    MissingDependencyError
        When the module, or something it needs, is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = distribution or module.partition(".")[0]
        raise MissingDependencyError(
            f"{name} is needed here and cannot be imported ({error}); "
            f"install it with: pip install 'ensemble_kit[{extra}]'"
        ) from error
