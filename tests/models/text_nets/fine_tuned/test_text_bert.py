"""Fine-tuned encoders: what is trained, what stays, and what is refused."""

import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from ensemble_kit.exceptions import MissingDependencyError, PipelineError
from ensemble_kit.features.encoders.encoder_networks import Bert
from ensemble_kit.features.encoders.encoders import encoder_of
from ensemble_kit.models.text_nets.fine_tuned import states
from ensemble_kit.models.text_nets.fine_tuned.text_bert import (
    TextBertClassifier,
    TextBertRegressor,
)
from ensemble_kit.models.text_nets.text_inner import probe_epochs
from spoiled_encoders import SPOILED
from tiny_encoders import tiny_encoder, tokenizer, write_encoder

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")
pytest.importorskip("safetensors")
from ensemble_kit.models.text_nets.fine_tuned.fine_tuned_network import (  # noqa: E402
    LastLayers,
)
from ensemble_kit.models.text_nets.fine_tuned.fine_tuning import (  # noqa: E402
    empty_network,
)
from ensemble_kit.models.text_nets.networks.torch_optimizers import (  # noqa: E402
    make_optimizer,
)
from ensemble_kit.models.text_nets.networks.torch_training import (  # noqa: E402
    Training,
)

QUIET = {"encoder": tiny_encoder(), "random_state": 0}


