"""TabM for tables of numbers and categories."""

from collections.abc import Sequence
from typing import Any

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.models.table_nets.number_bins import learn_bins
from ensemble_kit.models.table_nets.table_estimator import (
    TableNetwork,
    TableNetworkClassifier,
    TableNetworkRegressor,
)

EMBEDDED_COLUMNS, EMBEDDING = 256, 8


class _TabM(TableNetwork):
    """What the classifier and the regressor share."""

    _activation, _rate = "relu", 0.01

    def __init__(
        self,
        hidden: Sequence[int] = (128, 128),
        n_members: int = 8,
        n_bins: int = 32,
        embedding_size: int | None = None,
        n_cycles: int = 3,
        first_cycle: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float = 0.01,
        dropout: float = 0.1,
        batch_size: int = 256,
        shared_rows: bool = True,
        activation: str | None = None,
        loss: str | None = None,
        n_jobs: int = 1,
        random_state: int | None = None,
    ):
        self.hidden = hidden
        self.n_members = n_members
        self.n_bins = n_bins
        self.embedding_size = embedding_size
        self.n_cycles = n_cycles
        self.first_cycle = first_cycle
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.batch_size = batch_size
        self.shared_rows = shared_rows
        self.activation = activation
        self.loss = loss
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _read(self, X: MatrixLike, reset: bool = False) -> Any:
        """Return arrays of numbers, 0/1 columns and level numbers."""
        parts = super()._read(X, reset)
        if reset:
            self.bins_ = learn_bins(parts[0], self.n_bins) if self.n_bins else None
        return parts

    def _network(self) -> Any:
        from ensemble_kit.models.table_nets.tabm_network import TabMNetwork

        sizes = self._sizes()
        embedding = self.embedding_size or embedding_size(sizes.n_numbers)
        return TabMNetwork(
            sizes, self.activation_, self.bins_, embedding, self.shared_rows
        )


class TabMClassifier(TableNetworkClassifier, _TabM):
    """Classify with TabM: many perceptrons that share their matrices.

    Parameters
    ----------
    hidden : sequence of int
        Widths of the hidden layers.
    n_members : int
        Networks, whose probabilities are averaged. They share all matrices but those
        of the last layer. Time grows with it.
    n_bins : int
        Pieces between quantiles in which numbers are embedded; 0: numbers stay as
        they are, which is quicker.
    embedding_size : int, optional
        Width of the embedding of a number; by default 8, less with many numbers.
    n_cycles : int
        Learning-rate cycles, each twice as long as the one before. A probe finds it;
        lower it where the network overfits.
    first_cycle : int, optional
        Epochs of the first cycle; by default 8, fewer above 12,000 rows.
    learning_rate : float, optional
        The highest of a cycle.
    weight_decay, dropout : float
    batch_size : int
    shared_rows : bool
        Whether all members learn from the same rows at a time, which is quicker.
    activation : {"relu", "selu", "mish"}, optional
        By default "relu".
    loss : {"log_loss"} or {"squared_error", "absolute_error"}, optional
    n_jobs : int
        Threads; one is fastest on busy machines.
    random_state : int, optional

    Attributes
    ----------
    classes_ : ndarray
    bins_ : Bins or None
        The pieces of each number.
    weights_ : dict of ndarray

    Notes
    -----
    Frames may hold ``category`` columns; arrays are all numbers; missing values are
    welcome. Needs torch. After Gorishniy et al. 2024, arXiv:2410.24210, with fewer and
    narrower members and cycles in place of early stopping.

    Examples
    --------
    >>> from ensemble_kit.models.table_nets.tabm import TabMClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 20, ["a", "a", "b", "b"] * 20
    >>> model = TabMClassifier(hidden=(16,), n_members=4, random_state=0)
    >>> model.fit(X, y).predict([[0.2], [2.8]]).tolist()
    ['a', 'b']
    """


class TabMRegressor(TableNetworkRegressor, _TabM):
    """Predict numbers with TabM: many perceptrons that share their matrices.

    The target is fitted in units of its standard deviation, and predictions stay
    within the range of the training targets. See `TabMClassifier`.

    Examples
    --------
    >>> from ensemble_kit.models.table_nets.tabm import TabMRegressor
    >>> X, y = [[0.0], [1.0]] * 40, [0.0, 10.0] * 40
    >>> model = TabMRegressor(hidden=(16,), n_members=4, random_state=0)
    >>> model.fit(X, y).predict([[0.0], [1.0]]).round(-1)
    array([ 0., 10.])
    """


def embedding_size(n_numbers: int) -> int:
    """Return how wide the embedding of a number is: less where there are many."""
    return min(EMBEDDING, max(2, EMBEDDED_COLUMNS // max(n_numbers, 1)))
