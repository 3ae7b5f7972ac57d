"""Where to look for better parameters, by model, and a second set of defaults.

A range is ``{"low", "high"}`` with ``"log": True`` where factors count and
``"whole": True`` for whole numbers; ``{"choices"}`` names the values. The ranges of
trees and networks are those of the TabArena benchmark (Erickson et al. 2025,
arXiv:2506.16791) as far as our estimators have the parameter. Rounds and epochs are
in none: a probe finds them.
"""

from typing import Any

Space = dict[str, dict[str, Any]]


def between(low: float, high: float, *, log: bool = False, whole: bool = False) -> Any:
    """Return a range of numbers."""
    return {"low": low, "high": high, "log": log, "whole": whole}


def one_of(*choices: object) -> dict[str, Any]:
    """Return named values."""
    return {"choices": list(choices)}


LIGHTGBM: Space = {
    "learning_rate": between(0.005, 0.1, log=True),
    "num_leaves": between(2, 200, log=True, whole=True),
    "min_child_samples": between(1, 64, log=True, whole=True),
    "colsample_bytree": between(0.4, 1.0),
    "subsample": between(0.7, 1.0),
    "extra_trees": one_of(False, True),
    "reg_alpha": between(1e-4, 1.0, log=True),
    "reg_lambda": between(1e-4, 2.0, log=True),
    "min_data_per_group": between(2, 100, log=True, whole=True),
    "cat_l2": between(0.005, 2.0, log=True),
    "cat_smooth": between(1e-3, 100.0, log=True),
    "max_cat_to_onehot": between(8, 100, log=True, whole=True),
}
XGBOOST: Space = {
    "learning_rate": between(0.005, 0.1, log=True),
    "max_depth": between(4, 10, whole=True),
    "min_child_weight": between(1e-3, 5.0, log=True),
    "subsample": between(0.6, 1.0),
    "colsample_bylevel": between(0.6, 1.0),
    "colsample_bynode": between(0.6, 1.0),
    "reg_alpha": between(1e-4, 5.0, log=True),
    "reg_lambda": between(1e-4, 5.0, log=True),
    "max_cat_to_onehot": between(8, 100, log=True, whole=True),
}
CATBOOST: Space = {
    "learning_rate": between(0.005, 0.1, log=True),
    "depth": between(4, 8, whole=True),
    "l2_leaf_reg": between(1e-4, 5.0, log=True),
    "rsm": between(0.5, 1.0),
    "leaf_estimation_iterations": between(1, 20, log=True, whole=True),
    "one_hot_max_size": between(8, 100, log=True, whole=True),
    "max_ctr_complexity": between(1, 4, whole=True),
}
HISTOGRAM: Space = {
    "learning_rate": between(0.01, 0.3, log=True),
    "max_leaf_nodes": between(7, 127, log=True, whole=True),
    "min_samples_leaf": between(2, 64, log=True, whole=True),
    "l2_regularization": between(1e-4, 10.0, log=True),
    "max_features": between(0.3, 1.0),
}
FOREST: Space = {
    "max_features": one_of("sqrt", 0.3, 0.5, 0.75, 1.0),
    "min_samples_split": between(2, 32, log=True, whole=True),
    "min_samples_leaf": between(1, 16, log=True, whole=True),
}
ADA_BOOST: Space = {
    "n_estimators": between(50, 500, log=True, whole=True),
    "learning_rate": between(0.01, 2.0, log=True),
}
TEXT_NETWORK: Space = {
    "learning_rate": between(1e-3, 1e-2, log=True),
    "dropout": between(0.1, 0.6),
    "embedding_dropout": between(0.0, 0.6),
    "token_dropout": between(0.0, 0.4),
    "batch_size": between(16, 128, log=True, whole=True),
}
TEXT_BERT: Space = {
    "learning_rate": between(2e-5, 5e-4, log=True),
    "layer_decay": between(0.6, 1.0),
    "dropout": between(0.0, 0.3),
    "batch_size": between(8, 64, log=True, whole=True),
}
TABLE_MLP: Space = {
    "learning_rate": between(0.01, 0.2, log=True),
    "hidden": one_of([128, 128], [256, 256], [128, 128, 128], [256, 256, 256]),
    "dropout": between(0.0, 0.5),
    "weight_decay": between(0.01, 0.3, log=True),
    "activation": one_of("selu", "mish", "relu"),
}
TABM: Space = {
    "learning_rate": between(1e-3, 2e-2, log=True),
    "hidden": one_of([128, 128], [256, 256], [128, 128, 128], [256, 256, 256]),
    "n_bins": one_of(0, 8, 16, 32, 64),
    "dropout": between(0.0, 0.5),
    "weight_decay": between(1e-3, 0.1, log=True),
}
SPARSE_MLP: Space = {
    "learning_rate": between(1e-3, 3e-2, log=True),
    "hidden": one_of([64], [128, 64], [192, 64, 64]),
    "batch_size": between(32, 512, log=True, whole=True),
}
FACTORIZATION: Space = {
    "learning_rate": between(1e-3, 5e-2, log=True),
    "n_factors": between(4, 64, log=True, whole=True),
    "penalty": between(1e-3, 10.0, log=True),
}
INVERSE_PENALTY: Space = {"C": between(1e-3, 1e3, log=True)}
KERNEL: Space = {
    "C": between(1e-2, 1e3, log=True),
    "width": between(1e-3, 3.0, log=True),
}
PENALTY: Space = {"alpha": between(1e-3, 1e4, log=True)}
RELATIVE_PENALTY: Space = {
    "alpha": between(1e-5, 0.3, log=True),
    "l1_ratio": between(0.05, 1.0),
}
STEP_PENALTY: Space = {"alpha": between(1e-7, 1e-1, log=True)}
QUANTILE_PENALTY: Space = {"alpha": between(1e-6, 0.1, log=True)}
SMOOTHING: Space = {"alpha": between(1e-3, 3.0, log=True)}
NEIGHBORS: Space = {
    "n_neighbors": between(1, 500, log=True, whole=True),
    "weights": one_of("uniform", "distance"),
}

TUNED: dict[str, dict[str, Any]] = {
    "lightgbm": {  # near the medians of AutoGluon's learnt portfolio for processors
        "learning_rate": 0.02,
        "num_leaves": 24,
        "subsample": 0.88,
        "reg_lambda": 0.8,
        "extra_trees": True,
    },
    "xgboost": {"max_depth": 8, "min_child_weight": 0.1, "colsample_bytree": 0.8},
    "catboost": {"depth": 8, "learning_rate": 0.04, "l2_leaf_reg": 1.0},
    "extra_trees": {"min_samples_leaf": 1, "max_features": 0.75},
    "mlp": {"hidden": (256, 256, 256), "dropout": 0.15, "weight_decay": 0.02},
}
