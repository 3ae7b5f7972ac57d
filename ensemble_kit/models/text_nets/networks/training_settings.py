"""The settings of training that all networks over texts have."""

from dataclasses import dataclass
from typing import Any

from sklearn.base import BaseEstimator


@dataclass(kw_only=True, eq=False, repr=False)
class TrainingSettings(BaseEstimator):
    """An estimator that trains a network; see `torch_training.Training`.

    Its parameters are the fields of the dataclass, which scikit-learn reads from the
    constructor that follows from them.
    """

    epochs: int | str = 10
    optimizer: str = "adamw"
    schedule: str = "one_cycle"
    learning_rate: float = 0.003
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.99
    max_seconds: float | None = None
    device: str = "auto"
    n_jobs: int = 1
    verbose: bool = False
    random_state: Any = None
