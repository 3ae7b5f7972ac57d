"""Numbers by rank."""

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.columns_mixin import ColumnsMixin
from ensemble_kit.features.numbers.imputed_numbers import ImputedNumbers
from ensemble_kit.parameter_limits import Limits, one_of

OUTPUTS = ("normal", "uniform")


class QuantileNumbers(ColumnsMixin, BaseEstimator):
    """Fill gaps, then replace each value by the normal score of its rank.

    The map is that of scikit-learn's ``QuantileTransformer``, taken from all
    training rows, so that nothing is drawn at random. The ends differ: rows that
    share the lowest or highest value get the middle of their ranks there too, and
    no score is further out than the middle of the first or last of n ranks, where
    scikit-learn has 5.2 standard deviations.

    Parameters
    ----------
    n_quantiles : int, default 1000
        Points of the map; never more than there are training rows.
    indicator : bool, default True
        See `ImputedNumbers`.
    output : {"normal", "uniform"}, default "normal"
        What ranks become.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"a": [1.0, 2.0, 400.0]})
    >>> QuantileNumbers(output="uniform").fit_transform(X).ravel()
    array([0. , 0.5, 1. ])
    """

    _parameter_constraints: ClassVar[Limits] = {
        "output": [one_of(OUTPUTS)],
    }

    def __init__(
        self, n_quantiles: int = 1000, indicator: bool = True, output: str = "normal"
    ):
        self.n_quantiles = n_quantiles
        self.indicator = indicator
        self.output = output

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "QuantileNumbers":
        """Take medians and quantiles."""
        if self.output not in OUTPUTS:
            raise ValueError(f"output is 'normal' or 'uniform', not {self.output!r}")
        self.imputer_ = ImputedNumbers(indicator=self.indicator).fit(X)
        self.feature_names_in_ = self.imputer_.feature_names_in_
        self.n_features_in_ = self.imputer_.n_features_in_
        values = self.imputer_.transform(X)[:, : self.n_features_in_]
        self.n_rows_ = max(len(values), 1)
        shares = np.linspace(0, 1, max(2, min(self.n_quantiles, len(values))))
        self.quantiles_ = (
            np.maximum.accumulate(np.quantile(values, shares, axis=0), axis=0)
            if len(values)
            else np.zeros((2, self.n_features_in_))
        )
        return self

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return scores of the ranks, then indicators, as float64."""
        check_is_fitted(self)
        values = self.imputer_.transform(X)
        for j in range(self.n_features_in_):
            values[:, j] = self._scores(values[:, j], self.quantiles_[:, j])
        return values

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the columns' names, then those of the indicators."""
        check_is_fitted(self)
        return self.imputer_.get_feature_names_out()

    def _scores(self, values: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
        """Return scores; a value that fills many quantiles gets their middle."""
        if quantiles[0] == quantiles[-1]:
            shares = 0.5 + 0.5 * np.sign(values - quantiles[0])
        else:
            grid = np.linspace(0, 1, len(quantiles))
            left = np.interp(values, quantiles, grid)
            right = -np.interp(-values, -quantiles[::-1], -grid[::-1])
            shares = (left + right) / 2
        if self.output == "uniform":
            return shares
        end = 0.5 / self.n_rows_
        return ndtri(np.clip(shares, end, 1 - end))
