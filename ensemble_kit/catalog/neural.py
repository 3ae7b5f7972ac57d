"""Neural networks for tables and factorization machines."""

from dataclasses import replace

from ensemble_kit.catalog import search_spaces
from ensemble_kit.catalog.families import FACTORIZATION, NEURAL
from ensemble_kit.catalog.models import add

TORCH = ("torch", "text")
KERAS = "ensemble_kit.models.table_nets.keras_network"

add(
    NEURAL,
    name="mlp",
    both="ensemble_kit.models.table_nets.table_mlp:TableMLP",
    accepts=frozenset({"category", "nan", "weights"}),
    features="native",
    probe="ensemble_kit.models.probes.probing_epochs:cycles_of_table_network",
    search_space=search_spaces.TABLE_MLP,
    tuned=search_spaces.TUNED["mlp"],
    requires=(TORCH,),
    note="multilayer perceptrons in the manner of RealMLP",
)
add(
    NEURAL,
    name="tabm",
    both="ensemble_kit.models.table_nets.tabm:TabM",
    accepts=frozenset({"category", "nan", "weights"}),
    features="native",
    probe="ensemble_kit.models.probes.probing_epochs:cycles_of_table_network",
    search_space=search_spaces.TABM,
    requires=(TORCH,),
    cost=replace(NEURAL.cost, seconds=60.0),
    note="TabM: perceptrons that share their matrices",
)
add(
    NEURAL,
    name="sparse_mlp",
    both="ensemble_kit.models.table_nets.sparse_mlp:SparseMLP",
    accepts=frozenset({"sparse", "weights"}),
    features="linear",
    threads_parameter=None,
    probe="ensemble_kit.models.probes.probing_epochs:epochs_of_sparse_network",
    search_space=search_spaces.SPARSE_MLP,
    cost=replace(NEURAL.cost, seconds=2.0),
    note="multilayer perceptrons on TF-IDF and one-hot columns",
)
add(
    FACTORIZATION,
    name="factorization_machine",
    both="ensemble_kit.models.linear.factorization_machine:FactorizationMachine",
    probe="ensemble_kit.models.probes.probing_epochs:epochs_of_factorization",
    search_space=search_spaces.FACTORIZATION,
    note="factorization machine of second order",
)
add(
    NEURAL,
    name="keras_mlp",
    both=f"{KERAS}:Keras",
    features="dense",
    threads_parameter=None,
    objectives={},
    requires=(TORCH, (KERAS, "keras"), ("keras", "keras")),
    note="dense layers trained by Keras",
)
