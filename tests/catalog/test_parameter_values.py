"""A value that a parameter cannot have is told before any fit, whatever the entry."""

import inspect
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from ensemble_kit.catalog import FEATURIZERS, MODELS
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.counting.hashed_text import HashedText
from ensemble_kit.models.table_nets import table_estimator, table_network
from ensemble_kit.models.text_nets import text_net
from ensemble_kit.models.text_nets.networks import (
    recurrent_cells,
    recurrent_layers,
    text_networks,
    torch_optimizers,
    training_settings,
)
from ensemble_kit.parameter_values import value_mistakes
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.registry import load_object
from ensemble_kit.running.preparing.member_mistakes import refuse_mistakes

# Of every kind that a pipeline file can state.
STATED = ("?", 2.5, True, ["?"], [{"?": 1}], {"?": "?"})
ENTRIES = [
    (name, path, spec.parameters(kind, {}))
    for name, spec in MODELS.items()
    for kind, path in (("binary", spec.classifier), ("regression", spec.regressor))
    if path
] + [(name, spec.transformer, spec.defaults) for name, spec in FEATURIZERS.items()]


def refused(estimator, name):
    """Return a value that a parameter cannot have, with what is said of it."""
    lines = [(v, value_mistakes(estimator, {name: v}).get(name)) for v in STATED]
    return next(((value, line) for value, line in lines if line), (None, ""))


@pytest.mark.parametrize(
    ("name", "path", "defaults"), ENTRIES, ids=lambda part: str(part)[-40:]
)
def test_every_parameter_of_an_entry_refuses_a_value_of_a_wrong_type(
    name, path, defaults
):
    estimator = load_object(path)
    parameters = inspect.signature(estimator).parameters
    unsaid = []
    for parameter in parameters:
        value, line = refused(estimator, parameter)
        expected = f"The {parameter!r} parameter of {estimator.__name__} must be"
        if not (expected in line and f"Got {value!r} instead." in line):
            unsaid.append(parameter)
    assert unsaid == []
    stated = {k: p.default for k, p in parameters.items() if p.default is not p.empty}
    assert value_mistakes(estimator, {**stated, **defaults}) == {}


@pytest.mark.parametrize("name", MODELS)
def test_all_values_of_a_member_are_told_by_its_name_before_any_fit(name, source):
    spec = MODELS[name]
    path = spec.classifier or spec.regressor
    estimator = load_object(path)
    wrong = {
        parameter: refused(estimator, parameter)[0]
        for parameter in inspect.signature(estimator).parameters
    }
    if spec.missing_dependency() or not wrong:
        return
    kind = "binary" if spec.classifier else "regression"
    with pytest.raises(PipelineError) as raised:
        refuse_mistakes([Member("mine", name, params=wrong)], at(source, kind), {})
    told = str(raised.value)
    for parameter in wrong:
        assert f"level1.mine.params: The {parameter!r} parameter of" in told


def at(source, kind):
    """Return a source of that kind of task."""
    if kind == "binary":
        return source
    return replace(source, y=source.y.astype(float), kind=kind, n_outputs=1)


def test_values_of_models_blends_featurizers_and_samplers_are_told_with_the_rest():
    tables = tomllib.loads("""
        [features.mine]
        number = { binned = { n_bins = 1 } }
        text = { lsa = { tfidf = { min_df = 0, wrods = [1, 1] } } }
        [level1.trees]
        model = "lightgbm"
        params = { num_leaves = "many", subsample = 1.5, boosting_type = "dort" }
        sampler = { SMOTE = { k_neighbors = "few" } }
        [level1.bag]
        model = "bagged_trees"
        params = { params = { max_depth = "deep" } }
        [level1.linear]
        model = "ridge"
        features = "mien"
        [level2.blend]
        model = "greedy_blend"
        params = { bag_fraction = 2 }
    """)
    with pytest.raises(PipelineError) as raised:
        parse_pipeline(tables, "mine.toml")
    for words in (
        "features.mine.number.binned: The 'n_bins' parameter of BinnedNumbers must",
        "features.mine.text.lsa: tfidf: TfidfText has no parameter 'wrods'",
        "tfidf: The 'min_df' parameter of TfidfText must be",
        "level1.trees.params: The 'num_leaves' parameter",
        "level1.trees.params: The 'subsample' parameter",
        "level1.trees.params: The 'boosting_type' parameter",
        "level1.trees.sampler: The 'k_neighbors' parameter of SMOTE",
        "level1.bag.params: params: The 'max_depth' parameter",
        "'mien'",
        "level2.blend.params: The 'bag_fraction' parameter",
    ):
        assert words in str(raised.value)


def test_featurizers_of_a_pipeline_made_in_python_are_looked_at(source):
    recipe = Recipe("mine", (Block("number", "binned", {"n_bins": "many"}),))
    member = Member("trees", "lightgbm", features="mine")
    with pytest.raises(PipelineError, match=r"mine.number.binned: The 'n_bins'"):
        refuse_mistakes([member], source, {"mine": recipe})


def test_a_wrong_encoder_is_told_as_a_value_and_not_looked_for(source):
    recipe = Recipe("mine", (Block("text", "sentence_encoder", {"encoder": 2.5}),))
    members = [
        Member("trees", "lightgbm", features="mine"),
        Member("bert", "text_bert", params={"encoder": 2.5}),
    ]
    with pytest.raises(PipelineError) as raised:
        refuse_mistakes(members, source, {"mine": recipe})
    assert str(raised.value).count("The 'encoder' parameter of") == 2


def test_what_a_file_of_the_users_own_declares_is_not_held_against_it():
    class Mine(Ridge):
        def __init__(self, alpha: int = 1):
            self.alpha = alpha

    assert value_mistakes(Mine, {"alpha": "auto"}) == {}
    assert value_mistakes(Ridge, {"alpha": "auto"})


def test_a_truth_is_no_number_and_a_number_no_truth():
    assert set(value_mistakes(HashedText, {"n_features": True, "norm": 1})) == {
        "n_features",
        "norm",
    }
    assert (
        value_mistakes(HashedText, {"n_features": np.int64(8), "words": [1, 2]}) == {}
    )


def test_the_names_of_networks_are_those_that_their_modules_know():
    assert {*text_net.CELLS} == {*recurrent_layers.FUSED, *recurrent_cells.CELLS}
    assert text_net.SUBWORDS == text_networks.SUBWORDS
    assert tuple(torch_optimizers.OPTIMIZERS) == training_settings.OPTIMIZERS
    assert training_settings.SCHEDULES == torch_optimizers.SCHEDULES
    assert tuple(table_network.ACTIVATIONS) == table_estimator.ACTIVATIONS
