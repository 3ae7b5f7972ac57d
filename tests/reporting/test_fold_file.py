"""folds.csv of a run gives whoever reads it the folds of the run."""

import shutil
from types import SimpleNamespace

import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.spec import FoldSpec
from ensemble_kit.reporting.fold_file import write_fold_file
from ensemble_kit.running.preparing.sources import make_folds


@pytest.mark.parametrize(
    "spec",
    [FoldSpec(), FoldSpec(n_splits=12), FoldSpec("RepeatedKFold", 3, n_repeats=2)],
)
def test_the_folds_of_a_run_come_back_from_its_file(competition_folder, tmp_path, spec):
    folder = competition_folder()
    competition = load_competition(folder)
    folds = make_folds(competition, spec)
    write_fold_file(SimpleNamespace(competition=competition, folds=folds), tmp_path)
    shutil.copy(tmp_path / "folds.csv", folder)
    again = load_competition(folder, overrides={"folds": "folds.csv"})
    assert make_folds(again, FoldSpec()).fingerprints == folds.fingerprints


def test_rows_that_no_fold_validates_are_empty(competition_folder, tmp_path):
    competition = load_competition(competition_folder())
    folds = make_folds(competition, FoldSpec("TimeSeriesSplit", 3))
    write_fold_file(SimpleNamespace(competition=competition, folds=folds), tmp_path)
    lines = (tmp_path / "folds.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "id,fold"
    assert lines[1].endswith(",")
    assert lines[-1].endswith(",3")
