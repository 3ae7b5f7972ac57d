"""Whole runs: from a folder to a proved submission."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from calls import SMALL, WHOLE, run_in
from ensemble_kit.cli.terminal.opening import opening_lines
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import RunError
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.reporting.holdout import holdout_facts
from ensemble_kit.reporting.run_folder import prepare_folder, write_run
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.run_pipeline import Progress, Resources, run_pipeline
from ensemble_kit.running.timed.preview import plan_pipeline
from ensemble_kit.store.store import Store


def run(folder, out, pipeline=None, competition=None, jobs=0, **more):
    """Run the small pipeline on a folder, in this process."""
    competition = competition or load_competition(folder, **more)
    pipeline = pipeline or load_pipeline(SMALL)
    return run_in(out, competition, pipeline, jobs=jobs)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_folder_becomes_a_proved_submission(competition_folder, tmp_path, kind):
    folder = competition_folder(kind)
    finished = run(folder, tmp_path)
    write_run(finished, prepare_folder(tmp_path / "run"))
    written = pd.read_csv(tmp_path / "run" / "submission.csv", dtype=str)
    sample = pd.read_csv(folder / "sample_submission.csv", dtype=str)
    assert list(written["id"]) == list(sample["id"])
    assert list(written.columns) == list(sample.columns)


def test_a_report_names_every_member_and_its_score(competition_folder, tmp_path):
    finished = run(competition_folder(), tmp_path)
    facts = write_run(finished, prepare_folder(tmp_path / "run"))
    text = (tmp_path / "run" / "report.md").read_text()
    assert len(facts["leaderboard"]) == 7
    assert all(f"| {m['name']} " in text for m in facts["leaderboard"])
    assert max(map(len, text.splitlines())) < 300


@pytest.mark.slow
def test_the_same_run_in_two_folders_gives_the_same_bytes(competition_folder, tmp_path):
    folder = competition_folder()
    for name, jobs in (("a", 0), ("b", 2)):
        finished = run(folder, tmp_path / name, load_pipeline(WHOLE), jobs=jobs)
        write_run(finished, prepare_folder(tmp_path / name / "run"))
    first, second = (
        (tmp_path / name / "run" / "submission.csv").read_bytes() for name in "ab"
    )
    assert first == second


@pytest.mark.slow
def test_permuted_labels_leave_every_member_at_chance(competition_folder, tmp_path):
    competition = load_competition(competition_folder(n_rows=400), metric="auc")
    y = np.random.default_rng(1).permutation(competition.y)
    permuted = replace(competition, y=y, fingerprint="permuted")
    finished = run(None, tmp_path, load_pipeline(WHOLE), competition=permuted)
    # An AUC of 400 rows at chance has a standard error of 0.029.
    scores = {result.name: result.score for result in finished.results}
    assert all(abs(score - 0.5) < 0.09 for score in scores.values()), scores


@pytest.mark.usefixtures("few_draws")
def test_a_holdout_scores_rows_whose_labels_the_run_never_saw(
    competition_folder, tmp_path
):
    competition = load_competition(competition_folder(n_rows=240), metric="auc")
    hidden, y_hidden = competition.hide(0.3, 0)
    facts = holdout_facts(run(None, tmp_path, competition=hidden), y_hidden, 0.3, 0)
    gap, least, most = facts["difference"]
    assert gap == facts["score"] - facts["out_of_fold"] and least < gap < most
    low, high = facts["interval"]
    assert low <= facts["score"] <= high and facts["n_rows"] == len(y_hidden)
    assert facts["score"] > 0.6


@pytest.mark.slow
@pytest.mark.usefixtures("few_draws")
def test_a_holdout_gives_the_same_figures_twice(competition_folder, tmp_path):
    competition = load_competition(competition_folder(), metric="auc")
    facts = []
    for name in ("a", "b"):
        hidden, y_hidden = competition.hide(0.3, 5)
        finished = run(None, tmp_path / name, competition=hidden)
        facts.append(holdout_facts(finished, y_hidden, 0.3, 5))
    assert facts[0] == facts[1]


def test_a_plan_tells_which_fact_has_changed(competition_folder, tmp_path):
    folder, pipeline = competition_folder(), load_pipeline(SMALL)
    run(folder, tmp_path)
    first, *others = pipeline.members
    changed = replace(first, params={"n_estimators": 25})
    pipeline = replace(pipeline, members=(changed, *others))
    prepared = prepare_run(load_competition(folder), pipeline)
    lines = plan_pipeline(prepared, Store(tmp_path / "store"))
    by_name = {line.member: line for line in lines}
    assert by_name["trees"].reason == "changed: model.params.n_estimators"
    assert by_name["boosted"].n_stored == by_name["boosted"].n_fits == 3
    assert by_name["blend"].n_stored == 0


def test_a_refit_predicts_the_test_rows_with_one_model(competition_folder, tmp_path):
    pipeline = load_pipeline(SMALL)
    refit = replace(pipeline, submit=replace(pipeline.submit, test="refit"))
    finished = run(competition_folder(), tmp_path, pipeline=refit)
    assert finished.test.shape == (40, 2)


def test_a_class_of_one_row_is_no_obstacle(competition_folder, tmp_path):
    folder = competition_folder("multiclass")
    train = pd.read_csv(folder / "train.csv", dtype=str)
    train.loc[0, "target"] = "9"
    train.to_csv(folder / "train.csv", index=False)
    assert run(folder, tmp_path).test.shape[0] == 40


def test_a_run_without_a_usable_member_says_why(competition_folder, tmp_path):
    pipeline = load_pipeline(SMALL)
    member = replace(pipeline.members[0], name="gone", model="logistic_regression")
    alone = replace(pipeline, members=(member,))
    with pytest.raises(RunError, match="no estimator for regression"):
        run(competition_folder("regression"), tmp_path, pipeline=alone)


def test_members_for_another_kind_of_task_are_no_failures(competition_folder, tmp_path):
    pipeline = load_pipeline(SMALL)
    more = replace(pipeline.members[0], name="more", model="elastic_net", params={})
    wider = replace(pipeline, members=(*pipeline.members, more))
    finished = run(competition_folder(), tmp_path, pipeline=wider)
    assert "more" not in finished.failures and "more" not in finished.matrix.members
    (line,) = [
        line
        for line in opening_lines(finished.competition, wider, None)
        if line.startswith("pipeline")
    ]
    assert line.endswith("(1 more for numbers alone: more)")


def test_label_metrics_are_charged_for_their_threshold(competition_folder, tmp_path):
    finished = run(competition_folder(n_rows=200), tmp_path, metric="f1")
    assert finished.labels is None or set(finished.labels) <= {"0", "1"}
    assert all(0 <= result.score <= 1 for result in finished.results)


def test_groups_decide_the_folds(competition_folder, tmp_path):
    folder = competition_folder()
    train = pd.read_csv(folder / "train.csv", dtype=str)
    train["house"] = [f"h{number % 9}" for number in range(len(train))]
    train.to_csv(folder / "train.csv", index=False)
    (folder / "competition.toml").write_text('groups = "house"\n')
    finished = run(folder, tmp_path)
    groups = finished.competition.groups
    for fit, valid in finished.folds:
        assert not set(groups[fit]) & set(groups[valid])


def test_progress_hears_of_every_fit(competition_folder, tmp_path):
    heard = []
    competition = load_competition(competition_folder())
    told = Progress(on_event=lambda event, node, _: heard.append((event, node.kind)))
    run_in(tmp_path, competition, load_pipeline(SMALL), told)
    assert heard.count(("done", "fit")) == 7 * 3


def test_a_transductive_run_says_so(competition_folder, tmp_path):
    pipeline = replace(load_pipeline(SMALL), transductive=True)
    finished = run(competition_folder(), tmp_path, pipeline)
    facts = write_run(finished, prepare_folder(tmp_path / "run"))
    assert any(note.startswith("transductive:") for note in facts["notes"])


def test_a_member_that_memory_has_no_room_for_is_left_out_by_name(
    competition_folder, tmp_path
):
    competition = load_competition(competition_folder())
    resources = Resources(0, tmp_path / "work", megabytes=455.0)
    store, pipeline = Store(tmp_path / "store"), load_pipeline(SMALL)
    finished = run_pipeline(competition, pipeline, store, resources)
    assert {"trees", "linear", "words", "blend"} <= set(finished.matrix.members)
    assert "the limit is 455 MB (--memory-limit)" in finished.failures["boosted"]
    assert finished.megabytes == 455.0 and finished.peak_megabytes > 0
