"""Texts written by class, and classes told by the models that write them."""

import numpy as np
import pytest
from sklearn.base import clone

from ensemble_kit.models.language.class_language_model import ClassLanguageModel
from ensemble_kit.models.language.language_model import LanguageModel

SEA = ["the sea is deep", "a ship on the sea", "the wave and the ship"]
HILL = ["the hill is steep", "a path up the hill", "the tree and the path"]
TEXTS, LABELS = [*SEA, *HILL] * 8, ["sea"] * 3 + ["hill"] * 3
SMALL = LanguageModel(
    hidden=24, embedding_dim=12, epochs=40, n_streams=4, n_steps=12, learning_rate=0.02
)


@pytest.fixture(scope="module")
def fitted():
    return ClassLanguageModel(SMALL, random_state=0).fit(TEXTS, LABELS * 8)


def test_samples_are_written_in_the_words_of_their_class(fitted):
    own = {"sea": {"sea", "ship", "wave", "deep"}, "hill": {"hill", "path", "tree"}}
    for label, other in (("sea", "hill"), ("hill", "sea")):
        texts = [fitted.sample(label, 8, 0.5, random_state=k) for k in range(12)]
        words = set(" ".join(texts).split())
        assert words & own[label] and not words & own[other]
    assert fitted.sample("sea", 4, prompt="the wave", random_state=0)[:8] == "the wave"
    again = (fitted.sample("sea", 8, random_state=3) for _ in range(2))
    assert next(again) == next(again)


def test_the_class_of_a_text_is_told_by_who_would_rather_have_written_it(fitted):
    texts = ["a wave on the sea", "the tree up the path", "a ship"]
    assert fitted.predict(texts).tolist() == ["sea", "hill", "sea"]
    assert fitted.score(texts, ["sea", "hill", "sea"]) == 1


def test_probabilities_are_shares_times_likelihoods(fitted):
    texts = ["the sea", "a path", "", "zzz"]
    losses = np.array(
        [[loss.sum() for loss in model.token_losses(texts)] for model in fitted.models_]
    )
    joint = fitted.shares_ * np.exp(-losses.T)
    found = fitted.predict_proba(texts)
    assert np.allclose(found, joint / joint.sum(axis=1, keepdims=True))
    assert np.allclose(fitted.log_likelihoods(texts), -losses.T)


def test_frequent_classes_are_likelier_where_a_text_tells_nothing():
    untrained = clone(SMALL).set_params(epochs=0)
    model = ClassLanguageModel(untrained, random_state=0)
    model.fit(["a b"] * 40, [0] * 30 + [1] * 10)
    assert model.predict_proba([""])[0] == pytest.approx([0.75, 0.25], abs=0.05)


def test_permuted_labels_are_told_at_chance():
    random = np.random.default_rng(0)
    words = np.array(["sea", "hill", "ship", "path"])
    texts = [" ".join(random.choice(words, 4)) for _ in range(120)]
    labels = random.permutation(np.arange(120) % 2)
    quick = clone(SMALL).set_params(epochs=5)
    model = ClassLanguageModel(quick, random_state=0).fit(texts[:60], labels[:60])
    assert 0.3 < model.score(texts[60:], labels[60:]) < 0.7


def test_every_model_has_the_words_of_all_classes(fitted):
    one, other = (set(m.vocabulary_["terms"].tolist()) for m in fitted.models_)
    assert one == other >= {"sea", "hill"}


def test_the_same_seed_gives_the_same_models(fitted):
    again = clone(fitted).fit(TEXTS, LABELS * 8)
    texts = ["the sea", "a path"]
    assert np.array_equal(again.predict_proba(texts), fitted.predict_proba(texts))


def test_what_cannot_be_is_refused(fitted):
    with pytest.raises(ValueError, match="no class 'see'; did you mean 'sea'"):
        fitted.sample("see")
    with pytest.raises(ValueError, match="X has 2 texts and y has 3 labels"):
        ClassLanguageModel(SMALL).fit(["a", "b"], [0, 1, 1])
    with pytest.raises(ValueError, match="at least 2 classes"):
        ClassLanguageModel(SMALL).fit(["a", "b"], [0, 0])


def test_a_class_of_one_empty_text_is_a_class():
    quick = clone(SMALL).set_params(epochs=2)
    model = ClassLanguageModel(quick, random_state=0)
    model.fit(["", *["a b c"] * 5], ["none", *["some"] * 5])
    assert np.isfinite(model.predict_proba(["", "a b c"])).all()
