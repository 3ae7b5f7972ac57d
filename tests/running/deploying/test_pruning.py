"""Backward elimination: what goes, what stays, and by which noise."""

import numpy as np
import pytest

from ensemble_kit.blending import AverageBlend, ConvexBlend
from ensemble_kit.metrics import METRICS
from ensemble_kit.running.deploying.pruning import Judge, prune
from ensemble_kit.splitting.fold_noise import standard_error
from ensemble_kit.splitting.given_folds import splits_of


def members_of(n_rows=2000, n_members=4, noise=1.0, seed=0):
    """Return a target, and members that see it through noise of their own."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n_rows)
    parts = [y + noise * rng.normal(size=n_rows) for _ in range(n_members)]
    return y, np.stack(parts, axis=1)[:, :, None]


def judge_of(y, tensor, submitted=None, metric="rmse", blend=None, n_splits=5):
    blend = ConvexBlend(metric=METRICS[metric]) if blend is None else blend
    if submitted is None:
        submitted = tensor.mean(axis=1)
    splits = splits_of(n_splits, y, tensor.shape[2] > 1)
    return Judge(blend, tensor, submitted, y, METRICS[metric], splits)


def classes_of(tensor):
    """Return what values say as probabilities of two classes."""
    share = 1 / (1 + np.exp(-tensor[:, :, 0]))
    return np.stack([1 - share, share], axis=2)


def test_what_says_nothing_of_its_own_goes_and_what_is_needed_stays():
    y, tensor = members_of()
    rng = np.random.default_rng(1)
    idle = [rng.normal(size=(len(y), 1)), tensor[:, 0] + rng.normal(size=(len(y), 1))]
    tensor = np.concatenate([tensor, np.stack(idle, axis=1)], axis=1)
    pruned = prune(judge_of(y, tensor, tensor[:, :4].mean(axis=1)), range(6), 1.0)
    assert pruned.places == (0, 1, 2, 3)
    assert pruned.loss.is_within(1.0)


def test_more_standard_errors_leave_fewer():
    y, tensor = members_of(n_rows=300)
    judge = judge_of(y, tensor, blend=AverageBlend())
    sizes = [
        len(prune(judge, range(4), within).places)
        for within in (1.0, 3.0, 10.0, 1000.0)
    ]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1] == 1


def test_at_none_only_what_costs_nothing_goes():
    y, tensor = members_of()
    tensor = np.concatenate([tensor, tensor[:, :1]], axis=1)  # one stands there twice
    mean = prune(judge_of(y, tensor), range(5), 0.0)
    assert set(mean.places) in ({0, 1, 2, 3}, {1, 2, 3, 4})


def test_the_noise_is_that_of_paired_differences_over_folds():
    y, tensor = members_of(n_rows=200)
    judge = judge_of(y, tensor, blend=AverageBlend(), metric="mse")
    gaps = [
        np.mean((tensor[valid, 1, 0] - y[valid]) ** 2)
        - np.mean((tensor[valid].mean(axis=1)[:, 0] - y[valid]) ** 2)
        for _, valid in judge.splits
    ]
    loss = judge.loss([1])
    assert loss.value == pytest.approx(np.mean(gaps))
    assert loss.standard_error == pytest.approx(standard_error(gaps, judge.splits))
    assert loss.is_within(1.01 * loss.value / loss.standard_error)
    assert not loss.is_within(0.99 * loss.value / loss.standard_error)


def test_nothing_is_pruned_where_all_together_lose_more():
    y, tensor = members_of()
    assert prune(judge_of(y, tensor, y[:, None]), range(4), 1.0) is None


def test_labels_that_flip_by_chance_do_not_decide_alone():
    # Odds ten times too sure: no label changes, and the log loss does.
    y, tensor = members_of(n_rows=1000, n_members=2, noise=0.5)
    sure = np.concatenate([tensor, 20 * tensor[:, :1]], axis=1)
    judge = judge_of(
        (y > 0).astype(int), classes_of(sure), classes_of(sure)[:, 0], "accuracy"
    )
    loss = judge.loss([2])
    assert abs(loss.value) <= loss.standard_error + 1e-9
    assert not loss.is_within(1.0)
    assert loss.rank > 0


def test_the_lighter_half_of_many_goes_at_once_where_it_may():
    y, good = members_of(n_members=2)
    idle = np.random.default_rng(1).normal(size=(len(y), 14, 1))
    tensor = np.concatenate([idle, good], axis=1)
    judged = []

    class Counting(Judge):
        def loss(self, places):
            judged.append(len(places))
            return super().loss(places)

    plain = judge_of(y, tensor, good.mean(axis=1))
    parts = {name: getattr(plain, name) for name in Judge.__dataclass_fields__}
    pruned = prune(Counting(**parts), range(16), 3.0)
    assert pruned.places == (14, 15)
    assert judged[:3] == [16, 8, 7]


def test_equal_weights_put_nobody_before_another():
    y, tensor = members_of(n_members=3)
    judge = judge_of(y, tensor, blend=AverageBlend())
    assert judge.by_weight([0, 1, 2]) == []
    rest = np.random.default_rng(1).normal(size=(len(y), 1, 1))
    mixed = np.concatenate([tensor, rest], axis=1)
    assert judge_of(y, mixed).by_weight([0, 1, 2, 3])[0] == 3


def test_a_worse_member_does_not_stay_alone_for_being_more_noisy():
    y, parts = members_of(n_rows=400, n_members=3, noise=0.1)
    plain, wild, submitted = y + 0.3 * (y - parts[:, 0, 0]) / 0.1, parts[:, 1, 0], parts
    wild[7] += 60.0
    tensor = np.stack([plain, wild], axis=1)[:, :, None]
    judge = judge_of(y, tensor, submitted[:, 2], blend=AverageBlend())
    of_plain, of_wild = judge.loss([0]), judge.loss([1])
    assert of_wild.rank > of_plain.rank > 0
    assert of_wild.is_within(1.0) and not of_plain.is_within(1.0)
    assert prune(judge, [0, 1], 1.0).places == (0, 1)


def test_the_best_of_the_last_few_comes_back_where_it_went_too_soon():
    # Two that make up for each other stand in for the first while both are there.
    y, parts = members_of(n_rows=1000, n_members=2, noise=0.3)
    other = 2.0 * np.random.default_rng(1).normal(size=(len(y), 1))
    together = [parts[:, 1] + other, parts[:, 1] - other]
    tensor = np.stack([parts[:, 0], *together], axis=1)
    judge = judge_of(y, tensor, blend=AverageBlend())
    assert judge.loss([1, 2]).rank < min(judge.loss(p).rank for p in ([0, 1], [0, 2]))
    assert judge.loss([0]).rank < judge.loss([1]).rank
    assert prune(judge, [0, 1, 2], 1000.0).places == (0,)
