"""Scores that see the target: language models and out-of-fold encoders."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold

from ensemble_kit.features.class_codes import class_codes
from ensemble_kit.features.counting.ngram_counts import GramCounter
from ensemble_kit.features.counting.text_counts import TextCounter
from ensemble_kit.features.counting.tfidf_text import TfidfText
from ensemble_kit.features.text_numbers.language_model_scores import LanguageModelScores
from ensemble_kit.features.text_numbers.ngram_tables import fit_model
from ensemble_kit.features.text_numbers.out_of_fold_text_encoder import (
    OutOfFoldTextEncoder,
)
from ensemble_kit.features.texts.text_preparation import make_preparation
from ensemble_kit.features.texts.unit_texts import read_units

TEXTS = ["the sea the storm", "the hill", "a storm at sea", "snow on the hill"] * 6
Y = np.array([0, 1, 0, 1] * 6)


def read(texts, unit="characters"):
    return next(read_units(texts, unit, make_preparation("all_words")))


def count(texts, order, unit="characters", most=100_000, groups=None):
    counter = GramCounter(order, n_groups=2, most=most)
    groups = np.arange(len(texts)) % 2 if groups is None else groups
    counter.add(read(texts, unit), groups)
    return counter.tree()


@pytest.mark.parametrize("smoothing", ["witten_bell", "kneser_ney"])
@pytest.mark.parametrize("unit", ["characters", "words"])
def test_probabilities_of_all_units_after_a_history_sum_to_one(smoothing, unit):
    tree = count(TEXTS, 2, unit)
    counts = np.asarray(tree.counts.sum(axis=1)).ravel()
    logs, backoffs, unknown = fit_model(tree, counts, smoothing)
    units, pairs = tree.orders()
    assert np.exp(logs[units]).sum() + np.exp(unknown) == pytest.approx(1)
    histories, suffixes = tree.histories[pairs], tree.suffixes[pairs]
    for history in np.unique(histories):
        after = histories == history
        seen = np.exp(logs[pairs][after]).sum()
        others = 1 - np.exp(logs[suffixes[after]]).sum()
        assert seen + np.exp(backoffs[history]) * others == pytest.approx(1)


def test_witten_bell_of_single_units_is_the_formula():
    tree = count(["aab"], 1)
    counts = tree.counts.toarray()[:, 0]
    logs, _, unknown = fit_model(tree, counts, "witten_bell")
    assert np.exp(logs[counts == 2]) == pytest.approx((2 + 2 / 3) / 5)
    assert np.exp(unknown) == pytest.approx(2 / 3 / 5)


@pytest.mark.parametrize("unit", ["characters", "words"])
def test_ngrams_are_counted_by_group_like_terms(unit):
    texts = [*TEXTS, "", "a", "se", "sea  sea"]
    tree = count(texts, 3, unit)
    words, characters = ((1, 3), None) if unit == "words" else (None, (1, 3))
    counter = TextCounter(words=words, characters=characters, within_words=False)
    counted = counter.set_params(preparation="all_words").count(texts)
    found = np.sort(tree.counts.toarray(), axis=0)
    even = np.asarray(counted.counts[0::2].sum(axis=0)).ravel()
    odd = np.asarray(counted.counts[1::2].sum(axis=0)).ravel()
    np.testing.assert_array_equal(found, np.sort([even, odd], axis=1).T)


def test_texts_read_a_few_at_a_time_give_the_same_scores(monkeypatch):
    whole = LanguageModelScores(random_state=0)
    expected = whole.fit_transform(TEXTS, Y), whole.transform(TEXTS)
    monkeypatch.setattr("ensemble_kit.features.texts.texts.CHUNK", 40)
    monkeypatch.setattr("ensemble_kit.features.counting.ngram_counts._WAITING", 10)
    parts = LanguageModelScores(random_state=0)
    np.testing.assert_array_equal(parts.fit_transform(TEXTS, Y), expected[0])
    np.testing.assert_array_equal(parts.transform(TEXTS), expected[1])


def test_rare_ngrams_go_when_there_are_too_many_and_their_ends_stay_counted():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abcdefghij"), 50)) for _ in range(100)]
    exact, pruned = count(texts, 3), count(texts, 3, most=400)
    sizes = [at.stop - at.start for at in pruned.orders()]
    assert sizes[:2] == [10, 100]
    assert 0 < sizes[2] <= 200 < 900 < len(exact)
    shorter = pruned.counts[:110].toarray()
    np.testing.assert_array_equal(shorter, exact.counts[:110].toarray())
    longest = [tree.counts[110:].toarray().sum(axis=1) for tree in (pruned, exact)]
    assert longest[0].min() > np.median(longest[1])


@pytest.mark.parametrize(("unit", "most"), [("characters", 24), ("words", 8)])
def test_pruned_language_models_tell_classes_apart(unit, most, monkeypatch):
    whole = LanguageModelScores(unit=unit, order=3).fit(TEXTS, Y)
    module = "ensemble_kit.features.text_numbers.language_model_scores"
    monkeypatch.setattr(f"{module}.MOST_GRAMS", most)
    monkeypatch.setattr(f"{module}.LEAST_GRAMS", most)
    scores = LanguageModelScores(unit=unit, order=3, random_state=0)
    train = scores.fit_transform(TEXTS, Y)
    assert 0 < len(scores.hashes_) < len(whole.hashes_)
    assert np.isfinite(train).all()
    assert roc_auc_score(Y, train[:, 0]) > 0.8


def test_likelihood_of_a_text_is_the_sum_over_its_ngrams():
    scores = LanguageModelScores(order=1, smoothing="witten_bell")
    scores.fit(["aab", "bbb"], [0, 1])
    first = np.log((2 + 2 / 3) / 5)
    second = np.log(1 / 3 / 4)
    found = scores.transform(["aaa"])[0]
    assert found[0] == pytest.approx(3 * (second - first), rel=1e-5)
    assert found[1] == pytest.approx(second - first, rel=1e-5)
    assert found[2] == pytest.approx(-(first + second) / 2, rel=1e-5)


@pytest.mark.parametrize("unit", ["characters", "words"])
def test_language_models_tell_classes_apart(unit):
    scores = LanguageModelScores(unit=unit, order=3, random_state=0)
    train = scores.fit_transform(TEXTS, Y)
    assert roc_auc_score(Y, train[:, 0]) > 0.95
    found = scores.transform(["stormy sea", "hilly snow", ""])
    assert found[0, 0] < 0 < found[1, 0]
    assert found[2, 0] == 0


def test_texts_shorter_than_the_order_are_scored_by_what_they_have():
    scores = LanguageModelScores(order=5).fit(["sea", "hill"] * 4, [0, 1] * 4)
    found = scores.transform(["se", "hi"])[:, 0]
    assert found[0] < 0 < found[1]


def test_encoder_columns_of_training_rows_are_cross_fitted():
    rng = np.random.default_rng(0)
    texts = [f"word{row} other{row}" for row in range(200)]
    y = rng.integers(0, 2, size=200)
    features = {"words": (1, 1)}
    encoder = OutOfFoldTextEncoder(features=features, random_state=0)
    train = encoder.fit_transform(texts, y)
    assert abs(roc_auc_score(y, train[:, 1]) - 0.5) < 0.1


def test_encoder_of_a_regression_is_the_mean_ridge_of_the_inner_folds():
    y = np.linspace(0.0, 1.0, len(TEXTS))
    encoder = OutOfFoldTextEncoder(features={}, alpha=1.0, n_splits=3, random_state=0)
    encoder.fit(TEXTS, y)
    weights = TfidfText().fit_transform(TEXTS)

    folds = KFold(3, shuffle=True, random_state=0).split(TEXTS)
    expected = [
        Ridge(alpha=1.0).fit(weights[train], y[train]).predict(weights)
        for train, _ in folds
    ]
    found = encoder.transform(TEXTS)[:, 0]
    np.testing.assert_allclose(found, np.mean(expected, axis=0), atol=2e-2)


def test_texts_that_tell_little_get_more_penalty():
    rng = np.random.default_rng(0)
    words = [f"word{j}" for j in range(60)]
    worth = dict(zip(words, rng.normal(size=60), strict=True))
    texts = [" ".join(rng.choice(words, size=12)) for _ in range(600)]
    clear = np.array([sum(map(worth.get, text.split())) for text in texts])
    noisy = clear + rng.normal(scale=20, size=600)
    encoder = OutOfFoldTextEncoder(features={}, random_state=0)
    assert encoder.fit(texts, clear).alpha_ == 1
    assert encoder.fit(texts, noisy).alpha_ >= 10


def test_encoder_has_a_column_per_model_and_class():
    encoder = OutOfFoldTextEncoder(features={})
    y = np.array(["x", "y", "z"] * 8)
    assert encoder.fit_transform(TEXTS, y).shape == (24, 6)
    assert list(encoder.get_feature_names_out())[:2] == [
        "naive_bayes_x",
        "naive_bayes_y",
    ]
    assert encoder.fit_transform(TEXTS, Y).shape == (24, 2)


def test_encoder_refuses_unknown_models_and_says_which():
    with pytest.raises(ValueError, match="did you mean 'ridge'"):
        OutOfFoldTextEncoder(models=["rigde"]).fit(TEXTS, Y)


def test_floats_are_cut_into_classes_of_equal_size():
    codes, bounds = class_codes(np.arange(8.0), n_bins=4)
    assert codes.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert len(bounds) == 4
    assert class_codes(np.zeros(5))[0].tolist() == [0] * 5
