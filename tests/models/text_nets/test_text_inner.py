"""Epochs and temperatures from inner rows, weights in the loss, limits in time."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import log_softmax, softmax
from sklearn.base import clone

from ensemble_kit.catalog import MODELS
from ensemble_kit.models.text_nets.named_networks import (
    TextAverageClassifier,
    TextAverageRegressor,
    TextRNNClassifier,
    TextRNNRegressor,
)
from ensemble_kit.models.text_nets.text_inner import (
    best_temperature,
    probe_epochs,
)
from ensemble_kit.models.text_nets.text_net import choose_epochs
from tiny_encoders import tiny_encoder

SMALL = {"embedding_dim": 8, "buckets": 50, "max_pairs": 20, "random_state": 0}


def reviews(n_rows: int, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Return texts whose words tell the class, but for noise."""
    draw = np.random.default_rng(seed)
    y = draw.integers(2, size=n_rows)
    words = [["bad", "dull", "poor"], ["good", "fine", "great"]]
    flip = draw.random(n_rows) < 0.15
    return [" ".join(draw.choice(words[c], 3)) for c in y ^ flip], y


def test_the_best_temperature_undoes_a_scale():
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(4000, 3))
    codes = np.array([draw.choice(3, p=p) for p in softmax(logits, axis=1)])
    temperature, loss = best_temperature(logits * 3, codes)
    assert temperature == pytest.approx(3, rel=0.15)
    rows = np.arange(4000)
    assert loss <= -log_softmax(logits, axis=1)[rows, codes].mean() + 1e-9


def test_the_probe_says_what_every_fold_then_uses():
    X, y = reviews(200)
    estimator = TextAverageClassifier(epochs=5, learning_rate=0.05, **SMALL)
    found = probe_epochs(estimator, X[:150], y[:150], X[150:], y[150:])
    assert set(found) == {"epochs", "schedule_epochs", "temperature"}
    assert 1 <= found["epochs"] <= 5 == found["schedule_epochs"]
    model = clone(estimator).set_params(**found).fit(X, y)
    assert len(model.history_["losses"]) == found["epochs"]
    assert model.temperature_ == found["temperature"]


def test_a_probed_epoch_is_the_fits_own_epoch():
    X, y = reviews(120)
    estimator = TextAverageRegressor(epochs=4, learning_rate=0.05, **SMALL)
    found = probe_epochs(estimator, X[:90], y[:90], X[90:], y[90:])
    errors = []
    for epochs in range(1, 5):
        model = clone(estimator).set_params(epochs=epochs, schedule_epochs=4)
        errors.append(
            np.mean((model.fit(X[:90], y[:90]).predict(X[90:]) - y[90:]) ** 2)
        )
    assert found == {"epochs": int(np.argmin(errors)) + 1, "schedule_epochs": 4}


def test_labels_that_only_the_valid_rows_have_are_left_out():
    X, y = reviews(60)
    labels = np.array(["a", "b", "c"])[y + (np.arange(60) > 55)]
    estimator = TextAverageClassifier(epochs=2, **SMALL)
    found = probe_epochs(estimator, X[:50], labels[:50], X[50:], labels[50:])
    assert np.isfinite(found["temperature"])


def test_a_probe_that_has_no_time_returns_something_usable():
    X, y = reviews(60)
    estimator = TextAverageClassifier(epochs=50, **SMALL)
    found = probe_epochs(estimator, X[:50], y[:50], X[50:], y[50:], deadline=0.0)
    clone(estimator).set_params(**found).fit(X, y)


def test_inner_fraction_calibrates_and_keeps_all_rows_for_the_fit():
    X, y = reviews(300)
    model = TextAverageClassifier(
        epochs=6, learning_rate=0.05, inner_fraction=0.3, **SMALL
    ).fit(X, y)
    assert model.temperature_ != 1 and 1 <= model.epochs_ <= 6
    assert model.preparation_["vocabulary"]["counts"].sum() == 900


