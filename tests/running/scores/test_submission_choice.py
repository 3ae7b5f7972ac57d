import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold

from ensemble_kit.metrics import METRICS
from ensemble_kit.running.run import MemberResult
from ensemble_kit.running.scores.submission_choice import choose, decide_labels
from ensemble_kit.running.timed.worth import Cost, order_by_worth
from ensemble_kit.splitting.folds import Folds

METRIC = METRICS["rmse"]
FOLDS = Folds.from_splitter(KFold(3), np.zeros((6, 1)))
NAMES = ["single", "blend", "stack"]
RESULTS = [
    MemberResult(name, "", "", 1, score, (), 1.0)
    for name, score in zip(NAMES, (0.5, 0.4, 0.39), strict=True)
]


def guard_table(chosen):
    """Return a guard's table in which the last is the best."""
    is_chosen = [name == chosen for name in NAMES]
    return pd.DataFrame({"loss_to_best": [0.2, 0.1, 0], "chosen": is_chosen}, NAMES)


def test_best_takes_the_best_score_whatever_the_guard_says():
    assert choose("best", RESULTS, METRIC, guard_table("blend"), FOLDS)[0] == "stack"
    assert choose("best", RESULTS, METRICS["auc"], None, FOLDS)[0] == "single"


def scored(name, level, fold_scores):
    score = float(np.mean(fold_scores))
    return MemberResult(name, "", "", level, score, tuple(fold_scores), 1.0)


def test_a_single_member_has_to_be_clearly_better_than_the_best_combination():
    blends = [scored("good", 2, [0.50, 0.60, 0.40]), scored("poor", 2, [0.9] * 3)]
    lucky = scored("lucky", 1, [0.40, 0.61, 0.41])
    clear = scored("clear", 1, [0.44, 0.53, 0.33])
    name, reason = choose("best", [lucky, *blends], METRIC, None, FOLDS)
    assert name == "good" and "lucky alone" in reason
    assert choose("best", [clear, *blends], METRIC, None, FOLDS)[0] == "clear"
    upwards = METRICS["auc"]
    assert choose("best", [clear, *blends], upwards, None, FOLDS)[0] == "poor"


def test_of_few_windows_the_blend_that_goes_by_them_has_to_be_clearly_beaten():
    lucky = scored("lucky", 2, [0.40, 0.61, 0.41])
    clear = scored("clear", 2, [0.44, 0.53, 0.33])
    told = scored("told", 2, [0.50, 0.60, 0.40])

    def chosen(*results):
        return choose("best", results, METRIC, None, FOLDS, by_window=["told"])

    name, reason = chosen(lucky, told)
    assert name == "told" and "lucky is ahead by less" in reason
    assert chosen(clear, lucky, told)[0] == "clear"
    assert chosen(lucky, scored("clear", 1, clear.fold_scores), told)[0] == "clear"
    assert chosen(told, scored("poor", 2, [0.9] * 3))[0] == "told"
    assert choose("best", [lucky, told], METRIC, None, FOLDS)[0] == "lucky"


def test_repeating_the_folds_does_not_make_a_lucky_member_clear():
    blend, single = [0.50, 0.60, 0.40], [0.46, 0.60, 0.38]
    for n in (1, 20):
        pair = [scored("blend", 2, blend * n), scored("single", 1, single * n)]
        folds = Folds(FOLDS.pairs * n, FOLDS.n_rows)
        assert choose("best", pair, METRIC, None, folds)[0] == "single"
        close = scored("single", 1, [0.47, 0.61, 0.39] * n)
        assert choose("best", [pair[0], close], METRIC, None, folds)[0] == "blend"


def test_without_folds_to_compare_the_score_decides():
    single, blend = scored("single", 1, [0.4]), scored("blend", 2, [0.5])
    assert choose("best", [single, blend], METRIC, None, FOLDS)[0] == "single"
    assert choose("best", [single], METRIC, None, FOLDS)[0] == "single"


def test_auto_takes_what_the_guard_chose():
    name, reason = choose("auto", RESULTS, METRIC, guard_table("blend"), FOLDS)
    assert name == "blend" and "simpler than stack" in reason
    name, reason = choose("auto", RESULTS, METRIC, guard_table("stack"), FOLDS)
    assert name == "stack" and "simpler" not in reason


def test_auto_without_a_comparison_takes_the_best_score():
    assert choose("auto", RESULTS, METRIC, None, FOLDS)[0] == "stack"


def test_a_named_member_is_taken():
    assert choose("single", RESULTS, METRIC, guard_table("stack"), FOLDS)[0] == "single"


def test_a_named_member_that_is_gone_is_said():
    name, reason = choose("gone", RESULTS, METRIC, guard_table("blend"), FOLDS)
    assert name == "blend" and reason.startswith("gone was left out")


def test_labels_are_decided_for_the_metric():
    rng = np.random.default_rng(0)
    y = (rng.random(4000) < 0.1).astype(int)
    p = np.clip(0.1 + 0.2 * y + 0.05 * rng.normal(size=4000), 0, 1)
    oof = np.stack([1 - p, p], axis=1)
    labels = decide_labels(METRICS["f1"], oof, y, oof)
    assert METRICS["f1"].score_labels(y, labels) > 0.8 > METRICS["f1"](y, oof)


def predictions(y, noises):
    rng = np.random.default_rng(1)
    return {
        name: (y + noise * rng.normal(size=len(y)))[:, None]
        for name, noise in noises.items()
    }


def test_the_best_member_comes_first_and_gain_per_second_decides_the_rest():
    y = np.random.default_rng(0).normal(size=2000)
    values = predictions(y, {"best": 0.3, "dear": 0.35, "cheap": 0.36, "useless": 9.0})
    seconds = {"best": 10.0, "dear": 500.0, "cheap": 5.0, "useless": 1.0}
    costs = {name: Cost(each, each) for name, each in seconds.items()}
    order = order_by_worth(values, y, METRIC, costs)
    assert order[:2] == ["best", "cheap"] and order[-1] in ("dear", "useless")


@pytest.mark.parametrize("n_members", [0, 1])
def test_no_member_is_lost_from_the_order(n_members):
    y = np.arange(10.0)
    values = predictions(y, dict.fromkeys(list("ab")[:n_members], 0.1))
    costs = dict.fromkeys(values, Cost(1.0, 1.0))
    assert len(order_by_worth(values, y, METRIC, costs)) == len(values)
