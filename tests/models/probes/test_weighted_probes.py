"""Probes judge by the weights of the rows they hold out."""

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.catalog import MODELS
from ensemble_kit.registry import load_object

PROBED = {  # one for each way in which a probe compares, with what makes it quick
    "lightgbm": {},
    "xgboost": {},
    "catboost": {},
    "hist_gradient_boosting": {"learning_rate": 0.3},
    "knn": {},
    "kernel_svm": {},
    "factorization_machine": {},
    "text_average": {"embedding_dim": 8, "epochs": 4},
}
INSTALLED = [n for n in PROBED if all(find_spec(m) for m, _ in MODELS[n].requires)]


def rows_of(n_rows, texts, seed):
    """Return rows and labels that they explain in part."""
    rng = np.random.default_rng(seed)
    X = rng.gamma(2.0, size=(n_rows, 4))
    y = (X[:, 0] - X[:, 1] + 0.8 * rng.normal(size=n_rows) > 0).astype(int)
    if not texts:
        return X, y
    words = np.array(["sea", "hill", "salt", "moss"])
    cells = [" ".join(words[row.argsort()]) for row in X]
    return pd.DataFrame({"text": pd.Series(cells, dtype="str")}), y


@pytest.mark.parametrize("name", INSTALLED)
def test_valid_rows_of_hardly_any_weight_steer_no_probe(name):
    spec, texts = MODELS[name], name.startswith("text")
    X_fit, y_fit = rows_of(60, texts, seed=1)
    X, y = rows_of(24, texts, seed=2)
    both = pd.concat([X, X], ignore_index=True) if texts else np.vstack([X, X])
    split = spec.build("binary", PROBED[name], seed=0), X_fit, y_fit, both
    weight = np.repeat([1.0, 1e-13], len(y))
    find = load_object(spec.probe)
    judged = find(*split, np.r_[y, 1 - y], sample_weight_valid=weight)
    assert judged == pytest.approx(find(*split, np.r_[y, y]), rel=1e-4)
