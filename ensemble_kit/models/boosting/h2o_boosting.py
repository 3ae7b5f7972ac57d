"""H2O's gradient boosting machine, through a local H2O server."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.exceptions import require
from ensemble_kit.models.boosting.aligned_tables import (
    align_categories,
    read_table,
    remember_categories,
)
from ensemble_kit.models.boosting.h2o_server import uploaded
from ensemble_kit.models.class_labels import (
    ProbabilityClassifierMixin,
    check_weights,
    encode_labels,
)
from ensemble_kit.models.target_scale import number_target

TARGET, WEIGHT = "target", "weight"


class _H2O(BaseEstimator):
    """What the classifier and the regressor share."""

    def __init__(
        self,
        ntrees: int = 300,
        max_depth: int = 6,
        learn_rate: float = 0.05,
        sample_rate: float = 0.8,
        col_sample_rate: float = 0.8,
        min_rows: float = 10.0,
        nthreads: int = 1,
        random_state: int | None = None,
    ):
        self.ntrees = ntrees
        self.max_depth = max_depth
        self.learn_rate = learn_rate
        self.sample_rate = sample_rate
        self.col_sample_rate = col_sample_rate
        self.min_rows = min_rows
        self.nthreads = nthreads
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags

    def _read(self, X: MatrixLike, reset: bool = False) -> pd.DataFrame:
        """Return X as a frame with columns named x0, x1, ..."""
        X = read_table(self, X, reset, accept_sparse=False)
        if reset:
            self.categories_ = remember_categories(X)
        frame = pd.DataFrame(align_categories(X, self.categories_))
        return frame.set_axis([f"x{place}" for place in range(frame.shape[1])], axis=1)

    def _fit(
        self,
        X: pd.DataFrame,
        y: Any,
        sample_weight: ArrayLike | None,
        factors: list[str],
    ) -> None:
        """Train on the server and keep the model in H2O's own format."""
        estimators = require("h2o.estimators", extra="h2o", distribution="h2o")
        weights = check_weights(sample_weight, len(y))
        columns, frame = list(X.columns), X.assign(**{TARGET: y})
        if weights is not None:
            frame[WEIGHT] = weights
        params = self.get_params(deep=False)
        seed, nthreads = params.pop("random_state"), params.pop("nthreads")
        model = estimators.H2OGradientBoostingEstimator(
            **params, ignore_const_cols=False, seed=-1 if seed is None else seed
        )
        with uploaded(frame, self._factors() + factors, nthreads) as rows:
            model.train(
                x=columns,
                y=TARGET,
                training_frame=rows,
                weights_column=None if weights is None else WEIGHT,
            )
        h2o = require("h2o", extra="h2o")
        with TemporaryDirectory(prefix="ensemble_kit-") as folder:
            path = h2o.download_model(model, path=folder)
            self.model_ = Path(path).read_bytes()
        h2o.remove(model)

    def _factors(self) -> list[str]:
        return [f"x{place}" for place in self.categories_]

    def _predictions(self, X: MatrixLike) -> pd.DataFrame:
        check_is_fitted(self)
        frame = self._read(X)
        with uploaded(frame, self._factors(), self.nthreads) as rows:
            h2o = require("h2o", extra="h2o")
            with TemporaryDirectory(prefix="ensemble_kit-") as folder:
                path = Path(folder) / "model"
                path.write_bytes(self.model_)
                model = h2o.upload_model(str(path))
            predictions = model.predict(rows)
            table = pd.read_csv(io.StringIO(predictions.get_frame_data()))
            h2o.remove([predictions, model])
        return table


class H2OClassifier(ProbabilityClassifierMixin, _H2O):
    """Classify with H2O's gradient boosting machine.

    A local H2O server is started and used; it needs Java. The parameters are H2O's.
    Frames may hold ``category`` columns.
    """

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "H2OClassifier":
        """Fit to a table and its labels."""
        frame = self._read(X, reset=True)
        self.classes_, codes = encode_labels(y)
        # H2O sorts levels as text, and numbers as text are not in their order.
        levels = np.array([f"{code:06d}_" for code in range(len(self.classes_))])
        self._fit(frame, levels[codes], sample_weight, [TARGET])
        return self

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        return self._predictions(X).iloc[:, 1:].to_numpy(np.float64)


class H2ORegressor(RegressorMixin, _H2O):
    """Predict numbers with H2O's gradient boosting machine; see `H2OClassifier`."""

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "H2ORegressor":
        """Fit to a table and its values."""
        frame = self._read(X, reset=True)
        self._fit(frame, number_target(y), sample_weight, [])
        return self

    def predict(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return one value per row."""
        return self._predictions(X)["predict"].to_numpy(np.float64)