def test_the_fit_after_inner_rows_keeps_their_schedule():
    X, y = reviews(100)
    model = TextAverageClassifier(epochs=6, inner_fraction=0.3, **SMALL).fit(X, y)
    again = clone(model).set_params(
        epochs=model.epochs_, schedule_epochs=6, inner_fraction=0.0
    )
    for name, weight in again.fit(X, y).weights_.items():
        assert (weight == model.weights_[name]).all()


@pytest.mark.parametrize(
    ("n_rows", "n_tokens", "epochs"),
    [(500, 10, 30), (5000, 10, 10), (50_000, 10, 5), (2000, 400, 5), (9000, 900, 3)],
)
def test_few_rows_and_short_texts_get_more_epochs(n_rows, n_tokens, epochs):
    assert choose_epochs("auto", np.full(n_rows, n_tokens)) == epochs
    assert choose_epochs(7, np.full(n_rows, n_tokens)) == 7


def test_a_row_of_weight_two_is_two_rows_in_the_loss():
    X, y = reviews(12)
    X, y = X + X, np.concatenate([y, 1 - y])
    weight = np.repeat([2, 1], 12)  # the order of the words' counts stays
    options = {"embedding_dropout": 0.0, "dropout": 0.0, "epochs": 3, "min_count": 1}
    one_batch = {"batch_size": 100, "learning_rate": 1.0, "ema": 0.0}
    one_batch["optimizer"] = "sgd"  # Adam makes much of the last bits
    model = TextAverageClassifier(**{**SMALL, **options, **one_batch})
    weighted = clone(model).fit(X, y, sample_weight=weight)
    repeated = clone(model).fit(np.repeat(X, weight), np.repeat(y, weight))
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-6
    )


def test_balanced_classes_raise_the_rare_one():
    X, y = reviews(200)
    kept = (y == 0) | (np.arange(200) % 8 == 0)
    X, y = np.array(X)[kept], y[kept]
    plain = TextAverageClassifier(epochs=3, **SMALL).fit(X, y)
    balanced = clone(plain).set_params(class_weight="balanced").fit(X, y)
    assert balanced.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean()


def test_max_seconds_keeps_what_there_is():
    X, y = reviews(100)
    model = TextRNNClassifier(max_seconds=1e-9, epochs=1000, hidden=4, random_state=0)
    model.fit(X, y)
    assert "time" in model.history_["stopped"]
    assert np.isfinite(model.predict_proba(X)).all()


def test_text_and_table_are_read_together():
    X, y = reviews(300)
    draw = np.random.default_rng(1)
    price, colour = draw.lognormal(size=300), draw.choice(["red", "blue"], 300)
    value = 2 * y + np.log(price) + 2 * (colour == "red")
    frame = pd.DataFrame({"text": X, "price": price, "colour": pd.Categorical(colour)})
    options = {"hidden": 8, "embedding_dim": 8, "epochs": 15, "learning_rate": 0.02}
    errors = {}
    for name in (["text"], ["price", "colour"], list(frame)):
        model = TextRNNRegressor(random_state=0, **options)
        model.fit(frame[name][:220], value[:220])
        errors[len(name)] = np.mean(
            (model.predict(frame[name][220:]) - value[220:]) ** 2
        )
    assert errors[3] < 0.6 * min(errors[1], errors[2])


@pytest.mark.parametrize("name", [n for n in MODELS if n.startswith("text_")])
@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_catalog_entries_fit_and_are_probed(name, kind):
    X, y = reviews(40)
    params = {"encoder": tiny_encoder()} if MODELS[name].files else {}
    model = MODELS[name].build(kind, {"epochs": 1, **params}, seed=0)
    assert model.random_state == 0 and model.n_jobs == 1
    assert np.isfinite(model.fit(X, y).predict(X)).all()
    assert MODELS[name].probe == "ensemble_kit.models.text_nets.text_inner:probe_epochs"
