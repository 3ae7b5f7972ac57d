"""Hill climbing with steps towards and away from members."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.blending.blend_errors import blend_error
from ensemble_kit.blending.blend_mixins import BlendMixin
from ensemble_kit.blending.greedy_scores import error_gram
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.tensors import (
    Predictions,
    Rows,
    mixture,
    steering_metric,
)
from ensemble_kit.parameter_limits import Limits, whole

Array = NDArray[Any]
TOWARDS = (0.02, 0.07, 0.2, 0.5)
FINALISTS = 8
MORE_ROWS = 4


class HillClimbBlend(BlendMixin, BaseEstimator):
    """From the best member, step towards or away from one member at a time.

    Each step replaces the blend B by (1 - s) B + s P for the member P and the size
    s that improve the metric most; negative sizes subtract what a member has in
    common with the blend. Probabilities are cut at 0 and normalised.

    Parameters
    ----------
    metric : str or Metric, optional
        What the blend is chosen by, in the scale of the y given to ``fit``; log
        loss or RMSE by default. Binary label metrics count at their best threshold.
    negative : bool
        Whether steps away from members are tried.
    max_steps : int
        Steps at most.
    min_gain : float
        A step must lower the error by this share of it.
    screen_rows : int
        Candidates are tried on this many rows, spread over the predictions; the
        best few of them are then scored on all rows. Where none helps, four times
        as many are taken for the rest of the climb.

    Attributes
    ----------
    weights_ : ndarray of shape (n_members,)
        Of sum 1; some may be negative.
    path_ : list of (int, float, float)
        Member, step size and error after each step; the first is the start.
    classes_ : ndarray
        The labels behind the columns, for classification.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y, noise = rng.normal(size=(2, 500))
    >>> blend = HillClimbBlend().fit([y + 0.5 * noise, noise], y)
    >>> bool(blend.weights_[1] < 0)
    True
    """

    _parameter_constraints: ClassVar[Limits] = {
        "screen_rows": [whole(100)],
    }

    def __init__(
        self,
        metric: str | Metric | None = None,
        negative: bool = True,
        max_steps: int = 50,
        min_gain: float = 1e-5,
        screen_rows: int = 2000,
    ):
        self.metric = metric
        self.negative = negative
        self.max_steps = max_steps
        self.min_gain = min_gain
        self.screen_rows = screen_rows

    def fit(
        self, X: Predictions, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "HillClimbBlend":
        """Climb.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_members, n_outputs), or list of arrays
            Out-of-fold predictions.
        y : array-like of shape (n_rows,)
            Class numbers or labels, or values.
        sample_weight : array-like of shape (n_rows,), optional
        """
        if self.screen_rows < 100:
            raise PipelineError(
                f"HillClimbBlend: screen_rows is {self.screen_rows}, expected 100 or "
                "more"
            )
        rows = self._fitting_rows(X, y, sample_weight)
        metric = steering_metric(self.metric, rows.n_outputs)
        climb = _Climb(rows, metric, self._sizes(), self.screen_rows)
        self.path_ = [climb.start()]
        for _ in range(self.max_steps):
            step = climb.better_step(self.min_gain)
            if step is None:
                break
            climb.move(*step)
            self.path_.append(step)
        self.weights_ = climb.weights
        return self

    def _combine(self, tensor: Array) -> NDArray[np.float64]:
        return mixture(tensor, self.weights_)

    def _sizes(self) -> list[float]:
        """Return the step sizes to try."""
        away = [-size for size in TOWARDS] if self.negative else []
        return [*TOWARDS, *away]


class _Climb:
    """The blend so far, on all rows and on the rows that screen."""

    def __init__(
        self, rows: Rows, metric: Metric, sizes: list[float], screen_rows: int
    ):
        self.rows = rows
        self.sizes = sizes
        self.metric = metric
        self.screen_rows = screen_rows
        self.score = blend_error(rows, metric)
        self._screen_on(screen_rows)
        self.squared = np.diag(error_gram(rows))

    def start(self) -> tuple[int, float, float]:
        """Begin at the best member."""
        members = np.arange(self.rows.n_members)
        errors = [self.score(self.rows.tensor[:, j]) for j in members]
        best = self._ranked(errors, [(int(j), 1.0) for j in members])[0]
        self.weights = np.eye(self.rows.n_members)[best]
        self.error = errors[best]
        return int(best), 1.0, self.error

    def better_step(self, min_gain: float) -> tuple[int, float, float] | None:
        """Return the best step and its error, or None where no step helps.

        Before giving up, more rows screen, once: small gains drown on few.
        """
        goal = self.error - min_gain * abs(self.error)
        while True:
            member, size, error = self._best_step()
            if error < goal:
                return member, size, error
            if self.sample is None or len(self.sample) > self.screen_rows:
                return None
            self._screen_on(MORE_ROWS * self.screen_rows)

    def _best_step(self) -> tuple[int, float, float]:
        """Return the best member and step size of those screened, and the error."""
        trials = [(j, s) for j in range(self.rows.n_members) for s in self.sizes]
        errors = self._errors(self.screened, self.screen, trials)
        if self.sample is not None:
            trials = [trials[i] for i in self._ranked(errors, trials)[:FINALISTS]]
            errors = self._errors(self.rows, self.score, trials)
        best = self._ranked(errors, trials)[0]
        return *trials[best], errors[best]

    def _screen_on(self, n_rows: int) -> None:
        """Screen candidates on this many rows."""
        self.sample = _spread_rows(self.rows, n_rows)
        self.screened = (
            self.rows if self.sample is None else self.rows.take(self.sample)
        )
        self.screen = blend_error(self.screened, self.metric)

    def _ranked(self, errors: list[float], trials: list[tuple[int, float]]) -> Array:
        """Return the order of trials: ties to short steps, then to better members."""
        members = [j for j, _ in trials]
        sizes = np.abs([s for _, s in trials])
        return np.lexsort((self.squared[members], sizes, np.round(errors, 12)))

    def move(self, member: int, size: float, error: float) -> None:
        """Take a step."""
        self.weights = (1 - size) * self.weights
        self.weights[member] += size
        self.error = error

    def _errors(
        self,
        rows: Rows,
        score: Callable[[Array], float],
        trials: list[tuple[int, float]],
    ) -> list[float]:
        """Return the error of each trial step."""
        blend = mixture(rows.tensor, self.weights)
        return [score((1 - s) * blend + s * rows.tensor[:, j]) for j, s in trials]


def _spread_rows(rows: Rows, n_rows: int) -> Array | None:
    """Return rows evenly spread over classes and mean predictions; None for all."""
    if len(rows.y) <= 2 * n_rows:
        return None
    level = rows.tensor[:, :, -1].mean(axis=1)
    order = np.lexsort((level, rows.y)) if rows.classification else np.argsort(level)
    return order[np.linspace(0, len(order) - 1, n_rows).astype(np.int64)]
