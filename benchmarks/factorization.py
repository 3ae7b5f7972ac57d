"""Our factorization machine beside myFM's Bayesian one (Gibbs sampling, as libFM).

    pip install myfm
    python benchmarks/factorization.py FOLDER [FOLDER ...] [--rank 16]

Numbers standardised and categories one-hot, one split in three. Prints the AUC or
the root mean squared error on the held-out third, and processor seconds of the fit;
ours includes its probe for the number of epochs.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from myfm import MyFMClassifier, MyFMRegressor
from scipy import sparse
from sklearn.metrics import log_loss, roc_auc_score

from ensemble_kit.catalog import MODELS
from ensemble_kit.competition import load_competition
from ensemble_kit.features.categories.one_hot_categories import OneHotCategories
from ensemble_kit.features.feature_set import FeatureSet
from ensemble_kit.features.numbers.standard_numbers import StandardNumbers
from ensemble_kit.registry import load_object


def main() -> None:
    """Print one line per folder and library."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rank", type=int, default=16)
    chosen = parser.parse_args()
    for folder in chosen.folders:
        competition = load_competition(folder)
        for name, fit in (("ours", fit_ours), ("myFM", fit_myfm)):
            scores = measure(competition, fit, chosen.rank)
            sys.stdout.write(f"{folder.name:26}{name:6}{scores}\n")
            sys.stdout.flush()


def measure(competition: Any, fit: Any, rank: int) -> str:
    """Return scores and seconds of one library."""
    train, valid = split(len(competition.y))
    features = FeatureSet(
        [("n", "number", StandardNumbers()), ("c", "category", OneHotCategories())]
    )
    y, kind = competition.y, competition.task.kind
    X = sparse.csr_matrix(features.fit_transform(competition.X.iloc[train], y[train]))
    X_valid = sparse.csr_matrix(features.transform(competition.X.iloc[valid]))
    begin = time.process_time()
    predicted = fit(kind, X, y[train], X_valid, rank)
    seconds = time.process_time() - begin
    if kind == "regression":
        score = f"rmse {np.sqrt(np.mean((predicted - y[valid]) ** 2)):.5g}"
    else:
        auc, loss = roc_auc_score(y[valid], predicted), log_loss(y[valid], predicted)
        score = f"auc {auc:.4f} log loss {loss:.4f}"
    return f"{score}  {seconds:.1f} s"


def fit_ours(kind: str, X: Any, y: Any, X_valid: Any, rank: int) -> Any:
    """Return our predictions of the valid rows."""
    spec = MODELS["factorization_machine"]
    model = spec.build(kind, {"n_factors": rank}, seed=0)
    inner = np.random.default_rng(0).random(len(y)) < 0.8
    found = load_object(spec.probe)(model, X[inner], y[inner], X[~inner], y[~inner])
    model.set_params(**found).fit(X, y)
    if kind == "regression":
        return model.predict(X_valid)
    return model.predict_proba(X_valid)[:, 1]


def fit_myfm(kind: str, X: Any, y: Any, X_valid: Any, rank: int) -> Any:
    """Return myFM's predictions of the valid rows, 200 samples."""
    X, X_valid = X.astype(np.float64), X_valid.astype(np.float64)
    if kind == "regression":
        center, spread = y.mean(), y.std()
        model = MyFMRegressor(rank=rank).fit(X, (y - center) / spread, n_iter=200)
        return model.predict(X_valid) * spread + center
    model = MyFMClassifier(rank=rank).fit(X, y, n_iter=200)
    return model.predict_proba(X_valid)


def split(n_rows: int) -> tuple[Any, Any]:
    """Return training and valid rows, two to one."""
    order = np.random.default_rng(1).permutation(n_rows)
    return order[n_rows // 3 :], order[: n_rows // 3]


if __name__ == "__main__":
    main()
