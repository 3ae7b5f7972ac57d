"""What a fit takes, by rule of thumb: a rate per family, scaled by its size.

Measured once on tables of 500 to 35,000 rows; `costs` corrects it by what fits of
the same model have really taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ensemble_kit.catalog import MODELS

ROWS, CELLS = 10_000, 30
ROWS_POWER, CELLS_POWER, OUTPUTS_POWER = 0.9, 0.5, 0.8
# Seconds of one fit of 10,000 rows with 30 cells each and one output, one thread.
SECONDS = {
    "bayes": 0.4,
    "blend": 0.1,
    "boosting": 10.0,
    "factorization": 3.0,
    "forest": 20.0,
    "kernel": 60.0,
    "linear": 1.0,
    "neighbors": 2.0,
    "neural": 40.0,
    "neural_text": 150.0,
    "catboost": 24.0,
    "hist_gradient_boosting": 3.0,
    "lightgbm": 3.0,
    "sparse_mlp": 2.0,
}
UNKNOWN_SECONDS = 20.0
# Megabytes of a worker with its libraries, copies of the matrix that a fit makes,
# and bytes that a fitted model holds per training row.
MEGABYTES = {
    "boosting": (260.0, 2.0, 50.0),
    "forest": (240.0, 2.0, 24_000.0),
    "kernel": (240.0, 3.0, 2_000.0),
    "neural": (450.0, 2.0, 200.0),
    "neural_text": (500.0, 2.0, 2_000.0),
}
UNKNOWN_MEGABYTES = (240.0, 2.0, 50.0)


@dataclass(frozen=True)
class Size:
    """What of a fit decides how long it takes.

    Parameters
    ----------
    n_rows : int
        Training rows.
    cells : float
        Columns, or non-zeros per row of a sparse matrix.
    n_outputs : int
        Classes, or 1 for a regression.
    """

    n_rows: int
    cells: float
    n_outputs: int

    @classmethod
    def measured(cls, cost: Mapping[str, Any]) -> "Size":
        """Return the size that a finished fit has noted."""
        cells = cost.get("cells", min(cost["n_features"], 200))
        return cls(cost["n_rows"], cells, cost.get("n_outputs", 1))


def family_of(model: str) -> str:
    """Return a model's family, empty for one that is in no registry."""
    return MODELS[model].family if model in MODELS else ""


def fit_seconds(model: str, size: Size) -> float:
    """Return what one fit takes by rule of thumb.

    Examples
    --------
    >>> round(fit_seconds("ridge", Size(10_000, 30, 2)), 1)
    1.0
    """
    rate = SECONDS.get(model, SECONDS.get(family_of(model), UNKNOWN_SECONDS))
    return (
        rate
        * (max(size.n_rows, 1) / ROWS) ** ROWS_POWER
        * (max(size.cells, 1.0) / CELLS) ** CELLS_POWER
        * max(1, size.n_outputs - 1) ** OUTPUTS_POWER
    ) + 0.02


def fit_megabytes(model: str, size: Size, single: bool = False) -> float:
    """Return the peak of a process that does one fit, by rule of thumb.

    Parameters
    ----------
    model : str
    size : Size
    single : bool
        With features in single precision.
    """
    base, copies, held = MEGABYTES.get(family_of(model), UNKNOWN_MEGABYTES)
    matrix = copies * size.n_rows * size.cells * (4 if single else 8)
    return base + (matrix + held * size.n_rows) / 2**20
