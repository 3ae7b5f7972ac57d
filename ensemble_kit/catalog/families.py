"""Families: what the models of one kind have in common, each an entry without a name.

A model is added as a family and what it has of its own, by `models.add`.
"""

from ensemble_kit.catalog import objectives
from ensemble_kit.model_spec import Cost, ModelSpec

BOOSTING = ModelSpec(
    name="",
    family="boosting",
    accepts=frozenset({"nan", "weights"}),
    threads_parameter=None,
    cost=Cost(10.0, worker_megabytes=260.0),
    draws_at_random=True,
    text_judge="trees",
)
FOREST = ModelSpec(
    name="",
    family="forest",
    accepts=frozenset({"nan", "sparse", "weights"}),
    cost=Cost(20.0, row_bytes=24_000.0),
    draws_at_random=True,
    text_judge="trees",
)
LINEAR = ModelSpec(
    name="",
    family="linear",
    accepts=frozenset({"sparse", "weights"}),
    features="linear",
    threads_parameter=None,
    cost=Cost(1.0),
)
BAYES = ModelSpec(
    name="",
    family="bayes",
    accepts=frozenset({"weights"}),
    features="dense",
    threads_parameter=None,
    cost=Cost(0.4),
)
NEIGHBORS = ModelSpec(
    name="",
    family="neighbors",
    accepts=frozenset({"sparse"}),
    features="linear",
    cost=Cost(2.0),
)
KERNEL = ModelSpec(
    name="",
    family="kernel",
    accepts=frozenset({"sparse"}),
    features="linear",
    threads_parameter=None,
    cost=Cost(60.0, matrix_copies=3.0, row_bytes=2_000.0),
)
NEURAL = ModelSpec(
    name="",
    family="neural",
    accepts=frozenset({"weights"}),
    objectives=objectives.NETWORK,
    cost=Cost(40.0, worker_megabytes=450.0, row_bytes=200.0),
    draws_at_random=True,
)
FACTORIZATION = ModelSpec(
    name="",
    family="factorization",
    accepts=frozenset({"sparse", "weights"}),
    features="linear",
    threads_parameter=None,
    objectives=objectives.NETWORK,
    cost=Cost(3.0),
    draws_at_random=True,
)
NEURAL_TEXT = ModelSpec(
    name="",
    family="neural_text",
    accepts=frozenset({"nan", "category", "text", "weights"}),
    features="raw",
    threads_parameter=None,
    requires=(("torch", "text"), ("gensim", "text")),
    gpu={"device": "cuda"},
    cost=Cost(150.0, worker_megabytes=500.0, row_bytes=2_000.0),
    draws_at_random=True,
)
# Each series by itself: where rows are none, these are left out.
SERIES = ModelSpec(
    name="",
    family="series",
    accepts=frozenset({"nan", "category", "text"}),
    features="raw",
    seed_parameter=None,
    threads_parameter=None,
    cost=Cost(2.0),
)
BLEND = ModelSpec(
    name="",
    family="blend",
    accepts=frozenset({"tensor", "weights"}),
    features="stack",
    seed_parameter=None,
    threads_parameter=None,
    cost=Cost(0.1),
)
# Blends that are chosen, or weighted, by columns of the table.
GATE = ModelSpec(
    name="",
    family="gate",
    accepts=frozenset({"tensor", "weights", "columns"}),
    features="stack",
    seed_parameter=None,
    threads_parameter=None,
    cost=Cost(0.1),
    complexity=6,
)
