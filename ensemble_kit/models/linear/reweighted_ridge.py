"""Ridge regression that can minimise absolute errors, by reweighting its rows."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import Ridge
from sklearn.utils import column_or_1d

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.models.class_labels import check_weights
from ensemble_kit.parameter_limits import Limits, one_of

# Residuals below this share of their mean count alike: their weights would go to
# infinity otherwise.
SMALL = 0.1


LOSSES = ("squared_error", "absolute_error")


class ReweightedRidge(Ridge):
    """Predict numbers by ridge regression under squared or absolute errors.

    Under absolute errors the squared ones are solved again and again, each row
    weighted by one over its last absolute error. With ``loss="squared_error"`` this
    is scikit-learn's ``Ridge``.

    Parameters
    ----------
    alpha : float
        Penalty.
    loss : {"squared_error", "absolute_error"}
    n_steps : int
        How often rows are weighted anew; three bring most of the gain.
    fit_intercept, copy_X, max_iter, tol, solver, positive, random_state
        See ``sklearn.linear_model.Ridge``.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    n_iter_ : int
        Ridge regressions solved.

    Notes
    -----
    Schlossmacher, "An iterative technique for absolute deviations curve fitting",
    Journal of the American Statistical Association 68, 1973.

    Examples
    --------
    >>> from ensemble_kit.models.linear.reweighted_ridge import ReweightedRidge
    >>> X, y = [[float(x)] for x in range(50)], [*range(49), 900.0]
    >>> model = ReweightedRidge(loss="absolute_error", n_steps=30)
    >>> model.fit(X, y).predict([[4.0]]).round()
    array([4.])
    """

    _parameter_constraints: ClassVar[Limits] = {
        **Ridge._parameter_constraints,
        "loss": [one_of(LOSSES)],
    }

    def __init__(
        self,
        alpha: float = 1.0,
        loss: str = "squared_error",
        n_steps: int = 3,
        fit_intercept: bool = True,
        copy_X: bool = True,
        max_iter: int | None = None,
        tol: float = 1e-4,
        solver: str = "auto",
        positive: bool = False,
        random_state: int | None = None,
    ):
        super().__init__(
            alpha,
            fit_intercept=fit_intercept,
            copy_X=copy_X,
            max_iter=max_iter,
            tol=tol,
            solver=solver,
            positive=positive,
            random_state=random_state,
        )
        self.loss = loss
        self.n_steps = n_steps

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "ReweightedRidge":
        """Fit to numbers, dense or sparse, and values.

        Raises
        ------
        ValueError
            When the loss is unknown.
        """
        if self.loss not in LOSSES:
            raise ValueError(
                f"loss is squared_error or absolute_error, not {self.loss!r}"
            )
        targets = column_or_1d(y, warn=True)
        super().fit(X, targets, sample_weight)
        self.n_iter_ = 1
        if self.loss == "absolute_error":
            weights = check_weights(sample_weight, len(targets))
            weights = np.ones(len(targets)) if weights is None else weights
            self._reweight(X, targets, weights)
        return self

    def _reweight(self, X: MatrixLike, y: NDArray[Any], weights: NDArray[Any]) -> None:
        """Fit again with rows weighted by their last errors."""
        for step in range(self.n_steps):
            errors = np.abs(y - self.predict(X))
            least = SMALL * np.average(errors, weights=weights)
            if least <= 0:
                return
            new = weights / np.maximum(errors, least)
            super().fit(X, y, new * (weights.sum() / new.sum()))
            self.n_iter_ = step + 2
