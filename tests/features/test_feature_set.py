"""Claims about the transformer that joins all others."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer

from ensemble_kit.exceptions import CompetitionError, PipelineError
from ensemble_kit.features.categories.native_categories import NativeCategories
from ensemble_kit.features.categories.one_hot_categories import OneHotCategories
from ensemble_kit.features.categories.ordinal_categories import OrdinalCategories
from ensemble_kit.features.categories.target_categories import TargetCategories
from ensemble_kit.features.feature_set import FeatureSet, roles_of
from ensemble_kit.features.numbers.passthrough_numbers import PassthroughNumbers

NUMBERS = ("numbers", "number", PassthroughNumbers())
ONE_HOT = ("one_hot", "category", OneHotCategories(min_frequency=1))
ORDINAL = ("ordinal", "category", OrdinalCategories())
NATIVE = ("native", "category", NativeCategories())
WORDS = ("words", "text", TfidfVectorizer())


class SharedWords(TransformerMixin, BaseEstimator):
    """Counts words that every column of a row has."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        rows = X.astype(str).map(lambda text: set(text.split())).to_numpy()
        return np.array([[float(len(set.intersection(*row)))] for row in rows])

    def get_feature_names_out(self, input_features=None):
        return np.array(["shared"], dtype=object)


class Counted(TransformerMixin, BaseEstimator):
    """Says whether it was given counted texts."""

    def counter(self):
        return type("Counter", (), {"key": "words"})()

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        was_counted = not isinstance(X, pd.Series)
        return np.full((len(X), 1), float(was_counted))

    def get_feature_names_out(self, input_features=None):
        return np.array(["counted"], dtype=object)


def table():
    return pd.DataFrame(
        {
            "n": [1.0, 2.0, np.nan, 4.0],
            "flag": [True, False, True, True],
            "c": pd.Categorical(["x", "y", None, "x"]),
            "when": pd.to_datetime(["2020-01-01"] * 4),
            "t": ["one two", "two", "three", "one"],
            "u": ["one", "two", "four", "five"],
        }
    )


def test_dtypes_are_roles():
    assert roles_of(table().assign(o=pd.Series(["a"] * 4, dtype=object))) == {
        "number": ["n", "flag"],
        "category": ["c"],
        "datetime": ["when"],
        "text": ["t", "u", "o"],
    }


@pytest.mark.parametrize(
    ("blocks", "form"),
    [
        ([NUMBERS, ORDINAL], np.ndarray),
        ([NUMBERS, ONE_HOT, WORDS], sparse.csr_matrix),
        ([NUMBERS, NATIVE, WORDS], pd.DataFrame),
        ([("raw", "raw", None)], pd.DataFrame),
        ([], np.ndarray),
    ],
)
def test_form_follows_the_blocks_and_names_fit(blocks, form):
    features = FeatureSet(blocks)
    found = features.fit_transform(table())
    assert isinstance(found, form)
    assert found.shape == (4, len(features.get_feature_names_out()))


def test_sparse_features_are_float32_with_sorted_indices():
    found = FeatureSet([WORDS, ONE_HOT, NUMBERS]).fit_transform(table())
    assert found.dtype == np.float32
    assert found.has_sorted_indices


def test_dense_features_are_as_wide_as_their_widest_block():
    assert FeatureSet([ORDINAL]).fit_transform(table()).dtype == np.float32
    both = FeatureSet([ORDINAL, NUMBERS]).fit_transform(table())
    assert both.dtype == np.float64
    assert both.flags.c_contiguous


def test_raw_hands_the_frame_on():
    found = FeatureSet([("raw", "raw", None)]).fit_transform(table())
    pd.testing.assert_frame_equal(found, table())


def test_frame_keeps_category_columns_beside_numbers():
    found = FeatureSet([NUMBERS, NATIVE]).fit_transform(table())
    kinds = [str(dtype) for dtype in found.dtypes]
    assert kinds == ["float64", "float64", "category"]


def test_every_text_column_has_its_own_clone():
    features = FeatureSet([WORDS]).fit(table())
    names = list(features.get_feature_names_out())
    assert "words__t__three" in names
    assert "words__u__three" not in names


@pytest.mark.parametrize("role", ["texts", "pair"])
def test_pairs_and_all_texts_come_as_a_frame(role):
    found = FeatureSet([("shared", role, SharedWords())]).fit_transform(table())
    assert found.ravel().tolist() == [1, 1, 0, 0]


def test_counted_texts_stand_in_for_their_column_alone():
    features = FeatureSet([("counted", "text", Counted())])
    counted = {("u", "words"): [0, 0, 0, 0], ("t", "other"): None}
    found = features.fit(table(), counted=counted).transform(table(), counted=counted)
    assert found[0].tolist() == [0.0, 1.0]


def test_block_without_columns_is_left_out():
    found = FeatureSet([NUMBERS, WORDS]).fit_transform(table()[["n"]])
    assert found.shape == (4, 1)


def test_seed_reaches_transformers_without_one_of_their_own():
    blocks = [
        ("a", "category", TargetCategories()),
        ("b", "category", TargetCategories(random_state=7)),
    ]
    features = FeatureSet(blocks, random_state=3).fit(table(), [0, 1, 0, 1])
    assert [t.random_state for _, _, t in features.fitted_] == [3, 7]


def test_clone_keeps_blocks_unfitted():
    features = FeatureSet([ORDINAL]).fit(table())
    assert not hasattr(clone(features), "fitted_")
    assert not hasattr(features.blocks[0][2], "levels_")


def test_missing_columns_are_all_named():
    features = FeatureSet([NUMBERS]).fit(table())
    with pytest.raises(CompetitionError, match=r"2 problems:\n.*'n'\n.*'t'"):
        features.transform(table().drop(columns=["n", "t"]))


def test_unknown_role_is_refused():
    with pytest.raises(PipelineError, match="'numeric' is none of number"):
        FeatureSet([("a", "numeric", PassthroughNumbers())]).fit(table())


def test_no_rows_are_transformed():
    features = FeatureSet([NUMBERS, ONE_HOT]).fit(table())
    assert features.transform(table().iloc[:0]).shape == (0, 5)
