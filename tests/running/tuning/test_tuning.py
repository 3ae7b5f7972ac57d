"""A search for parameters: resumable, on the folds and store of the runs."""

from pathlib import Path

import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.dumping import dump_member
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.run_pipeline import Progress, Resources
from ensemble_kit.running.tuning.tuning import tunable_member, tune_member
from ensemble_kit.store.store import Store

SMALL = load_pipeline(Path(__file__).parents[2] / "small.toml")


def tune(folder, store, n_trials, progress=None, member=None):
    """Tune a forest, whose space has names and numbers, in this process."""
    member = member or Member("forest", "extra_trees", params={"n_estimators": 10})
    return tune_member(
        load_competition(folder),
        SMALL,
        member,
        Store(store),
        Resources(0, store / "work"),
        n_trials,
        progress or Progress(),
    )


def params(tuning):
    return [dict(trial.member.params) for trial in tuning.trials]


def test_the_default_comes_first_and_the_best_wins(competition_folder, tmp_path):
    tuning = tune(competition_folder(), tmp_path / "store", 4)
    assert [t.name for t in tuning.trials] == ["default", "tuned", "1", "2", "3", "4"]
    assert params(tuning)[0] == {"n_estimators": 10}
    scores = [trial.result.score for trial in tuning.trials]
    assert tuning.best.result.score == max(scores)
    assert tuning.folds_won()[1] == 3


def test_a_search_goes_on_as_if_it_had_not_stopped(competition_folder, tmp_path):
    folder = competition_folder()
    whole = tune(folder, tmp_path / "whole", 4)
    tune(folder, tmp_path / "parts", 2)
    assert params(tune(folder, tmp_path / "parts", 4)) == params(whole)


def test_an_interrupted_trial_is_made_again(competition_folder, tmp_path):
    folder, fits = competition_folder(), []

    def stop():
        return len(fits) > 4

    progress = Progress(
        on_event=lambda event, node, _: (
            fits.append(node) if event == "done" and node.kind == "fit" else None
        ),
        is_interrupted=stop,
    )
    cut = tune(folder, tmp_path / "store", 4, progress)
    assert 0 < len(cut.trials) < 6
    again = tune(folder, tmp_path / "store", 4)
    assert params(again) == params(tune(folder, tmp_path / "other", 4))


def test_nothing_is_fitted_twice(competition_folder, tmp_path):
    folder, fitted = competition_folder(), []
    tune(folder, tmp_path / "store", 2)
    progress = Progress(on_plan=fitted.extend)
    tune(folder, tmp_path / "store", 2, progress)
    assert fitted == []


def test_what_is_printed_means_what_was_fitted(competition_folder, tmp_path):
    best = tune(competition_folder(), tmp_path / "store", 3).best.member
    path = tmp_path / "pasted.toml"
    path.write_text(dump_member(best))
    assert load_pipeline(path).members[0].params == best.params


def test_a_parameter_that_a_member_fixes_is_not_searched(competition_folder, tmp_path):
    member = Member("line", "lasso", params={"l1_ratio": 0.5})
    tuning = tune(competition_folder("regression"), tmp_path / "s", 2, member=member)
    assert {p["l1_ratio"] for p in params(tuning)} == {0.5}
    assert all("alpha" in p for p in params(tuning)[1:])


def test_a_member_of_the_pipeline_is_taken_as_it_stands():
    name = SMALL.at_level(1)[0].name
    member = tunable_member(SMALL, name, None)
    assert member.feature_set == SMALL.at_level(1)[0].feature_set


@pytest.mark.parametrize(
    ("name", "features", "message"),
    [
        ("class_distances", None, "has no search space.*lightgbm"),
        ("lightgbn", None, "did you mean 'lightgbm'"),
        ("ridge", "lineal", "did you mean 'linear'"),
    ],
)
def test_what_cannot_be_tuned_is_told(name, features, message):
    with pytest.raises(PipelineError, match=message):
        tunable_member(SMALL, name, features)
