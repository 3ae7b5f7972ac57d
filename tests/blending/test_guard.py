"""The guard: nested scores, paired noise, the simplest that is good enough."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from ensemble_kit.blending import (
    AverageBlend,
    ConvexBlend,
    GreedyBlend,
    choose,
    compare_blends,
)
from ensemble_kit.blending.guard import _table
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import METRICS
from ensemble_kit.splitting.given_folds import splits_of


@pytest.mark.parametrize(
    ("kind", "metric"),
    [("binary", "log_loss"), ("binary", "f1"), ("multiclass", "auc")]
    + [("multiclass", "quadratic_kappa"), ("regression", "rmse")],
)
def test_the_table_lists_every_candidate_with_one_choice(kind, metric, make_rows):
    tensor, y = make_rows[kind](300, 3)
    table = compare_blends(tensor, y, metric, folds=3, repeats=1)
    names = ["best_single", "mean", "greedy", "convex", "linear", "trees"]
    assert table.index.tolist() == names
    assert np.isfinite(table.iloc[:, :3].to_numpy()).all()
    assert table["chosen"].sum() == 1
    assert table.loc[choose(table), "within_noise"]
    assert table["loss_to_best"].min() == 0


def test_equal_members_are_simply_averaged():
    rng = np.random.default_rng(0)
    y = rng.normal(size=1500)
    members = [y + rng.normal(size=1500) for _ in range(5)]
    candidates = {"mean": AverageBlend(), "greedy": GreedyBlend(max_steps=20)}
    assert choose(compare_blends(members, y, "rmse", candidates=candidates)) == "mean"


def test_a_plain_gain_is_taken(make_rows):
    tensor, y = make_rows["binary"](3000, 6)
    candidates = {"mean": AverageBlend(), "convex": ConvexBlend()}
    table = compare_blends(tensor, y, "log_loss", candidates=candidates)
    assert choose(table) == "convex"


QUARTERS = [(np.arange(4), np.arange(1))]  # one held row for four


def test_the_noise_is_that_of_paired_differences():
    # folds differ by 1, candidates by 0.1 in every fold: nothing is noisy about it
    errors = pd.DataFrame({"a": [1.1, 2.1, 3.1], "b": [1.0, 2.0, 3.0]})
    table = _table(errors, errors, METRICS["rmse"], QUARTERS)
    assert table["standard_error"].to_numpy() == pytest.approx(0, abs=1e-12)
    assert choose(table) == "b"


def test_the_standard_error_is_nadeau_and_bengios():
    errors = pd.DataFrame({"a": [0.3, 0.1, 0.2, 0.4], "b": [0.1, 0.1, 0.1, 0.1]})
    table = _table(errors, errors, METRICS["rmse"], QUARTERS)
    expected = np.sqrt(np.var([0.2, 0.0, 0.1, 0.3], ddof=1) * (1 / 4 + 0.25))
    assert table.loc["a", "standard_error"] == pytest.approx(expected)
    assert table.loc["a", "loss_to_best"] == pytest.approx(0.15)


def test_the_simplest_within_one_standard_error_is_chosen():
    names = ["worse", "simple", "best"]
    errors = pd.DataFrame([[0.9, 0.30, 0.20], [0.9, 0.20, 0.28]], columns=names)
    table = _table(errors, errors, METRICS["rmse"], QUARTERS)
    assert table["within_noise"].tolist() == [False, True, True]
    assert choose(table) == "simple"


def test_log_loss_settles_what_labels_leave_open():
    names = ["single", "convex", "bad"]
    errors = pd.DataFrame([[0.3, 0.2, 0.5], [0.2, 0.3, 0.6]], columns=names)
    smooth = pd.DataFrame([[0.7, 0.5, 0.1], [0.7, 0.51, 0.1]], columns=names)
    table = _table(errors, smooth, METRICS["accuracy"], QUARTERS)
    assert table["within_noise"].tolist() == [True, True, False]
    assert choose(table) == "convex"


def test_scores_point_the_metrics_way():
    errors = pd.DataFrame({"a": [0.3, 0.3], "b": [0.1, 0.1]})
    assert _table(errors, errors, METRICS["auc"], QUARTERS)["score"].tolist() == [
        0.7,
        0.9,
    ]
    assert _table(errors, errors, METRICS["rmse"], QUARTERS)["score"].tolist() == [
        0.3,
        0.1,
    ]


def test_no_candidate_scores_above_chance_on_random_labels(make_rows):
    tensor, _ = make_rows["binary"](600, 6)
    y = np.random.default_rng(9).integers(0, 2, 600)
    table = compare_blends(tensor, y, "auc", folds=4, repeats=3)
    assert table["score"].max() < 0.55


def test_groups_stay_together(make_rows):
    tensor, y = make_rows["binary"](300, 3)
    groups = np.arange(300) // 10
    splits = list(GroupKFold(3).split(tensor, y, groups))
    candidates = {"mean": AverageBlend()}
    table = compare_blends(tensor, y, "log_loss", splits, candidates)
    numbers = np.empty(300, dtype=int)
    for number, (_, valid) in enumerate(splits):
        numbers[valid] = number
    again = compare_blends(tensor, y, "log_loss", numbers, candidates)
    assert table.equals(again)
    p = tensor.mean(axis=1)
    scores = [METRICS["log_loss"](y[v], p[v]) for _, v in splits]
    assert table.loc["mean", "score"] == pytest.approx(np.mean(scores))


def test_plain_estimators_take_the_columns(make_rows):
    tensor, y = make_rows["multiclass"](300, 3)
    candidates = {"mean": AverageBlend(), "logistic": LogisticRegression()}
    table = compare_blends(tensor, y, "log_loss", 3, candidates, repeats=1)
    assert np.isfinite(table["score"]).all()


def test_many_rows_are_thinned_and_the_same_seed_repeats(make_rows):
    tensor, y = make_rows["binary"](2000, 3)
    candidates = {"mean": AverageBlend(), "convex": ConvexBlend()}
    one, same, other = (
        compare_blends(
            tensor, y, "auc", 4, candidates, max_rows=200, repeats=1, seed=seed
        )
        for seed in (0, 0, 1)
    )
    assert one.equals(same)
    assert not one.equals(other)


def test_numbers_that_cannot_be_are_refused(make_rows):
    with pytest.raises(PipelineError, match="1 folds and 0 repeats"):
        compare_blends(*make_rows["binary"](50, 2), "auc", folds=1, repeats=0)
    with pytest.raises(PipelineError, match="fold numbers"):
        compare_blends(*make_rows["binary"](50, 2), "auc", folds=np.zeros(50))


def test_an_array_is_scored_as_it_is(make_rows):
    tensor, y = make_rows["binary"](300, 3)
    given = tensor[:, 1].astype(np.float64)
    candidates = {"mean": AverageBlend(), "given": given}
    table = compare_blends(tensor, y, "log_loss", 3, candidates, repeats=1)
    splits = splits_of(3, y, classification=True)
    scores = [METRICS["log_loss"](y[v], given[v]) for _, v in splits]
    assert table.loc["given", "score"] == pytest.approx(np.mean(scores))


@pytest.mark.parametrize("metric", ["log_loss", "f1"])
def test_rows_of_weight_zero_do_not_count(make_rows, metric):
    tensor, y = make_rows["binary"](400, 3)
    weight, folds = np.arange(400) % 2, np.arange(400) // 2 % 4
    spoilt = np.where(weight == 1, y, 1 - y)
    one, other = (
        compare_blends(tensor, labels, metric, folds, sample_weight=weight)
        for labels in (y, spoilt)
    )
    assert one.loc["mean", "score"] == pytest.approx(other.loc["mean", "score"])
