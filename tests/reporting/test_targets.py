"""Several targets: a run for each on the same folds, and one submission of all."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from ensemble_kit.cli import app
from ensemble_kit.competition.loading import load_competition, load_each_target
from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.features.feature_set import FeatureSet
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline
from ensemble_kit.reporting.targets import pipelines_of
from ensemble_kit.running.finished.loaded_run import load_run
from ensemble_kit.running.preparing.sources import make_folds

TINY = """
[folds]
n_splits = 2
[features.numbers]
number = "impute"
[level1.linear]
model = "ridge"
params = { alpha = 5.0 }
features = "numbers"
"""

SEEING = """
[features.means]
category = "target"
[level1.means]
model = "ridge"
features = "means"
"""


@pytest.fixture
def folder(tmp_path):
    """Return a folder whose sample asks for two classes and a number."""
    rng = np.random.default_rng(0)
    sizes = rng.normal(size=(72, 2)).round(3)
    table = pd.DataFrame(sizes, columns=["a", "b"]).assign(
        id=[f"{k:03d}" for k in range(72)],
        rude=(sizes[:, 0] > 0).astype(int),
        **{"is mad": (sizes[:, 1] > 0).astype(int)},
        cost=sizes.sum(axis=1) * 100,
    )
    table[:60].to_csv(tmp_path / "train.csv", index=False)
    table.loc[60:, ["id", "a", "b"]].to_csv(tmp_path / "test.csv", index=False)
    sample = table.loc[60:, ["id"]].assign(**{"is mad": 0.5, "cost": 0.0, "rude": 0.5})
    sample[::-1].to_csv(tmp_path / "sample_submission.csv", index=False)
    return tmp_path


def test_each_target_is_a_competition_without_the_others(folder):
    found = load_each_target(folder)
    assert [c.target for c in found] == ["is mad", "cost", "rude"]
    assert [c.task.kind for c in found] == ["binary", "regression", "binary"]
    assert all(list(c.X) == ["a", "b"] for c in found)
    assert found[2].template.columns == ("id", "rude")
    assert len({c.fingerprint for c in found}) == 3


def test_one_target_can_be_declared(folder):
    with pytest.raises(CompetitionError, match="submit makes a run for each"):
        load_competition(folder)
    (folder / "competition.toml").write_text('target = "rude"\n')
    (one,) = load_each_target(folder)
    assert one.fingerprint == load_competition(folder).fingerprint
    assert one.template.columns == ("id", "rude")


def test_a_sample_of_class_columns_asks_for_one_target(competition_folder):
    found = load_each_target(competition_folder())
    pipeline = Pipeline("small", ())
    assert len(found) == 1 and pipelines_of(pipeline, found) == [pipeline]


def test_the_targets_share_their_folds(folder):
    competitions = load_each_target(folder)
    pipeline = Pipeline("small", (), folds=FoldSpec(n_splits=3))
    pipelines = pipelines_of(pipeline, competitions)
    assert [p.name for p in pipelines] == ["small-is_mad", "small-cost", "small-rude"]
    made = [
        make_folds(competition, own.folds).fingerprints
        for competition, own in zip(competitions, pipelines, strict=True)
    ]
    assert made[0] == made[1] == made[2]
    grouped = SimpleNamespace(
        target="x", times=None, folds=None, groups=[1], drawing=None
    )
    assert pipelines_of(pipeline, [grouped] * 2)[0].folds.splitter == "GroupKFold"
    timed = SimpleNamespace(
        target="x", times=[1], folds=None, groups=None, drawing=None
    )
    assert pipelines_of(pipeline, [timed] * 2)[0].folds == pipeline.folds


@pytest.mark.usefixtures("in_this_process")
def test_one_command_writes_one_submission(folder):
    (folder / "tiny.toml").write_text(TINY)
    arguments = ["submit", str(folder), "-p", str(folder / "tiny.toml")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    (path,) = folder.glob("runs/tiny-targets-*/submission.csv")
    assert str(path) in result.stdout
    found = pd.read_csv(path, dtype="str")
    sample = pd.read_csv(folder / "sample_submission.csv", dtype="str")
    assert list(found) == list(sample) and (found["id"] == sample["id"]).all()
    for target in ("rude", "cost"):
        (own,) = folder.glob(f"runs/tiny-{target}-*/submission.csv")
        assert (pd.read_csv(own, dtype="str")[target] == found[target]).all()
    assert "| cost | rmse |" in path.with_name("report.md").read_text()


@pytest.mark.usefixtures("in_this_process", "few_draws")
def test_a_holdout_scores_each_target(folder):
    (folder / "tiny.toml").write_text(TINY)
    arguments = ["holdout", str(folder), "-p", str(folder / "tiny.toml")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    told = result.stdout.splitlines()[-3:]
    starts = ["auc of is mad: ", "rmse of cost: ", "auc of rude: "]
    for line, start in zip(told, starts, strict=True):
        assert line.startswith(start), line


@pytest.mark.usefixtures("in_this_process")
def test_targets_share_the_features_that_see_no_target(folder, monkeypatch):
    """Of three targets in two folds, each fits what sees it, one fits the rest."""
    for name in ("train", "test"):
        table = pd.read_csv(folder / f"{name}.csv", dtype=str)
        letters = [cell[-1:] for cell in table["a"]]
        table.assign(letter=letters).to_csv(folder / f"{name}.csv", index=False)
    (folder / "tiny.toml").write_text(TINY + SEEING)
    (folder / "competition.toml").write_text('[columns]\nletter = "category"\n')
    fitted, fit = Counter(), FeatureSet.fit_transform

    def counting(self, X, y=None, **more):
        fitted[self.blocks[0][0]] += 1
        return fit(self, X, y, **more)

    monkeypatch.setattr(FeatureSet, "fit_transform", counting)
    arguments = ["submit", str(folder), "-p", str(folder / "tiny.toml")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert fitted == {"0_impute": 2, "0_target": 6}
    (whole,) = folder.glob("runs/tiny-targets-*/submission.csv")
    monkeypatch.setattr("ensemble_kit.work.shared_matrices.FREE", float("inf"))
    alone = CliRunner().invoke(app, [*arguments, "--output", str(folder / "alone")])
    assert fitted == {"0_impute": 8, "0_target": 12}
    (same,) = folder.glob("alone/runs/tiny-targets-*/submission.csv")
    assert whole.read_bytes() == same.read_bytes(), alone.output
    for run in [*folder.glob("runs/tiny-rude-*"), *folder.glob("runs/tiny-is_mad-*")]:
        later = load_run(run).predict(pd.read_csv(folder / "test.csv", dtype=str))
        assert len(later) == 12
