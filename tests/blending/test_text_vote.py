"""The vote over texts: what it learns, and what it cannot."""

import numpy as np
import pytest

from ensemble_kit.blending.text_vote import TextVote
from ensemble_kit.oof.text_candidates import TextCandidates

Y = [f"text {n}" for n in range(60)]


def member(name, share, seed, wrong="wrong {n}"):
    """Return a member that is right in a share of the rows."""
    right = np.random.default_rng(seed).random(len(Y)) < share
    texts = [
        y if ok else wrong.format(n=n)
        for n, (y, ok) in enumerate(zip(Y, right, strict=True))
    ]
    return TextCandidates.of(name, [[(text, 1.0)] for text in texts])


def score(vote, X):
    return np.mean(vote.predict(X) == np.array(Y, dtype=object))


def test_members_that_err_in_different_rows_vote_better_than_each():
    parts = [member(str(k), 0.7, k, wrong=f"wrong {k} {{n}}") for k in range(5)]
    X = TextCandidates.join(parts)
    vote = TextVote().fit(X, Y)
    alone = max(
        np.mean(X.best(name) == np.array(Y, dtype=object)) for name in X.members
    )
    assert score(vote, X) > alone + 0.1


def test_members_that_err_together_do_not_outvote_the_good_one():
    parts = [member(f"bad{k}", 0.3, 7, wrong="same {n}") for k in range(4)]
    X = TextCandidates.join([*parts, member("good", 0.9, 1)])
    vote = TextVote().fit(X, Y)
    assert score(vote, X) >= 0.9
    assert vote.weights_[-1] > 0.4


def test_a_sure_member_beats_an_unsure_one_of_the_same_weight():
    sure = TextCandidates.of("a", [[("b", 0.3), ("c", 0.2)], [("d", 0.9)]])
    other = TextCandidates.of("b", [[("c", 0.4)], [("e", 0.8)]])
    X = TextCandidates.join([sure, other])
    vote = TextVote().fit(X, ["c", "d"])
    vote.weights_ = np.array([0.5, 0.5])
    assert vote.predict(X).tolist() == ["c", "d"]


def test_weights_are_learnt_for_the_metric():
    # one writes nearly everything nearly right, the other a third to the letter
    y = ["abcdefghij"] * 30
    near = TextCandidates.of("near", [[("abcdefghix", 1.0)]] * 30)
    rare = [[("abcdefghij" if n % 3 == 0 else "zzz", 1.0)] for n in range(30)]
    X = TextCandidates.join([near, TextCandidates.of("rare", rare)])
    assert TextVote("exact_match").fit(X, y).weights_[1] > 0.5
    assert TextVote("edit_distance").fit(X, y).weights_[0] > 0.5
    assert TextVote("chrf").fit(X, y).weights_[0] > 0.5


def test_rows_of_weight_0_have_no_say():
    a, b = member("a", 1.0, 0), member("b", 0.5, 1)
    X = TextCandidates.join([a, b])
    y = [*Y[:30], *X.best("b")[30:]]
    weight = np.repeat([1.0, 0.0], 30)
    assert TextVote().fit(X, y, sample_weight=weight).weights_[0] > 0.5


def test_permuted_targets_are_voted_at_chance():
    X = TextCandidates.join([member("a", 0.9, 0), member("b", 0.8, 1)])
    y = np.random.default_rng(0).permutation(Y)
    assert np.mean(TextVote().fit(X, y).predict(X) == y) < 0.1


def test_what_does_not_fit_is_refused():
    X = TextCandidates.join([member("a", 0.9, 0), member("b", 0.8, 1)])
    with pytest.raises(ValueError, match="one of exact_match, edit_distance"):
        TextVote("auc").fit(X, Y)
    with pytest.raises(ValueError, match="60 rows and y has 2"):
        TextVote().fit(X, Y[:2])
    with pytest.raises(ValueError, match="fitted with a, b"):
        TextVote().fit(X, Y).predict(member("a", 0.9, 0))
