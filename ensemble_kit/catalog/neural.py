"""Neural networks for tables and factorization machines."""

from typing import Any

from ensemble_kit.catalog import objectives, search_spaces
from ensemble_kit.catalog.models import add

TABLE_NETWORK: dict[str, Any] = {
    "family": "neural",
    "classifier": "ensemble_kit.models.table_nets.table_mlp:TableMLPClassifier",
    "regressor": "ensemble_kit.models.table_nets.table_mlp:TableMLPRegressor",
    "accepts": frozenset({"category", "nan", "weights"}),
    "objectives": objectives.NETWORK,
    "requires": (("torch", "text"),),
}
SPARSE: dict[str, Any] = {
    "accepts": frozenset({"sparse", "weights"}),
    "features": "linear",
    "threads_parameter": None,
    "objectives": objectives.NETWORK,
}
MACHINES = "ensemble_kit.models.linear.factorization_machine"
KERAS: dict[str, Any] = {
    "family": "neural",
    "classifier": "ensemble_kit.models.table_nets.keras_network:KerasClassifier",
    "regressor": "ensemble_kit.models.table_nets.keras_network:KerasRegressor",
    "requires": (
        ("torch", "text"),
        ("ensemble_kit.models.table_nets.keras_network", "keras"),
        ("keras", "keras"),
    ),
}

add(
    name="mlp",
    **TABLE_NETWORK,
    features="native",
    probe="ensemble_kit.models.probes.probing_epochs:cycles_of_table_network",
    search_space=search_spaces.TABLE_MLP,
    tuned=search_spaces.TUNED["mlp"],
    note="multilayer perceptrons in the manner of RealMLP",
)
add(
    name="sparse_mlp",
    **SPARSE,
    family="neural",
    classifier="ensemble_kit.models.table_nets.sparse_mlp:SparseMLPClassifier",
    regressor="ensemble_kit.models.table_nets.sparse_mlp:SparseMLPRegressor",
    probe="ensemble_kit.models.probes.probing_epochs:epochs_of_sparse_network",
    search_space=search_spaces.SPARSE_MLP,
    note="multilayer perceptrons on TF-IDF and one-hot columns",
)
add(
    name="factorization_machine",
    **SPARSE,
    family="factorization",
    classifier=f"{MACHINES}:FactorizationMachineClassifier",
    regressor=f"{MACHINES}:FactorizationMachineRegressor",
    probe="ensemble_kit.models.probes.probing_epochs:epochs_of_factorization",
    search_space=search_spaces.FACTORIZATION,
    note="factorization machine of second order",
)
add(
    name="keras_mlp",
    **KERAS,
    accepts=frozenset({"weights"}),
    features="dense",
    threads_parameter=None,
    note="dense layers trained by Keras",
)
