"""The settings of training that all networks over texts have."""

from dataclasses import dataclass
from typing import ClassVar

from sklearn.base import BaseEstimator

from ensemble_kit.arrays import RandomState
from ensemble_kit.parameter_limits import Limits, one_of

# Names of torch's own, which are not imported to be told: see `torch_optimizers`.
OPTIMIZERS = (
    *("sgd", "momentum", "nesterov", "adagrad"),
    *("adadelta", "rmsprop", "adam", "adamw"),
)
SCHEDULES = ("one_cycle", "cosine", "warmup", "constant")


@dataclass(kw_only=True, eq=False, repr=False)
class TrainingSettings(BaseEstimator):
    """An estimator that trains a network; see `torch_training.Training`.

    Its parameters are the fields of the dataclass, which scikit-learn reads from the
    constructor that follows from them.
    """

    _parameter_constraints: ClassVar[Limits] = {
        "optimizer": [one_of(OPTIMIZERS)],
        "schedule": [one_of(SCHEDULES)],
    }

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
    random_state: RandomState = None
