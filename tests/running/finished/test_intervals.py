"""Prediction intervals."""

import sys

import numpy as np
import pandas as pd
import pytest

import ensemble_kit
from calls import call
from ensemble_kit.exceptions import MissingDependencyError, RunError
from ensemble_kit.running.finished.intervals import conformal_intervals

TINY = """
[folds]
n_splits = 3
[level1.linear]
model = "ridge"
features = "numbers"
[features.numbers]
number = "impute"
"""


def drawn(rng, n_rows):
    """Return predictions, and targets that are skewed about them."""
    predictions = rng.normal(size=n_rows)
    return predictions, predictions + rng.exponential(size=n_rows)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_intervals_hold_the_share_of_held_rows_that_they_say(level):
    rng = np.random.default_rng(0)
    (known, y), (new, held) = drawn(rng, 1000), drawn(rng, 5000)
    y[0] = known[0] = np.nan  # a row that no fold validates
    ends = conformal_intervals(y, known, new, level)
    inside = (ends[:, 0] <= held) & (held <= ends[:, 1])
    assert abs(inside.mean() - level) < 0.03
    # Each tail for itself: what is skewed reaches further up than down.
    assert (ends[:, 1] - new > 2 * np.abs(new - ends[:, 0])).all()


def test_what_cannot_be_told_is_named(monkeypatch):
    few = np.arange(30.0)
    with pytest.raises(RunError, match="30 out-of-fold rows are too few"):
        conformal_intervals(few, few, few, 0.99)
    with pytest.raises(RunError, match="a share between 0 and 1; found 90"):
        conformal_intervals(few, few, few, 90)
    monkeypatch.setitem(sys.modules, "mapie.regression", None)
    with pytest.raises(MissingDependencyError, match=r"ensemble_kit\[intervals\]"):
        conformal_intervals(few, few, few, 0.8)


@pytest.mark.usefixtures("in_this_process")
def test_a_run_tells_what_values_lie_between(competition_folder, tmp_path):
    folder, pipeline = competition_folder("regression"), tmp_path / "tiny.toml"
    pipeline.write_text(TINY)
    train = pd.read_csv(folder / "train.csv", dtype={"id": str})
    train.assign(target=np.exp(train["target"])).to_csv(
        folder / "train.csv", index=False
    )
    run = ensemble_kit.run(folder, pipeline, metric="rmsle", jobs=0)
    rows = pd.read_csv(folder / "test.csv", dtype={"id": str})
    ends = run.predict_interval(rows, 0.8)
    out = tmp_path / "new.csv"
    call("predict", run.folder, folder / "test.csv", "-o", out, "--interval", "80%")
    table = pd.read_csv(out, dtype={"id": str})
    assert list(table) == ["id", "target", "target_low", "target_high"]
    assert np.array_equal(table["target"], run.predict(rows))
    assert np.array_equal(table[["target_low", "target_high"]], ends)
    # Fitted as logarithms, so that large values have wide intervals.
    assert np.corrcoef(table["target"], ends[:, 1] - ends[:, 0])[0, 1] > 0.9


@pytest.mark.usefixtures("in_this_process")
def test_classes_have_no_intervals(competition_folder, tmp_path):
    folder, pipeline = competition_folder(), tmp_path / "tiny.toml"
    pipeline.write_text(TINY.replace("ridge", "logistic_regression"))
    run = ensemble_kit.run(folder, pipeline, jobs=0)
    out = tmp_path / "new.csv"
    with pytest.raises(RunError, match="classes have probabilities, not intervals"):
        run.predict_file(folder / "test.csv", out, level=0.9)
    assert not out.exists()
