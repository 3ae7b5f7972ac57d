"""Neural networks for tables and factorization machines."""

from ensemble_kit.catalog import objectives, search_spaces
from ensemble_kit.catalog.models import MODELS
from ensemble_kit.registry import ModelSpec

MODELS.add(
    ModelSpec(
        name="mlp",
        family="neural",
        classifier="ensemble_kit.models.table_mlp:TableMLPClassifier",
        regressor="ensemble_kit.models.table_mlp:TableMLPRegressor",
        accepts=frozenset({"category", "nan", "weights"}),
        features="native",
        probe="ensemble_kit.models.probing_epochs:cycles_of_table_network",
        search_space=search_spaces.TABLE_MLP,
        objectives=objectives.NETWORK,
        requires=(("torch", "text"),),
        tuned=search_spaces.TUNED["mlp"],
        note="multilayer perceptrons in the manner of RealMLP",
    )
)
MODELS.add(
    ModelSpec(
        name="sparse_mlp",
        family="neural",
        classifier="ensemble_kit.models.sparse_mlp:SparseMLPClassifier",
        regressor="ensemble_kit.models.sparse_mlp:SparseMLPRegressor",
        accepts=frozenset({"sparse", "weights"}),
        features="linear",
        threads_parameter=None,
        probe="ensemble_kit.models.probing_epochs:epochs_of_sparse_network",
        search_space=search_spaces.SPARSE_MLP,
        objectives=objectives.NETWORK,
        note="multilayer perceptrons on TF-IDF and one-hot columns",
    )
)
MODELS.add(
    ModelSpec(
        name="factorization_machine",
        family="factorization",
        classifier="ensemble_kit.models.factorization_machine:FactorizationMachineClassifier",
        regressor="ensemble_kit.models.factorization_machine:FactorizationMachineRegressor",
        accepts=frozenset({"sparse", "weights"}),
        features="linear",
        threads_parameter=None,
        probe="ensemble_kit.models.probing_epochs:epochs_of_factorization",
        search_space=search_spaces.FACTORIZATION,
        objectives=objectives.NETWORK,
        note="factorization machine of second order",
    )
)
MODELS.add(
    ModelSpec(
        name="keras_mlp",
        family="neural",
        classifier="ensemble_kit.models.keras_network:KerasClassifier",
        regressor="ensemble_kit.models.keras_network:KerasRegressor",
        accepts=frozenset({"weights"}),
        features="dense",
        threads_parameter=None,
        requires=(
            ("torch", "text"),
            ("ensemble_kit.models.keras_network", "keras"),
            ("keras", "keras"),
        ),
        note="dense layers trained by Keras",
    )
)
