"""Claims that hold for every featurizer of numbers, categories and dates."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone

from ensemble_kit.catalog.featurizers import FEATURIZERS

TABULAR = sorted(
    name
    for name, spec in FEATURIZERS.items()
    if spec.role in ("number", "category", "datetime")
)
TARGETS = ("binary", "multiclass", "regression")


def numbers(n_rows, random):
    X = pd.DataFrame(random.normal(size=(n_rows, 2)), columns=["a", "b"])
    X["a"] = X["a"].where(random.random(n_rows) > 0.2)
    X["whole"] = pd.array(random.integers(0, 4, n_rows), dtype="Int64")
    X.loc[X.index % 7 == 3, "whole"] = pd.NA
    X["truth"] = random.random(n_rows) > 0.5
    X["huge"] = np.where(random.random(n_rows) > 0.5, np.inf, 1e300)
    return X.assign(constant=1.0, empty=np.nan)


def categories(n_rows, random):
    X = pd.DataFrame({"many": random.integers(0, n_rows // 4 + 1, n_rows)})
    X["few"] = random.choice(["x", "y", None], n_rows)
    X["other"] = random.choice(["u", "v", "w"], n_rows)
    X["constant"], X["empty"] = "c", None
    return X.astype("category")


def dates(n_rows, random):
    days = pd.to_datetime("2020-01-01") + pd.to_timedelta(
        random.integers(0, 900, n_rows), unit="D"
    )
    X = pd.DataFrame({"first": days, "second": days[::-1]})
    X.loc[X.index % 5 == 2, "first"] = pd.NaT
    return X.assign(constant=days[0], empty=pd.NaT)


MAKERS = {"number": numbers, "category": categories, "datetime": dates}


def table(name, n_rows=60, seed=0):
    return MAKERS[FEATURIZERS[name].role](n_rows, np.random.default_rng(seed))


def target(kind, n_rows=60, seed=0):
    random = np.random.default_rng(seed)
    if kind == "regression":
        return random.normal(size=n_rows)
    return random.integers(0, 2 if kind == "binary" else 3, n_rows)


def build(name):
    transformer = FEATURIZERS[name].build({})
    if "random_state" in transformer.get_params():
        transformer.set_params(random_state=0)
    return transformer


def values(features):
    """Return features as floats, category columns as codes."""
    if sparse.issparse(features):
        return features.toarray()
    if isinstance(features, pd.DataFrame):
        return np.column_stack([features[name].cat.codes for name in features])
    return features


@pytest.fixture(params=TABULAR)
def name(request):
    return request.param


@pytest.mark.parametrize("kind", TARGETS)
def test_output_has_its_rows_names_and_declared_form(name, kind):
    X, y = table(name), target(kind)
    transformer = build(name)
    features = transformer.fit_transform(X, y)
    forms = {"dense": np.ndarray, "sparse": sparse.csr_matrix, "frame": pd.DataFrame}
    assert isinstance(features, forms[FEATURIZERS[name].output])
    assert features.shape == (60, len(transformer.get_feature_names_out()))
    assert features.shape[1] == len(set(transformer.get_feature_names_out()))
    assert not np.isinf(values(features)).any()


def test_only_cross_fitted_fit_transform_differs_from_transform(name):
    X, y = table(name), target("binary")
    together = values(build(name).fit_transform(X, y))
    apart = values(build(name).fit(X, y).transform(X))
    same = np.array_equal(together, apart, equal_nan=True)
    assert same != FEATURIZERS[name].sees_y


@pytest.mark.parametrize("kind", TARGETS)
def test_transform_of_some_rows_is_some_rows_of_transform(name, kind):
    X, other = table(name), table(name, seed=1)
    transformer = build(name).fit(X, target(kind))
    rows = np.array([5, 3, 40])
    every, some = transformer.transform(other), transformer.transform(other.iloc[rows])
    np.testing.assert_array_equal(values(every)[rows], values(some))


def test_a_copy_made_by_clone_or_pickle_gives_the_same(name):
    X, y = table(name), target("binary")
    transformer = build(name)
    features = values(transformer.fit_transform(X, y))
    again = values(clone(transformer).fit_transform(X, y))
    np.testing.assert_array_equal(features, again)
    loaded = pickle.loads(pickle.dumps(transformer))
    np.testing.assert_array_equal(
        values(transformer.transform(X)), values(loaded.transform(X))
    )


def test_table_is_left_as_it_was(name):
    X, y = table(name), target("binary")
    before = X.copy(deep=True)
    build(name).fit_transform(X, y)
    pd.testing.assert_frame_equal(X, before)


@pytest.mark.parametrize("n_rows", [0, 1])
def test_no_row_or_one_row_is_transformed(name, n_rows):
    transformer = build(name).fit(table(name), target("binary"))
    few = transformer.transform(table(name, seed=2).iloc[:n_rows])
    width = len(transformer.get_feature_names_out())
    assert few.shape == (n_rows, width)


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("n_rows", [0, 1, 2])
def test_hardly_any_training_rows_still_fit(name, n_rows, kind):
    X, y = table(name).iloc[:n_rows], target(kind)[:n_rows]
    features = build(name).fit_transform(X, y)
    assert features.shape[0] == n_rows


def test_no_columns_give_no_features(name):
    X = table(name).iloc[:, :0]
    assert build(name).fit_transform(X, target("binary")).shape == (60, 0)


def test_unseen_values_are_transformed(name):
    X = table(name)
    strange = X.iloc[:3].copy()
    if FEATURIZERS[name].role == "category":
        strange = pd.DataFrame("never seen", strange.index, X.columns, dtype="category")
    transformer = build(name).fit(X, target("multiclass"))
    assert not np.isinf(values(transformer.transform(strange))).any()


def test_labels_of_other_rows_only_move_features_that_see_y(name):
    X, y = table(name), target("binary")
    features = build(name).fit(X, y).transform(X)
    flipped = build(name).fit(X, 1 - y).transform(X)
    same = np.array_equal(values(features), values(flipped), equal_nan=True)
    assert same != FEATURIZERS[name].sees_y


SEES_Y = [name for name in TABULAR if FEATURIZERS[name].sees_y]


@pytest.mark.parametrize("name", SEES_Y)
def test_own_label_never_reaches_own_training_features(name):
    X, y = table(name, 40), np.random.default_rng(0).normal(size=40)
    # Values, not ranks: the folds follow the order of y, so it must not change.
    changed = y.copy()
    row = int(np.argmax(y))
    changed[row] = y[row] + 5.0
    features = build(name).fit_transform(X, y)
    again = build(name).fit_transform(X, changed)
    np.testing.assert_array_equal(features[row], again[row])
    assert not np.array_equal(features, again)


@pytest.mark.parametrize("name", SEES_Y)
def test_permuted_labels_leave_a_model_at_chance(name):
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    random = np.random.default_rng(3)
    X = categories(2000, random)
    y = random.integers(0, 2, 2000)
    transformer = build(name)
    train = transformer.fit_transform(X[:1000], y[:1000])
    model = HistGradientBoostingClassifier(max_iter=30, random_state=0)
    model.fit(train, y[:1000])
    score = model.predict_proba(transformer.transform(X[1000:]))[:, 1]
    assert abs(roc_auc_score(y[1000:], score) - 0.5) < 0.06
    assert model.score(train, y[:1000]) < 0.75
