"""What a fit takes, by rule of thumb: the rate of its entry, scaled by its size.

Rates were measured once on tables of 500 to 35,000 rows; `costs` corrects them by what
fits of the same model have really taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ensemble_kit.catalog import MODELS
from ensemble_kit.model_spec import UNMEASURED, Cost

ROWS, CELLS = 10_000, 30
ROWS_POWER, CELLS_POWER, OUTPUTS_POWER = 0.9, 0.5, 0.8


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
    def measured(cls, cost: Mapping[str, float]) -> "Size":
        """Return the size that a finished fit has noted."""
        cells = cost.get("cells", min(cost["n_features"], 200))
        return cls(int(cost["n_rows"]), cells, int(cost.get("n_outputs", 1)))


def cost_of(model: str) -> Cost:
    """Return the rates of a model's entry; an estimator that is handed over has none.

    Examples
    --------
    >>> cost_of("rule_blend").seconds
    0.1
    """
    return MODELS[model].cost if model in MODELS else UNMEASURED


def fit_seconds(model: str, size: Size) -> float:
    """Return what one fit takes by rule of thumb.

    Examples
    --------
    >>> round(fit_seconds("ridge", Size(10_000, 30, 2)), 1)
    1.0
    """
    return (
        cost_of(model).seconds
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
    cost = cost_of(model)
    matrix = cost.matrix_copies * size.n_rows * size.cells * (4 if single else 8)
    return cost.worker_megabytes + (matrix + cost.row_bytes * size.n_rows) / 2**20
