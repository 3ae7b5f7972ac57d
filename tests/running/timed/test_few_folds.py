"""Fewer folds where each takes much of a limit."""

from dataclasses import replace

import pandas as pd

from calls import SMALL
from ensemble_kit.competition import load_competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.spec import FoldSpec
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.timed import few_folds
from ensemble_kit.running.timed.few_folds import seconds_of_a_fold


def test_long_fits_in_few_seconds_get_few_folds_unless_they_are_chosen(
    competition_folder, monkeypatch
):
    competition = load_competition(competition_folder())  # of 120 rows
    monkeypatch.setattr(few_folds, "fit_seconds", lambda model, size: 10.0)

    def prepared(spec, limit):
        run = prepare_run(competition, replace(load_pipeline(SMALL), folds=spec), limit)
        return len(run.source.folds), run.pipeline.folds.n_splits, *run.notes[:1]

    assert prepared(FoldSpec(), 20)[:2] == (2, 2)
    assert prepared(FoldSpec(), 50)[:2] == (3, 3)
    assert "3 folds in place of 5: 120 rows" in prepared(FoldSpec(), 50)[2]
    assert prepared(FoldSpec(), 200)[:2] == prepared(FoldSpec(), None)[:2] == (5, 5)
    assert prepared(FoldSpec(n_splits=4), 20)[:2] == (4, 4)
    assert prepared(FoldSpec("KFold"), 20)[:2] == (5, 5)


def test_long_texts_make_a_fold_long(competition_folder):
    competition = load_competition(competition_folder())
    longer = competition.X.assign(more=pd.Series(["many words " * 500] * 120))
    with_texts = replace(competition, X=longer.astype({"more": "string"}))
    assert seconds_of_a_fold(with_texts) > seconds_of_a_fold(competition) + 1.0
