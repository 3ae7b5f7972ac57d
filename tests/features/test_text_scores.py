"""Scores that see the target: language models and out-of-fold encoders."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold

from ensemble_kit.features.class_codes import class_codes
from ensemble_kit.features.language_model_scores import LanguageModelScores
from ensemble_kit.features.ngram_tables import TermTree, fit_tables, lookup
from ensemble_kit.features.out_of_fold_text_encoder import OutOfFoldTextEncoder
from ensemble_kit.features.text_counts import TextCounter
from ensemble_kit.features.tfidf_text import TfidfText

TEXTS = ["the sea the storm", "the hill", "a storm at sea", "snow on the hill"] * 6
Y = np.array([0, 1, 0, 1] * 6)


@pytest.mark.parametrize("smoothing", ["witten_bell", "kneser_ney"])
@pytest.mark.parametrize("unit", ["characters", "words"])
def test_probabilities_of_all_units_after_a_history_sum_to_one(smoothing, unit):
    scores = LanguageModelScores(unit=unit, order=2, smoothing=smoothing)
    counted = scores.counter().count(TEXTS)
    tree = TermTree.of(counted.terms, unit)
    counts = np.asarray(counted.counts.sum(axis=0)).reshape(-1, 1).astype(float)
    logs, backoffs, unknown = fit_tables(counts, counted.terms, tree, smoothing)
    units, pairs = tree.at(1), tree.at(2)
    assert np.exp(logs[units]).sum() + np.exp(unknown[0]) == pytest.approx(1)
    suffixes = lookup(tree.suffixes, counted.terms)
    histories = lookup(tree.histories, counted.terms)
    for history in np.unique(histories[pairs]):
        after = pairs[histories[pairs] == history]
        seen = np.exp(logs[after]).sum()
        others = 1 - np.exp(logs[suffixes[after]]).sum()
        assert seen + np.exp(backoffs[history, 0]) * others == pytest.approx(1)


def test_witten_bell_of_single_units_is_the_formula():
    counted = TextCounter(words=None, characters=(1, 1), within_words=False).count(
        ["aab"]
    )
    tree = TermTree.of(counted.terms, "characters")
    counts = counted.counts.toarray().T.astype(float)
    logs, _, unknown = fit_tables(counts, counted.terms, tree, "witten_bell")
    found = dict(zip(counted.terms.strings(), np.exp(logs[:, 0]), strict=True))
    assert found["a"] == pytest.approx((2 + 2 / 3) / 5)
    assert np.exp(unknown[0]) == pytest.approx(2 / 3 / 5)


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
