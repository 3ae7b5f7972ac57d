"""Texts written for texts: what is learnt, copied, cut, kept and drawn."""

import io
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.base import clone

from ensemble_kit.models.sequences.fitting import load_network
from ensemble_kit.models.sequences.sequence_to_sequence import SequenceToSequence

WORDS = dict(zip(["one", "two", "three", "four"], "1234", strict=True))
NAMES = [a + b for a in ("Ba", "Ko", "Li", "Nu") for b in ("ran", "tev", "mos", "dil")]
SMALL = {"hidden": 24, "embedding_dim": 16, "learning_rate": 0.02, "random_state": 0}
TINY = {"hidden": 6, "embedding_dim": 4, "epochs": 1, "random_state": 0}
VARIANTS = [
    {"unit": "word", "target_unit": "char"},
    {"unit": "word", "cell": "lstm", "attention": "additive"},
    {"unit": "subword", "target_unit": "char", "layers": 2},
]
over_all = pytest.mark.parametrize("variant", VARIANTS, ids=str)


@cache
def said(n_rows: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Return numbers in words, some after a name, and in digits."""
    draw = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(n_rows):
        words = draw.choice(list(WORDS), draw.integers(1, 4)).tolist()
        both = [f"{name}{seed}" for name in draw.choice(NAMES, 2)]
        name = " ".join(both) if draw.random() < 0.3 else ""
        X.append(" ".join([name, *words] if name else words))
        digits = [WORDS[word] for word in words]
        y.append(" ".join([name, *digits] if name else digits))
    return X, y


@cache
def fitted() -> SequenceToSequence:
    """Return a model of words, that knows no name."""
    model = SequenceToSequence(
        unit="word", target_unit="char", epochs=25, min_count=30, **SMALL
    )
    return model.fit(*said(250))


@over_all
def test_the_same_seed_gives_the_same_bits_and_arrays_keep_them(variant):
    model = SequenceToSequence(**variant, **TINY).fit(*said(30))
    again, file = clone(model).fit(*said(30)), io.BytesIO()
    np.savez(file, **model.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        loaded = SequenceToSequence.from_arrays(arrays)
    X = said(5, seed=1)[0]
    for other in (again, loaded):
        assert other.predict_candidates(X) == model.predict_candidates(X)
    assert all(
        (a == b).all()
        for a, b in zip(
            model.to_arrays().values(), again.to_arrays().values(), strict=True
        )
    )


@over_all
def test_scores_do_not_depend_on_the_batch(variant):
    model = SequenceToSequence(**variant, **TINY).fit(*said(30))
    rows = model._read_source([*said(8, seed=1)[0], "", "Zorro"])
    network, told = load_network(model), torch.tensor([[2, 4, 5, 4]])
    with torch.no_grad():
        batch = rows.batch(np.arange(10), "cpu")
        together, _ = network(batch, told.expand(10, -1))
        for row in range(10):
            alone, _ = network(rows.batch(np.array([row]), "cpu"), told)
            np.testing.assert_allclose(alone[0], together[row], atol=1e-5)


def test_new_texts_are_written_and_names_never_seen_are_copied():
    X, y = said(60, seed=9)
    named = [text.split()[0] in NAMES or text[0].isupper() for text in X]
    assert fitted().score(X, y) > 0.95
    chosen = [row for row, is_named in enumerate(named) if is_named]
    assert fitted().score([X[r] for r in chosen], [y[r] for r in chosen]) > 0.9


def test_without_copying_a_name_never_seen_is_not_written():
    model = clone(fitted()).set_params(copy_unknown=False, epochs=5)
    X, y = said(60, seed=9)
    named = [row for row, text in enumerate(X) if text[0].isupper()]
    model.fit(*said(250))
    assert model.score([X[r] for r in named], [y[r] for r in named]) == 0.0


def test_permuted_targets_are_told_at_chance():
    X, y = said(120)
    wrong = list(np.random.default_rng(1).permutation(y))
    model = SequenceToSequence(unit="word", target_unit="char", epochs=4, **SMALL).fit(
        X, wrong
    )
    X_new, y_new = said(200, seed=3)
    commonest = max(y_new.count(text) for text in y_new) / len(y_new)
    assert model.score(X_new, y_new) <= commonest + 0.05


def test_the_epochs_are_those_that_do_best_on_inner_rows():
    model = SequenceToSequence(
        unit="word",
        target_unit="char",
        epochs=20,
        batch_size=4,
        inner_fraction=0.3,
        **SMALL,
    )
    X, y = said(40)
    model.fit(X, list(np.random.default_rng(1).permutation(y)))
    assert len(model.held_losses_) == 20
    assert model.epochs_ == 1 + int(np.argmin(model.held_losses_)) < 20
    assert len(model.history_["losses"]) == model.epochs_


def test_a_weight_of_0_is_as_if_the_row_were_not_there():
    X, y = said(20)
    weight = np.repeat([1.0, 0.0], 10)
    model = SequenceToSequence(unit="word", **TINY)
    some = model.fit(X, y, sample_weight=weight).predict_candidates(X)
    assert some == clone(model).fit(X[:10], y[:10]).predict_candidates(X)


def test_scheduled_sampling_changes_what_is_learnt_and_still_learns():
    model = clone(fitted()).set_params(scheduled_sampling=0.3)
    model.fit(*said(250))
    assert model.history_["losses"] != fitted().history_["losses"]
    assert model.score(*said(60, seed=9)) > 0.9


@pytest.mark.parametrize("unit", ["char", "word", "subword"])
def test_empty_texts_and_characters_never_seen_are_read(unit):
    model = SequenceToSequence(unit=unit, **TINY)
    model.fit(["a b", "", "b a", None], ["b", "a", "", "ab"])
    written = model.predict(["", "жук 漢", "a\tb\n", float("nan")])
    assert [type(text) for text in written] == [str] * 4


def test_targets_that_are_all_empty_give_empty_texts():
    model = SequenceToSequence(**SMALL, epochs=3).fit(["a", "b"] * 20, [""] * 40)
    assert model.predict(["a", "c"]).tolist() == ["", ""]


def test_long_texts_are_cut_with_a_note():
    model = SequenceToSequence(max_length=20, max_target=15, **TINY)
    with pytest.warns(UserWarning, match="y: 1 of 2 texts are cut at 15 tokens"):
        model.fit(["a", "b"], ["a", "ab" * 50])
    with pytest.warns(UserWarning, match="row 1; a higher max_length reads more"):
        written = model.predict(["b", "b" * 100_000])
    with pytest.warns(UserWarning, match="cut at 20"):
        assert written[1] == model.predict(["b" * 200])[0]


def test_a_text_is_no_longer_than_what_was_seen_allows():
    model = SequenceToSequence(**TINY).fit(["a", "b"] * 5, ["ab", "ba"] * 5)
    longest = max(len(text) for text in model.predict(["a" * 50]))
    assert longest <= model.limit_
    assert model.score(["a"], ["ab" * 1000]) == 0.0


def test_what_is_wrong_is_told_at_once():
    model = SequenceToSequence(beams=0, dropout=1.0, unit="letter")
    with pytest.raises(ValueError, match="3 problems") as caught:
        model.fit(["a"], ["b"])
    assert "beams: at least 1; found 0" in str(caught.value)
    with pytest.raises(ValueError, match="no text in 2 rows: 1, 2"):
        SequenceToSequence().fit(["a", "b", "c"], ["b", None, float("nan")])
    with pytest.raises(ValueError, match="X has 1 rows and y has 2"):
        SequenceToSequence().fit(["a"], ["b", "c"])
    with pytest.raises(ValueError, match="one column of texts"):
        SequenceToSequence().fit(np.array([["a", "b"]]), ["b"])
    with pytest.raises(ValueError, match="did you mean 'gru'"):
        SequenceToSequence(cell="gruu").fit(["a"], ["b"])


def test_attention_is_a_matrix_of_every_token_and_a_picture(tmp_path):
    found = fitted().attention_("two Zorro four")
    assert found.places == ["two", "Zorro", "four", "end"]
    assert found.weights.shape == (len(found.written) + 1, 4)
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, atol=1e-5)
    assert fitted().predict(["two Zorro four"])[0].startswith("2")
    picture = found.draw(tmp_path / "looked.png").read_bytes()
    assert picture.startswith(b"\x89PNG")


def test_attention_finds_the_word_that_a_digit_was_said_by():
    found = fitted().attention_("three one two")
    assert found.written == ["3", " ", "1", " ", "2"]
    assert found.weights[[0, 2, 4]].argmax(axis=1).tolist() == [0, 1, 2]
