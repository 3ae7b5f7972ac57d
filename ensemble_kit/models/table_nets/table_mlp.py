"""Multilayer perceptrons for tables of numbers and categories."""

from collections.abc import Sequence
from typing import Any

from ensemble_kit.models.table_nets.table_estimator import (
    TableNetwork,
    TableNetworkClassifier,
    TableNetworkRegressor,
)


class _TableMLP(TableNetwork):
    """What the classifier and the regressor share."""

    def __init__(
        self,
        hidden: Sequence[int] = (128, 128),
        n_members: int = 4,
        n_cycles: int = 3,
        first_cycle: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float = 0.1,
        dropout: float = 0.3,
        batch_size: int = 256,
        activation: str | None = None,
        loss: str | None = None,
        n_jobs: int = 1,
        random_state: int | None = None,
    ):
        self.hidden = hidden
        self.n_members = n_members
        self.n_cycles = n_cycles
        self.first_cycle = first_cycle
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.batch_size = batch_size
        self.activation = activation
        self.loss = loss
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _network(self) -> Any:
        from ensemble_kit.models.table_nets.table_network import MLPNetwork

        return MLPNetwork(self._sizes(), self.activation_)


class TableMLPClassifier(TableNetworkClassifier, _TableMLP):
    """Classify with multilayer perceptrons in the manner of RealMLP.

    Parameters
    ----------
    hidden : sequence of int
        Widths of the hidden layers.
    n_members : int
        Networks trained side by side from different weights on differently shuffled
        rows; their probabilities are averaged. Time grows with it.
    n_cycles : int
        Learning-rate cycles, each twice as long as the one before. A probe finds it;
        lower it where the network overfits.
    first_cycle : int, optional
        Epochs of the first cycle; by default 8, fewer above 12,000 rows.
    learning_rate : float, optional
        By default 0.04 for classes and 0.1 for values, in neural tangent
        parametrisation.
    weight_decay, dropout : float
    batch_size : int
    activation : {"selu", "mish", "relu"}, optional
        By default "selu" for classes and "mish" for values.
    loss : {"log_loss"} or {"squared_error", "absolute_error"}, optional
    n_jobs : int
        Threads; one is fastest on busy machines.
    random_state : int, optional

    Attributes
    ----------
    classes_ : ndarray
    weights_ : dict of ndarray
        Every tensor with a leading axis of members.

    Notes
    -----
    Frames may hold ``category`` columns; arrays are all numbers; missing values are
    welcome. Needs torch. After Holzmüller et al. 2024, arXiv:2407.04491, with
    narrower layers, more dropout and decay, and shorter cycles: log loss overfits
    sooner than the error rate their recipe was chosen by.

    Examples
    --------
    >>> from ensemble_kit.models.table_nets.table_mlp import TableMLPClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 20, ["a", "a", "b", "b"] * 20
    >>> model = TableMLPClassifier(hidden=(16,), n_cycles=2, random_state=0)
    >>> model.fit(X, y).predict([[0.2], [2.8]]).tolist()
    ['a', 'b']
    """

    _activation, _rate = "selu", 0.04


class TableMLPRegressor(TableNetworkRegressor, _TableMLP):
    """Predict numbers with multilayer perceptrons in the manner of RealMLP.

    The target is fitted in units of its standard deviation, and predictions stay
    within the range of the training targets. See `TableMLPClassifier`.

    Examples
    --------
    >>> from ensemble_kit.models.table_nets.table_mlp import TableMLPRegressor
    >>> X, y = [[0.0], [1.0]] * 40, [0.0, 10.0] * 40
    >>> model = TableMLPRegressor(hidden=(16,), n_cycles=2, random_state=0)
    >>> model.fit(X, y).predict([[1.0]]).round()
    array([10.])
    """

    _activation, _rate = "mish", 0.1
