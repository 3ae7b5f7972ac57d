"""Public featurizers by scikit-learn's own checks, and in every form of a table."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from ensemble_kit import features
from ensemble_kit.features import FeatureSet, StandardNumbers

EMPTY = "a fold may leave a block no rows or no columns: then there are no features"
NO_NUMBERS = "it gives columns of categories, and the check computes with them"
WEIGHTS = "weights are relative to their mean, so a weight of two is not two rows"
NO_WEIGHTS = "the library's encoders know no weights"
ALL = {"check_estimators_empty_data_messages": EMPTY}
WEIGHTED = "check_sample_weight_equivalence_on_dense_data"
OWN = {
    "ContribCategories": {WEIGHTED: NO_WEIGHTS},
    "TargetCategories": {WEIGHTED: WEIGHTS},
    "NativeCategories": dict.fromkeys(
        (
            "check_pipeline_consistency",
            "check_estimators_pickle",
            "check_transformer_data_not_an_array",
            "check_transformer_general",
            "check_transformer_preserve_dtypes",
            "check_methods_sample_order_invariance",
            "check_methods_subset_invariance",
            "check_fit_idempotent",
        ),
        NO_NUMBERS,
    ),
}
# It is told the names of a frame's columns, which arrays have not; see its own tests.
ELSEWHERE = {"LaggedTargets"}


def built(name):
    """Return a featurizer as the checks take it."""
    if name == "FeatureSet":
        return FeatureSet([("standard", "number", StandardNumbers())])
    transformer = getattr(features, name)()
    if "random_state" in transformer.get_params():
        transformer.set_params(random_state=0)
    return transformer


NAMES = [
    name
    for name in features.__all__
    if hasattr(getattr(features, name), "fit") and name not in ELSEWHERE
]
TABULAR = [name for name in NAMES if get_tags(built(name)).input_tags.two_d_array]
NUMBERS = [name for name in TABULAR if name.endswith("Numbers")]
CATEGORIES = [name for name in TABULAR if name.endswith("Categories")]
TEXTS = ["TfidfText", "BagOfWords", "HashedText", "LatentSemantics", "TextStatistics"]
SEVERAL = ["JoinedTexts", "TextPairs"]


def expected(transformer):
    """Return the checks that a featurizer fails by design, with the reason."""
    return ALL | OWN.get(type(transformer).__name__, {})


@pytest.mark.filterwarnings("default")
@parametrize_with_checks(
    [built(name) for name in TABULAR], expected_failed_checks=expected
)
def test_featurizers_of_columns_are_scikit_learns(estimator, check):
    check(estimator)


def test_what_takes_no_table_of_numbers_takes_texts():
    others = [get_tags(built(n)).input_tags for n in NAMES if n not in TABULAR]
    assert others and all(tags.string for tags in others)


def as_array(found):
    """Return features as an array of float64, codes of categories among them."""
    if isinstance(found, pd.DataFrame):
        return np.column_stack([found[name].cat.codes for name in found])
    return found.toarray() if sparse.issparse(found) else np.asarray(found, float)


def fitted_and_made(name, X, y=(0, 1) * 15):
    """Return what a featurizer makes of the rows it was fitted on."""
    return as_array(built(name).fit(X, np.array(y)).transform(X))


def numbers(dtype=np.float64):
    return np.random.default_rng(0).normal(size=(30, 3)).astype(dtype)


@pytest.mark.parametrize("form", [pl.DataFrame, pa.table])
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_other_libraries_are_those_of_pandas(name, form):
    frame = pd.DataFrame(numbers(), columns=list("abc"))
    given = form({column: frame[column].to_numpy() for column in frame})
    np.testing.assert_array_equal(
        fitted_and_made(name, given), fitted_and_made(name, frame)
    )


@pytest.mark.parametrize("form", [pl.DataFrame, pa.table])
@pytest.mark.parametrize("name", CATEGORIES)
def test_strings_of_other_libraries_are_those_of_pandas(name, form):
    columns = {"a": ["x", "y", None] * 10, "b": ["u", "v"] * 15}
    np.testing.assert_array_equal(
        fitted_and_made(name, form(columns)),
        fitted_and_made(name, pd.DataFrame(columns)),
    )


@pytest.mark.parametrize("name", NUMBERS + CATEGORIES)
def test_single_precision_gives_what_the_same_values_in_double_give(name):
    single = numbers(np.float32)
    np.testing.assert_array_equal(
        fitted_and_made(name, single), fitted_and_made(name, single.astype(np.float64))
    )


@pytest.mark.parametrize("n_rows", [20, 21])
def test_levels_of_single_precision_are_found_again_however_few_the_rows(n_rows):
    X = numbers(np.float32)[:n_rows]
    found = features.CountCategories(scale="count").fit_transform(X)
    assert (found == 1).all()


@pytest.mark.parametrize("name", TABULAR)
def test_a_sparse_matrix_is_refused_with_what_to_do(name):
    with pytest.raises(TypeError, match="toarray"):
        built(name).fit(sparse.csr_matrix(numbers()), [0, 1] * 15)


@pytest.mark.parametrize("name", TABULAR)
def test_columns_of_other_names_are_refused_by_name(name):
    frame = pd.DataFrame(numbers(), columns=list("abc"))
    transformer = built(name).fit(frame, np.array([0, 1] * 15))
    with pytest.raises(ValueError, match="'c'"):
        transformer.transform(frame.rename(columns={"c": "d"}))


@pytest.mark.parametrize(
    "form", [pd.Series, pl.Series, pa.array, np.array, lambda t: pd.DataFrame({"t": t})]
)
@pytest.mark.parametrize("name", TEXTS)
def test_texts_are_taken_in_any_form(name, form):
    texts = ["salt and sea", "hill and sun", "salt of hills"] * 10
    np.testing.assert_array_equal(
        fitted_and_made(name, form(texts)), fitted_and_made(name, texts)
    )


@pytest.mark.parametrize("form", [pl.DataFrame, pa.table])
@pytest.mark.parametrize("name", SEVERAL)
def test_frames_of_texts_of_other_libraries_are_those_of_pandas(name, form):
    texts = {"one": ["salt and sea", "sun"] * 15, "two": ["sea", "hill and sun"] * 15}
    np.testing.assert_array_equal(
        fitted_and_made(name, form(texts)),
        fitted_and_made(name, pd.DataFrame(texts)),
    )


@pytest.mark.parametrize("name", [n for n in NUMBERS if n != "BinnedNumbers"])
def test_set_output_gives_frames_with_the_names_of_the_features(name):
    frame = pd.DataFrame(numbers(), columns=list("abc"))
    found = built(name).set_output(transform="polars").fit_transform(frame)
    assert found.columns == list(built(name).fit(frame).get_feature_names_out())