def notes(n_rows: int, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Return texts of which those with an x are of class 1, but for noise."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n_rows)
    shown = y ^ (rng.random(n_rows) < 0.05)
    letters = [rng.choice(list("abcde"), rng.integers(3, 9)) for _ in range(n_rows)]
    return [
        " ".join([*word, "x" * 3 * s]) for word, s in zip(letters, shown, strict=True)
    ], y


def test_the_trained_layers_start_as_those_of_the_encoder():
    encoder = encoder_of(tiny_encoder())
    (ids,) = encoder.tokens(["a hill by the sea"])
    whole = encoder.network(torch.tensor([ids]))
    for n_layers in range(3):
        (state,) = states.read_states(encoder, ["a hill by the sea"], 2 - n_layers)
        layers = LastLayers(encoder.network, n_layers, dropout=0.1).eval()
        is_read = torch.ones(1, len(ids), dtype=torch.bool)
        hidden = layers(torch.from_numpy(state)[None], is_read)
        torch.testing.assert_close(hidden, whole, rtol=1e-2, atol=1e-2)


def test_padding_is_not_read():
    encoder = encoder_of(tiny_encoder())
    (state,) = states.read_states(encoder, ["a hill by the sea"], 0)
    layers = LastLayers(encoder.network, 2, dropout=0.1).eval()
    plain = torch.from_numpy(state).float()[None]
    padded = torch.nn.functional.pad(plain, (0, 0, 0, 7), value=3.0)
    is_read = torch.arange(padded.shape[1])[None] < plain.shape[1]
    alone = layers(plain, torch.ones(plain.shape[:2], dtype=torch.bool))
    beside = layers(padded, is_read)[:, : plain.shape[1]]
    torch.testing.assert_close(beside, alone, rtol=1e-5, atol=1e-5)


def test_training_leaves_the_encoder_itself_alone():
    texts, y = notes(40)
    encoder = encoder_of(tiny_encoder(), 128)  # the very object that is trained from
    before = encoder.encode(texts)
    TextBertClassifier(layers=2, epochs=2, learning_rate=0.01, **QUIET).fit(texts, y)
    assert (encoder.encode(texts) == before).all()


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_the_last_layers_and_the_head_alone_are_learnt(layers):
    texts, y = notes(40)
    model = TextBertClassifier(layers=layers, epochs=1, **QUIET).fit(texts, y)
    top = {name.split(".")[2] for name in model.weights_ if name.startswith("top.")}
    assert top == {str(n) for n in range(layers)}
    assert model.layers_ == layers


def test_more_trained_layers_learn_more_of_the_training_rows():
    texts, y = notes(120)
    settings = {"epochs": 12, "learning_rate": 0.003, "dropout": 0.0}
    losses = [
        TextBertClassifier(layers=n, **settings, **QUIET).fit(texts, y).history_
        for n in (0, 2)
    ]
    assert losses[1]["losses"][-1] < 0.8 * losses[0]["losses"][-1]


def test_what_is_learnt_holds_for_other_texts():
    texts, y = notes(300)
    later, truth = notes(200, seed=1)
    model = TextBertClassifier(epochs=10, learning_rate=3e-3, **QUIET).fit(texts, y)
    start = clone(model).set_params(epochs=0).fit(texts, y)
    right, before = ((m.predict(later) == truth).mean() for m in (model, start))
    assert right > max(0.85, before)


def test_a_permuted_target_leaves_other_texts_at_chance():
    texts, y = notes(300)
    later, truth = notes(400, seed=1)
    y = np.random.default_rng(2).permutation(y)
    model = TextBertClassifier(epochs=3, **QUIET).fit(texts, y)
    assert abs((model.predict(later) == truth).mean() - 0.5) < 0.1


def test_without_epochs_it_is_the_penalised_linear_model_on_the_vectors():
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    texts, y = notes(150)
    model = TextBertClassifier(epochs=0, layers=0, **QUIET).fit(texts, y)
    folder = encoder_of(tiny_encoder()).folder
    pooled = np.array(
        [
            s.mean(0, np.float64)
            for s in states.read_states(
                encoder_of(tiny_encoder(), 128), texts, folder.n_layers
            )
        ]
    )
    X = StandardScaler().fit_transform(pooled)
    # Two outputs share the weights of one, which halves the penalty on them.
    plain = LogisticRegression(C=2 / 50.0, tol=1e-8).fit(X, y)
    expected = plain.predict_proba(X)[:, 1]
    found = model.predict_proba(texts)[:, 1]
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_lower_layers_learn_more_slowly_and_the_head_faster():
    texts, y = notes(30)
    model = TextBertClassifier(layers=2, epochs=0, **QUIET).fit(texts, y)
    network = empty_network(model)
    rates = network.rates(decay=0.5, head_rate=10.0)
    optimizer = make_optimizer(network, Training(rates=rates))
    assert {g["factor"] for g in optimizer.param_groups} == {10.0, 1.0, 0.5}
    factor_of = {
        id(w): g["factor"] for g in optimizer.param_groups for w in g["params"]
    }
    for name, weight in network.named_parameters():
        start = next(rate for begin, rate in rates.items() if name.startswith(begin))
        assert factor_of[id(weight)] == start


def test_gradients_that_are_added_up_are_those_of_the_whole_step():
    texts, y = notes(60)
    settings = {"epochs": 2, "layers": 1, "dropout": 0.0, "ema": 0.0}
    settings |= {"optimizer": "sgd", "learning_rate": 0.02}
    whole, parts = (
        TextBertClassifier(tokens_at_once=n, **settings, **QUIET).fit(texts, y)
        for n in (10_000, 20)
    )
    for name, weight in whole.weights_.items():
        np.testing.assert_allclose(parts.weights_[name], weight, atol=1e-5)


@pytest.fixture
def texts_read(monkeypatch):
    """Return how many texts the lower layers have read, as a list that grows."""
    seen, read = [], Bert.read

    def watched(self, ids, n_layers):
        seen.append(len(ids))
        return read(self, ids, n_layers)

    monkeypatch.setattr(Bert, "read", watched)
    monkeypatch.setattr(states, "_kept", states.Kept())
    return seen


def test_what_stays_as_it_is_is_computed_once_for_all_epochs_and_fits(texts_read):
    texts, y = notes(60)
    model = TextBertClassifier(layers=1, epochs=4, **QUIET)
    first = model.fit(texts, y).predict_proba(texts)
    assert sum(texts_read) == len(set(texts))
    again = clone(model).fit(texts, y).predict_proba(texts)
    assert sum(texts_read) == len(set(texts))
    assert (first == again).all()


def test_more_than_is_kept_changes_no_bit(texts_read, monkeypatch):
    texts, y = notes(60)
    model = TextBertClassifier(layers=1, epochs=2, **QUIET)
    first = model.fit(texts, y).predict_proba(texts)
    monkeypatch.setattr(states, "MOST_KEPT", 500)
    monkeypatch.setattr(states, "_kept", states.Kept())
    again = clone(model).fit(texts, y).predict_proba(texts)
    assert (first == again).all()
    assert states._kept.n_bytes <= 500


def test_the_probe_finds_layers_epochs_and_temperature():
    texts, y = notes(120)
    estimator = TextBertClassifier(epochs=3, learning_rate=1e-3, **QUIET)
    found = probe_epochs(estimator, texts[:90], y[:90], texts[90:], y[90:])
    assert set(found) == {"layers", "epochs", "schedule_epochs", "temperature"}
    assert found["layers"] in (1, 2) and 0 <= found["epochs"] <= 3
    model = clone(estimator).set_params(**found).fit(texts, y)
    assert len(model.history_["losses"]) == found["epochs"]
    assert (model.layers_, model.temperature_) == (
        found["layers"],
        found["temperature"],
    )


def test_the_probe_ends_with_the_first_number_of_layers_that_does_no_better(
    monkeypatch,
):
    tried = []

    def watched(self, X, y, sample_weight, valid, look):
        tried.append(self.layers)
        self.epochs_ = 1
        look(1, float(self.layers))

    monkeypatch.setattr(TextBertRegressor, "fit_watched", watched)
    trials = [{"layers": n} for n in (1, 2, 3, 4)]
    monkeypatch.setattr(TextBertRegressor, "trials", lambda self: trials)
    found = probe_epochs(TextBertRegressor(**QUIET), [], [], [], [])
    assert (tried, found["layers"]) == ([1, 2], 1)


def test_a_number_of_layers_that_is_given_is_not_probed():
    assert TextBertRegressor(layers=1, **QUIET).trials() == [{}]


def test_numbers_and_categories_are_read_beside_the_texts():
    texts, y = notes(200)
    rng = np.random.default_rng(3)
    price, colour = rng.lognormal(size=200), rng.choice(["red", "blue"], 200)
    value = 3.0 * y + np.log(price) + 2.0 * (colour == "red")
    frame = pd.DataFrame({"text": texts, "price": price})
    frame["colour"] = pd.Categorical(colour)
    model = TextBertRegressor(epochs=8, learning_rate=3e-3, **QUIET)
    errors = {
        len(names): np.mean(
            (
                clone(model)
                .fit(frame[names][:150], value[:150])
                .predict(frame[names][150:])
                - value[150:]
            )
            ** 2
        )
        for names in (["text"], ["price", "colour"], list(frame))
    }
    assert errors[3] < 0.7 * min(errors[1], errors[2])


@pytest.mark.parametrize(
    "text", ["", "x " * 50_000, "зима близко", "雪が降る", "\x00\ud800", "🙂" * 40]
)
def test_any_text_is_read(text):
    texts, y = notes(30)
    model = TextBertClassifier(epochs=1, **QUIET).fit([*texts, text], [*y, 1])
    assert np.isfinite(model.predict_proba([text])).all()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("spoil", "told"), SPOILED)
