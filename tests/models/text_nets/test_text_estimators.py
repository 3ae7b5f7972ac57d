"""What every text estimator promises."""

import copy
import io
import pickle
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier

from ensemble_kit.models.text_nets.fine_tuned.text_bert import (
    TextBertClassifier,
    TextBertRegressor,
)
from ensemble_kit.models.text_nets.named_networks import (
    TextAverageClassifier,
    TextAverageRegressor,
    TextCNNClassifier,
    TextCNNRegressor,
    TextRNNClassifier,
    TextRNNRegressor,
    TextTDNNClassifier,
    TextTDNNRegressor,
    TextTransformerClassifier,
    TextTransformerRegressor,
)
from tiny_encoders import tiny_encoder

SMALL = {"embedding_dim": 8, "buckets": 50, "epochs": 2, "random_state": 0}
ESTIMATORS = [
    TextRNNClassifier(hidden=4, **SMALL),
    TextRNNRegressor(hidden=4, layers=2, **SMALL),
    TextRNNClassifier(cell="lstm_coupled", hidden=4, unit="char", **SMALL),
    TextCNNClassifier(filters=4, widths=(2, 3), **SMALL),
    TextCNNRegressor(filters=4, norm="batch", **SMALL),
    TextAverageClassifier(max_pairs=20, head=4, **SMALL),
    TextAverageRegressor(max_pairs=20, **SMALL),
    TextTDNNClassifier(filters=6, **SMALL),
    TextTDNNRegressor(filters=6, **SMALL),
    TextTransformerClassifier(hidden=8, heads=2, **SMALL),
    TextTransformerRegressor(hidden=8, heads=2, **SMALL),
    TextBertClassifier(encoder=tiny_encoder(), epochs=2, random_state=0),
    TextBertRegressor(encoder=tiny_encoder(), layers=1, epochs=2, random_state=0),
]


def called(estimator: object) -> str:
    """Return the name of a case, without the place of an encoder."""
    return repr(estimator).partition("'/")[0][:40]


over_all = pytest.mark.parametrize("estimator", ESTIMATORS, ids=called)

TEXTS = [
    "the raven sat above the door",
    "it's late!",
    "",
    None,
    "  \n",
    "a long tale of horror " * 3,
    "the door",
    "nothing more, nothing",
] * 3


