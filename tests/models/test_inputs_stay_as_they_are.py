"""Models read a matrix that other members share; none may write into it."""

import inspect

import numpy as np
import pytest
from scipy import sparse

from ensemble_kit.catalog import MODELS

FAST = {"n_estimators": 5, "iterations": 5, "epochs": 1, "n_cycles": 1, "max_iter": 50}
SPARSE = [m.name for m in MODELS.values() if "sparse" in m.accepts and m.classifier]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", SPARSE)
def test_a_sparse_matrix_is_not_written_into(name):
    X = sparse.random(60, 20, 0.3, "csr", dtype=np.float32, random_state=0)
    before, y = X.copy(), np.arange(60) % 2
    known = inspect.signature(MODELS[name].load("binary")).parameters
    params = {key: value for key, value in FAST.items() if key in known}
    model = MODELS[name].build("binary", params, 0).fit(X, y)
    first, second = model.predict_proba(X), model.predict_proba(X)
    assert first.tobytes() == second.tobytes()
    for part in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(X, part), getattr(before, part))
