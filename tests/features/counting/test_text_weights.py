"""Weights of terms: scikit-learn's, the lectures', BM25's, naive Bayes'."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from ensemble_kit.features.counting.bag_of_words import BagOfWords
from ensemble_kit.features.counting.bm25_text import BM25Text
from ensemble_kit.features.counting.hashed_text import HashedText
from ensemble_kit.features.counting.nb_scaled_tfidf import NBScaledTfidf
from ensemble_kit.features.counting.tfidf_text import TfidfText

WORDS = ["the", "of", "and", "sea", "storm", "captain", "wave", "море", "шторм", "да"]


def texts_of(n_texts=80, seed=0):
    rng = np.random.default_rng(seed)
    shares = np.arange(1, 11)[::-1] / 55
    return [" ".join(rng.choice(WORDS, size=12, p=shares)) for _ in range(n_texts)]


def by_name(featurizer, features):
    """Return {term: column}."""
    names = featurizer.get_feature_names_out()
    return dict(zip(names, features.toarray().T, strict=True))


def assert_same_matrix(featurizer, ours, vectorizer, theirs):
    mine, yours = by_name(featurizer, ours), by_name(vectorizer, theirs)
    assert mine.keys() == yours.keys()
    for name, column in mine.items():
        np.testing.assert_allclose(column, yours[name], atol=1e-6)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"min_df": 2}, {"min_df": 2}),
        ({"max_df": 0.8, "sublinear": True}, {"max_df": 0.8, "sublinear_tf": True}),
        ({"binary": True, "norm": "l1"}, {"binary": True, "norm": "l1"}),
        (
            {"words": None, "characters": (2, 4), "min_df": 0.1},
            {"analyzer": "char_wb", "ngram_range": (2, 4), "min_df": 0.1},
        ),
    ],
)
def test_smooth_tfidf_is_that_of_scikit_learn(ours, theirs):
    texts = texts_of()
    tfidf, vectorizer = TfidfText(**ours), TfidfVectorizer(**theirs)
    assert_same_matrix(
        tfidf,
        tfidf.fit_transform(texts[:60]),
        vectorizer,
        vectorizer.fit_transform(texts[:60]),
    )
    unseen = [*texts[60:], "unseen words"]
    assert_same_matrix(
        tfidf, tfidf.transform(unseen), vectorizer, vectorizer.transform(unseen)
    )


def test_a_fold_of_counted_texts_is_the_matrix_fitted_in_the_fold():
    texts = texts_of()
    tfidf, vectorizer = (
        TfidfText(words=(1, 2), min_df=3),
        TfidfVectorizer(ngram_range=(1, 2), min_df=3),
    )
    counted = tfidf.counter().count(texts)
    train, valid = np.arange(0, 80, 2), np.arange(1, 80, 2)
    ours = tfidf.fit_transform(counted[train])
    theirs = vectorizer.fit_transform([texts[row] for row in train])
    assert_same_matrix(tfidf, ours, vectorizer, theirs)
    theirs = vectorizer.transform([texts[row] for row in valid])
    assert_same_matrix(tfidf, tfidf.transform(counted[valid]), vectorizer, theirs)


@pytest.mark.parametrize("formula", ["smooth", "lectures"])
def test_weights_worked_out_a_few_rows_at_a_time_are_the_same(formula, monkeypatch):
    texts = ["", *texts_of(9), "", *texts_of(5, seed=1), ""]
    tfidf = TfidfText(characters=(2, 3), formula=formula)
    expected = tfidf.fit_transform(texts)
    monkeypatch.setattr("ensemble_kit.features.texts.count_chunks.ENTRIES", 7)
    found = tfidf.fit_transform(texts)
    np.testing.assert_array_equal(found.toarray(), expected.toarray())
    assert found.has_canonical_format


def test_the_lectures_formula_is_their_share_times_plain_idf():
    tfidf = TfidfText(formula="lectures")
    texts = ["cat cat dog", "dog bird", "dog"]
    found = by_name(tfidf, tfidf.fit_transform(texts))
    np.testing.assert_allclose(found["cat"], [2 / 3 * np.log(3), 0, 0], rtol=1e-6)
    np.testing.assert_allclose(found["bird"], [0, np.log(3) / 2, 0], rtol=1e-6)
    np.testing.assert_allclose(found["dog"], [0, 0, 0])


def test_the_lectures_share_counts_words_outside_the_vocabulary():
    tfidf = TfidfText(formula="lectures", min_df=2).fit(["cat dog", "cat", "ox"])
    found = by_name(tfidf, tfidf.transform(["cat whale whale whale"]))
    np.testing.assert_allclose(found["cat"], [np.log(3 / 2) / 4], rtol=1e-6)


def test_bags_hold_counts_presence_or_shares():
    texts = ["so so it", "it"]
    for weighting, value in (("count", 2), ("binary", 1), ("frequency", 2 / 3)):
        bag = BagOfWords(weighting=weighting)
        assert by_name(bag, bag.fit_transform(texts))["so"][0] == pytest.approx(value)


def test_max_features_keeps_the_most_frequent_terms_of_each_block():
    bag = BagOfWords(words=(1, 1), characters=(2, 2), max_features=2)
    bag.fit(["aa aa xaa", "aa xaa", "cc"])
    assert sorted(bag.get_feature_names_out()) == ["'a '", "'aa'", "aa", "xaa"]


def test_limits_agree_with_scikit_learn():
    texts = texts_of()
    for limits in ({"min_df": 0.5}, {"max_df": 30}, {"min_df": 5, "max_df": 0.7}):
        bag, vectorizer = BagOfWords(**limits), CountVectorizer(**limits)
        names = set(bag.fit(texts).get_feature_names_out())
        assert names == set(vectorizer.fit(texts).get_feature_names_out())


def test_wrong_limits_are_all_listed():
    with pytest.raises(ValueError) as caught:
        BagOfWords(min_df=0, max_df=1.5, max_features=0).fit(["a word"])
    for name in ("min_df", "max_df", "max_features"):
        assert f"{name}: expected" in str(caught.value)


def test_bm25_is_okapis_formula():
    bm25 = BM25Text(k1=1.2, b=0.75)
    found = by_name(bm25, bm25.fit_transform(["cat cat dog", "dog"]))
    idf = np.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    weight = idf * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2))
    np.testing.assert_allclose(found["cat"], [weight, 0], rtol=1e-6)


def test_hashing_needs_no_training_and_keeps_words_apart_from_characters():
    words = HashedText(n_features=2**20, norm=False)
    both = HashedText(n_features=2**20, norm=False, characters=(2, 3))
    assert words.transform(["sea sea"]).max() == 2
    assert both.transform(["sea"]).nnz == words.transform(["sea"]).nnz + 7


def test_hashing_of_one_column_adds_everything_up():
    assert HashedText(n_features=1, norm=False).transform(["to be or not"]).sum() == 4


def test_naive_bayes_scale_is_the_log_ratio_of_shares():
    scaled = NBScaledTfidf(features={"norm": None, "binary": True}, alpha=1.0)
    scaled.fit(["good", "good", "bad"], ["+", "+", "-"])
    idf = scaled.features_.idf_
    names = list(scaled.get_feature_names_out())
    good, bad = names.index("good"), names.index("bad")
    plus = np.array([2 * idf[good] + 1, 1.0])
    minus = np.array([1.0, idf[bad] + 1])
    expected = np.log(plus / plus.sum()) - np.log(minus / minus.sum())
    np.testing.assert_allclose(scaled.ratios_[[good, bad], 0], expected, rtol=1e-6)


def test_terms_that_tell_nothing_weigh_nothing():
    scaled = NBScaledTfidf().fit(["good so", "bad so"], [1, 0])
    names = list(scaled.get_feature_names_out())
    assert scaled.scale_[names.index("so")] == pytest.approx(0, abs=1e-9)
    assert scaled.scale_[names.index("good")] > 0.3