def frame() -> pd.DataFrame:
    """Return rows with two texts, a number and a category, all with gaps."""
    n = len(TEXTS)
    return pd.DataFrame(
        {
            "title": TEXTS,
            "body": TEXTS[::-1],
            "price": [np.nan, *np.geomspace(1, 1e6, n - 1)],
            "colour": pd.Categorical(["red", "blue", None, "red"] * (n // 4)),
        }
    )


def target(estimator: object) -> np.ndarray:
    """Return labels in an order that is not the alphabet's, or numbers."""
    if is_classifier(estimator):
        return np.array(["yes", "no", "maybe", "no"] * (len(TEXTS) // 4))
    return np.arange(len(TEXTS)) * 3.0 + 100


def outputs(estimator: object, X: object) -> np.ndarray:
    """Return probabilities or values."""
    if is_classifier(estimator):
        return estimator.predict_proba(X)
    return estimator.predict(X)


def fitted(estimator: object, X: object = None) -> object:
    """Return a fitted copy."""
    X = frame() if X is None else X
    return clone(estimator).fit(X, target(estimator))


@cache
def learnt(estimator: object) -> object:
    """Return the fitted copy that the tests share which only look at one."""
    return fitted(estimator)


@over_all
def test_a_clone_has_the_parameters_and_no_state(estimator):
    model = learnt(estimator)
    copied = clone(model)
    assert copied.get_params() == model.get_params()
    assert not hasattr(copied, "weights_")


@over_all
def test_set_params_reaches_the_fit(estimator):
    model = clone(estimator).set_params(epochs=1).fit(TEXTS, target(estimator))
    assert len(model.history_["losses"]) == 1


@over_all
def test_the_same_seed_gives_the_same_bits(estimator):
    first = outputs(learnt(estimator), frame())
    copied = copy.deepcopy(learnt(estimator))
    again = outputs(copied.fit(frame(), target(estimator)), frame())
    assert (first == again).all()
    other = clone(estimator).set_params(random_state=1).fit(frame(), target(estimator))
    assert (outputs(other, frame()) != first).any()


@over_all
def test_global_generators_are_not_moved(estimator):
    torch = pytest.importorskip("torch")
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    outputs(fitted(estimator), frame())
    assert (torch.get_rng_state() == before[0]).all()
    assert (np.random.get_state()[1] == before[1]).all()


@over_all
def test_a_prediction_depends_on_its_own_row_alone(estimator):
    model, X = learnt(estimator), frame()
    together = outputs(model, X)
    turned = outputs(model, X.iloc[::-1])[::-1]
    every_text = range(len(X) // 3)
    alone = np.concatenate([outputs(model, X.iloc[[i]]) for i in every_text])
    np.testing.assert_allclose(turned, together, rtol=0, atol=1e-6)
    np.testing.assert_allclose(alone, together[: len(alone)], rtol=1e-6, atol=1e-6)


@over_all
def test_x_is_not_modified(estimator):
    X = frame()
    kept = copy.deepcopy(X)
    outputs(clone(estimator).fit(X, target(estimator)), X)
    pd.testing.assert_frame_equal(X, kept)


@over_all
def test_lists_series_arrays_and_frames_are_the_same_texts(estimator):
    texts = ["" if text is None else text for text in TEXTS]
    forms = [
        texts,
        pd.Series(texts),
        pd.Series(texts, dtype=object),
        np.array(texts),
        np.array(texts, dtype=object),
        pd.DataFrame({"text": texts}),
    ]
    results = [outputs(fitted(estimator, X), X) for X in forms]
    assert all((result == results[0]).all() for result in results)


@over_all
def test_missing_and_empty_texts_are_alike(estimator):
    model = fitted(estimator, TEXTS)
    result = outputs(model, ["", None, np.nan, pd.NA, " \t"])
    if getattr(estimator, "unit", "word") == "word":
        np.testing.assert_allclose(result, result[[0]].repeat(5, axis=0), rtol=1e-12)
    assert np.isfinite(result).all()
    np.testing.assert_allclose(result[:4], result[[0]].repeat(4, axis=0), rtol=1e-12)


@over_all
def test_unseen_categories_and_tokens_are_predicted(estimator):
    model = learnt(estimator)
    X = frame().head(2).assign(title=["зима", "雪が降る"], price=np.inf)
    X["colour"] = pd.Categorical(["green", "grey"])
    assert np.isfinite(outputs(model, X)).all()


@over_all
def test_a_pickle_predicts_the_same(estimator):
    model = learnt(estimator)
    again = pickle.loads(pickle.dumps(model))
    assert (outputs(again, frame()) == outputs(model, frame())).all()


@over_all
def test_arrays_without_pickle_predict_the_same(estimator):
    model, file = learnt(estimator), io.BytesIO()
    np.savez(file, **model.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        again = type(estimator).from_arrays(arrays)
    assert (outputs(again, frame()) == outputs(model, frame())).all()
    assert again.get_params() == model.get_params()


@over_all
def test_columns_have_to_be_those_of_the_fit(estimator):
    model = learnt(estimator)
    with pytest.raises(ValueError, match="4"):
        outputs(model, frame().drop(columns="price"))
    with pytest.raises(ValueError, match="cost"):
        outputs(model, frame().rename(columns={"price": "cost"}))


@over_all
def test_rows_of_weight_zero_do_not_exist(estimator):
    X, y = frame(), target(estimator)
    weight = np.ones(len(X))
    weight[[1, 5, 8]] = 0
    weighted = clone(estimator).fit(X, y, sample_weight=weight)
    kept = weight > 0
    without = clone(estimator).fit(X[kept], y[kept])
    assert (outputs(weighted, X) == outputs(without, X)).all()


@over_all
def test_an_unfitted_estimator_says_so(estimator):
    with pytest.raises(ValueError, match="not fitted"):
        estimator.predict(TEXTS)


@over_all
def test_fit_refuses_lengths_that_differ_and_one_string(estimator):
    with pytest.raises(ValueError, match="24 rows and y has 20"):
        clone(estimator).fit(TEXTS, target(estimator)[:20])
    with pytest.raises(ValueError, match="one string"):
        clone(estimator).fit("a text", target(estimator))


@pytest.mark.parametrize("estimator", [e for e in ESTIMATORS if is_classifier(e)])
def test_probabilities_are_float64_ordered_and_sum_to_one(estimator):
    model = learnt(estimator)
    result = model.predict_proba(frame())
    assert result.dtype == np.float64
    assert model.classes_.tolist() == ["maybe", "no", "yes"]
    np.testing.assert_allclose(result.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert (model.classes_[result.argmax(axis=1)] == model.predict(frame())).all()


@pytest.mark.parametrize("estimator", [e for e in ESTIMATORS if is_classifier(e)])
def test_one_class_is_predicted_with_certainty(estimator):
    model = clone(estimator).fit(TEXTS, ["only"] * len(TEXTS))
    assert (model.predict_proba(TEXTS) == 1).all()
    assert set(model.predict(TEXTS)) == {"only"}


@pytest.mark.parametrize("estimator", [e for e in ESTIMATORS if not is_classifier(e)])
def test_a_constant_target_is_predicted(estimator):
    model = clone(estimator).fit(TEXTS, np.full(len(TEXTS), 7.0))
    assert np.allclose(model.predict(TEXTS), 7, atol=1)


@over_all
def test_a_table_without_text_is_fitted_too(estimator):
    X = frame()[["price", "colour"]]
    assert np.isfinite(outputs(fitted(estimator, X), X)).all()


@over_all
def test_mixed_precision_changes_little(estimator, monkeypatch):
    import torch

    from ensemble_kit.models.text_nets import text_fitting
    from ensemble_kit.models.text_nets.fine_tuned import fine_tuning

    exact = outputs(learnt(estimator), frame())
    mixed = torch.autocast("cpu", dtype=torch.bfloat16)
    for module in (text_fitting, fine_tuning):
        monkeypatch.setattr(module, "precision", lambda device: mixed)
    # oneDNN has an LSTM in bfloat16 on some processors alone, torch's own on all;
    # turning it off also touches a setting of GPUs, which torch warns of.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="TF32 acceleration")
        with torch.backends.mkldnn.flags(enabled=False):
            close = outputs(fitted(estimator), frame())
    assert (close != exact).any()
    np.testing.assert_allclose(close, exact, rtol=0.05)
