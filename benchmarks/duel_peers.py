"""Other systems, each fitted in an environment of its own; see `duel.py`.

    PYTHON benchmarks/duel_peers.py PEER FACTS

FACTS is JSON: folder, target, id, kind, classes, metric, limit (seconds). Into the
working folder goes predictions.npy, of shape (n_test_rows, n_outputs). Where labels
are scored, a peer's own labels count: its predictions are 0 and 1. A logarithmic error
is fitted as a squared error of logarithms.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LABELS = {"accuracy", "f1", "balanced_accuracy", "macro_f1"}


def main() -> None:
    """Fit a peer and leave its predictions."""
    peer, facts = sys.argv[1], json.loads(sys.argv[2])
    folder, target = Path(facts["folder"]), facts["target"]
    train, test = (pd.read_csv(folder / f"{part}.csv") for part in ("train", "test"))
    test = test.drop(columns=[target], errors="ignore")
    train = train.drop(columns=[facts["id"]], errors="ignore")
    in_logs = facts["metric"] == "rmsle"
    if in_logs:
        train[target] = np.log1p(train[target])
    values = PEERS[peer](train, test.drop(columns=[facts["id"]]), facts)
    np.save("predictions.npy", np.expm1(values) if in_logs else values)


def by_autogluon(train: pd.DataFrame, test: pd.DataFrame, facts: Any) -> Any:
    """Predict with AutoGluon's best_quality."""
    from autogluon.tabular import TabularPredictor

    metrics = {"auc": "roc_auc", "rmse": "root_mean_squared_error"}
    metrics["rmsle"] = metrics["rmse"]
    predictor = TabularPredictor(
        label=facts["target"],
        problem_type=facts["kind"],
        eval_metric=metrics.get(facts["metric"], facts["metric"]),
        path="autogluon",
        verbosity=0,
    ).fit(train, time_limit=facts["limit"], presets="best_quality")
    if facts["kind"] == "regression":
        return predictor.predict(test).to_numpy()[:, None]
    if facts["metric"] in LABELS:
        return _chosen(predictor.predict(test), facts["classes"])
    shares = predictor.predict_proba(test)
    shares.columns = shares.columns.astype(str)
    return shares[facts["classes"]].to_numpy()


def by_lightautoml(train: pd.DataFrame, test: pd.DataFrame, facts: Any) -> Any:
    """Predict with LightAutoML's preset for tables."""
    from lightautoml.automl.presets.tabular_presets import TabularAutoML
    from lightautoml.tasks import Task

    names = {"binary": "binary", "multiclass": "multiclass", "regression": "reg"}
    classes, target = facts["classes"], facts["target"]
    if facts["kind"] != "regression":
        train[target] = train[target].astype(str).map(classes.index)
    model = TabularAutoML(
        task=Task(names[facts["kind"]]), timeout=facts["limit"], cpu_limit=2
    )
    model.fit_predict(train, roles={"target": target}, verbose=0)
    values = np.asarray(model.predict(test).data, dtype=np.float64)
    if facts["kind"] == "binary":
        values = np.column_stack([1 - values[:, 0], values[:, 0]])
    return values


def _chosen(labels: Any, classes: list[str]) -> Any:
    """Return labels as probabilities of 0 and 1."""
    codes = [classes.index(str(label)) for label in labels]
    return np.eye(len(classes))[codes]


PEERS: dict[str, Callable[[pd.DataFrame, pd.DataFrame, Any], Any]] = {
    "autogluon": by_autogluon,
    "lightautoml": by_lightautoml,
}

if __name__ == "__main__":
    main()
