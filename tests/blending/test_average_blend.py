"""Averages by hand, and what keeps them fair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ensemble_kit.blending import AverageBlend, RankBlend
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import METRICS

P = np.array([0.1, 0.4, 0.8])
MEMBERS = [np.array([[1 - p, p]]) for p in P]
VALUES = [np.array([v]) for v in (1.0, 2.0, 6.0)]


def blended(members, **settings):
    """Return the blend of one row of members."""
    blend = AverageBlend(**settings).fit(members, [0])
    if members[0].ndim == 1:
        return blend.predict(members)[0]
    return blend.predict_proba(members)[0, 1]


ODDS = np.exp(np.log(P / (1 - P)).mean())
SQUARES = np.sqrt((P**2).mean()), np.sqrt(((1 - P) ** 2).mean())


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("mean", P.mean()),
        ("median", 0.4),
        ("geometric", ODDS / (1 + ODDS)),
        ("logit", ODDS / (1 + ODDS)),
        ("power", SQUARES[0] / sum(SQUARES)),
        ("mode", 1 / 3),
    ],
)
def test_averages_of_probabilities_by_hand(how, expected):
    assert blended(MEMBERS, how=how) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"how": "mean"}, 3.0),
        ({"how": "mean", "weights": [1, 1, 2]}, 3.75),
        ({"how": "median"}, 2.0),
        ({"how": "median", "weights": [1, 1, 2]}, 4.0),
        ({"how": "trimmed_mean", "trim": 1 / 3}, 2.0),
        ({"how": "trimmed_mean", "trim": 0.0}, 3.0),
        ({"how": "geometric"}, 12 ** (1 / 3)),
        ({"how": "power", "power": 2}, np.sqrt(41 / 3)),
        ({"how": "power", "power": 0}, 12 ** (1 / 3)),
        ({"how": "power", "power": -1}, 3 / (1 + 1 / 2 + 1 / 6)),
    ],
)
def test_averages_of_values_by_hand(settings, expected):
    assert blended(VALUES, **settings) == pytest.approx(expected)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=9))
@settings(deadline=None)
def test_the_median_and_trimmed_mean_equal_numpys_and_scipys(values):
    members = [np.array([v]) for v in values]
    median = blended(members, how="median")
    assert median == pytest.approx(np.median(values), abs=1e-6)
    if len(values) == 5:
        trimmed = blended(members, how="trimmed_mean", trim=0.2)
        assert trimmed == pytest.approx(stats.trim_mean(values, 0.2), abs=1e-9)


@given(st.lists(st.integers(1, 4), min_size=2, max_size=5), st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_a_weight_equals_that_many_copies_of_the_member(counts, seed):
    rng = np.random.default_rng(seed)
    members = list(rng.dirichlet([1, 1, 1], (len(counts), 4)))
    copies = [m for m, n in zip(members, counts, strict=True) for _ in range(n)]
    y = [0, 1, 2, 0]
    for how in ("mean", "median", "trimmed_mean", "geometric", "logit", "power"):
        weighted = AverageBlend(how, weights=counts).fit(members, y)
        repeated = AverageBlend(how).fit(copies, y)
        found = weighted.predict_proba(members)
        assert found == pytest.approx(repeated.predict_proba(copies), abs=1e-6), how


def test_a_tied_vote_goes_to_the_likelier_class():
    members = [np.array([[0.6, 0.4]]), np.array([[0.1, 0.9]])]
    blend = AverageBlend("mode").fit(members, [0])
    assert blend.predict(members).tolist() == [1]
    assert blend.predict_proba(members)[0] == pytest.approx([0.5, 0.5], abs=1e-5)


def test_all_mistakes_are_told_at_once():
    blend = AverageBlend("meen", weights=[1], trim=0.5)
    with pytest.raises(PipelineError, match="did you mean 'mean'") as caught:
        blend.fit(MEMBERS, [0])
    assert "3 problems" in str(caught.value)
    with pytest.raises(PipelineError, match="not values"):
        AverageBlend("mode").fit(VALUES, [0])


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_ranks_ignore_any_rising_change_of_scale(seed):
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.01, 0.99, (70, 3)).round(2)
    changed = np.stack([p[:, 0] ** 3, p[:, 1] / 2 + 0.3, np.sqrt(p[:, 2])], axis=1)
    y = np.arange(70) % 2
    ranks = []
    for scale in (p, changed):
        tensor = np.stack([1 - scale, scale], axis=2)
        blend = RankBlend().fit(tensor[:50], y[:50])
        ranks.append(blend.predict_proba(tensor[50:]))
    assert np.array_equal(*ranks)


def test_tied_predictions_share_their_rank():
    p = np.array([0.2, 0.5, 0.5, 0.9])
    member = np.stack([1 - p, p], axis=1)
    found = RankBlend().fit([member], [0, 1, 0, 1]).predict_proba([member])[:, 1]
    assert found.tolist() == [0.125, 0.5, 0.5, 0.875]


def test_ranks_help_an_auc_that_scales_spoil(make_rows):
    tensor, y = make_rows["binary"](2000, 2)
    odds = np.log(tensor[:, :, 1] / tensor[:, :, 0]) * [0.001, 5.0] + [3.0, -2.0]
    p = 1 / (1 + np.exp(-odds))
    spoiled = np.stack([1 - p, p], axis=2)
    auc = METRICS["auc"]
    ranked = RankBlend().fit(spoiled, y).predict_proba(spoiled)
    mean = AverageBlend().fit(spoiled, y).predict_proba(spoiled)
    assert auc(y, ranked) > auc(y, mean) + 0.01


def test_ranked_values_come_back_in_their_own_scale(make_rows):
    tensor, y = make_rows["regression"](500, 1)
    blend = RankBlend().fit(tensor, y)
    assert blend.predict(tensor) == pytest.approx(tensor[:, 0, 0], abs=1e-9)


def test_ranks_refuse_weights_that_cannot_be(make_rows):
    with pytest.raises(PipelineError, match="expected 2 weights"):
        RankBlend(weights=[1, -1]).fit(*make_rows["binary"](20, 2))