def test_a_folder_that_cannot_be_used_is_refused_in_one_message(tmp_path, spoil, told):
    folder = write_encoder(tmp_path / "encoder")
    spoil(folder)
    with pytest.raises((PipelineError, MissingDependencyError), match=told):
        TextBertClassifier(encoder=folder).fit(*notes(20))


def test_another_encoder_than_the_fitted_one_is_refused(tmp_path):
    folder = write_encoder(tmp_path / "encoder", seed=0)
    texts, y = notes(20)
    model = TextBertClassifier(encoder=folder, epochs=1).fit(texts, y)
    write_encoder(folder, seed=1)
    with pytest.raises(PipelineError, match="not the encoder that was fitted with"):
        model.predict(texts)


def test_a_fit_anew_takes_the_encoder_that_is_set(tmp_path):
    texts, y = notes(20)
    model = TextBertClassifier(epochs=0, **QUIET).fit(texts, y)
    other = write_encoder(tmp_path / "other", seed=5)
    model.set_params(encoder=other).fit(texts, y)
    assert model.fingerprint_ == encoder_of(other).folder.fingerprint


def test_settings_out_of_range_are_told_all_at_once():
    model = TextBertClassifier(
        encoder=tiny_encoder(), epochs=-1, layers="all", dropout=2.0, pooling="median"
    )
    with pytest.raises(ValueError, match="has 4 problems") as told:
        model.fit(*notes(20))
    for name in ("epochs", "layers", "dropout", "pooling"):
        assert f"\n  {name}: " in str(told.value)


def test_more_layers_than_there_are_are_told():
    with pytest.raises(ValueError, match="has 2; 3 of them were to be trained"):
        TextBertClassifier(layers=3, **QUIET).fit(*notes(20))


@pytest.fixture
def foreign_encoder(tmp_path):
    """Return a folder of an architecture that is left to transformers."""
    import json

    transformers = pytest.importorskip("transformers")
    words = tokenizer(56)
    config = transformers.DistilBertConfig(
        vocab_size=56,
        dim=16,
        n_layers=3,
        n_heads=2,
        hidden_dim=24,
        max_position_embeddings=40,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.DistilBertModel(config)
    folder = tmp_path / "foreign"
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(json.dumps(words), encoding="utf-8")
    return folder


@pytest.mark.filterwarnings("ignore")
def test_other_architectures_are_trained_through_transformers(foreign_encoder):
    texts, y = notes(60)
    model = TextBertClassifier(
        encoder=foreign_encoder, layers=1, epochs=2, random_state=0
    )
    first = model.fit(texts, y).predict_proba(texts)
    trained = {name for name in model.weights_ if name.startswith("top.")}
    assert trained and all(".layer.2." in name for name in trained)
    assert (clone(model).fit(texts, y).predict_proba(texts) == first).all()
    shutil.rmtree(foreign_encoder)
    with pytest.raises(PipelineError, match="no folder"):
        model.predict(texts)
