"""The stack guard in whole runs."""

from dataclasses import replace

import numpy as np
import pytest

import calls
from ensemble_kit.catalog import MODELS
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline, Submit
from ensemble_kit.reporting.facts import run_facts
from ensemble_kit.reporting.markdown import run_markdown
from ensemble_kit.running.run_pipeline import Progress
from ensemble_kit.running.scores import guarded_choice
from ensemble_kit.running.scores.guarded_choice import with_candidates

SMALL = load_pipeline(calls.SMALL)
AUTO = replace(SMALL, submit=Submit("auto"))
COMPARED = {name for name, spec in MODELS.items() if spec.compared}
FAST = tuple(m for m in SMALL.members if m.name in ("linear", "trees"))


def run(folder, out, pipeline=AUTO, progress=None, metric=None, **changes):
    competition = replace(load_competition(folder, metric=metric), **changes)
    return calls.run_in(out, competition, pipeline, progress)


def models(pipeline, level=2):
    return {member.model for member in pipeline.at_level(level)}


def test_every_blend_the_guard_compares_is_added_once():
    found = with_candidates(AUTO, "binary")
    assert models(found) == {*COMPARED, "lightgbm"} - {"linear_blend"}
    names = [member.name for member in found.members]
    assert len(set(names)) == len(names) and names.count("greedy") == 1
    assert with_candidates(found, "binary") == found


@pytest.mark.parametrize("member", ["best", "greedy"])
def test_nothing_is_added_where_the_guard_does_not_choose(member):
    pipeline = replace(SMALL, submit=Submit(member))
    assert with_candidates(pipeline, "binary") == pipeline


def test_a_third_level_keeps_its_input():
    top = Member("top", "mean", 3)
    found = with_candidates(replace(AUTO, members=(*AUTO.members, top)), "regression")
    added = found.members[len(AUTO.members) + 1 :]
    assert {m.level for m in added} == {3}
    assert {m.inputs for m in added} == {tuple(m.name for m in AUTO.at_level(1))}


def test_a_taken_name_is_left_to_its_member():
    clash = Member("mean", "ridge", features="linear")
    found = with_candidates(Pipeline("p", (*FAST, clash)), "binary")
    assert {m.name for m in found.members if m.model == "mean"} == {"auto_mean"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_auto_submits_what_the_table_in_the_report_chose(
    competition_folder, tmp_path, kind
):
    finished = run(competition_folder(kind), tmp_path)
    chosen = [row["member"] for row in finished.guard if row["chosen"]]
    assert chosen == [finished.chosen]
    assert len(finished.guard) == 7 and finished.guard[0]["model"] == "best single"
    facts = run_facts(finished)
    section = run_markdown(facts).split("## Stack guard")[1].split("##")[0]
    assert all(f"| {row['member']} " in section for row in facts["guard"])


@pytest.mark.slow
def test_best_shows_the_table_and_takes_the_best_combination(
    competition_folder, tmp_path
):
    whole = load_pipeline(calls.WHOLE)
    fast = (m for m in whole.at_level(1) if m.name in ("linear", "trees"))
    pipeline = Pipeline("p", (*fast, *whole.at_level(2)), whole.recipes)
    pipeline = replace(pipeline, submit=Submit("best"))
    finished = run(competition_folder(), tmp_path, pipeline)
    scores = {r.name: r.score for r in finished.results if r.level > 1}
    assert [row["member"] for row in finished.guard][1:] == [
        "blend",
        "greedy",
        "shallow",
    ]
    assert scores[finished.chosen] == max(scores.values())
    assert "linear alone is ahead by less than one standard error" in finished.reason


@pytest.fixture
def compared(monkeypatch):
    """Return a list of what is compared; the comparison ends the run."""
    seen = []

    def compare(*arguments, **_):
        seen.extend(arguments)
        raise StopIteration

    monkeypatch.setattr(guarded_choice, "compare_blends", compare)
    return seen


def test_groups_are_not_split_by_the_guard(competition_folder, tmp_path, compared):
    groups = np.arange(120) // 4
    pipeline = Pipeline("p", FAST, SMALL.recipes)
    with pytest.raises(StopIteration):
        run(competition_folder(), tmp_path, pipeline, groups=groups)
    folds = compared[3]
    assert len(folds) == 5
    assert not any(set(groups[a]) & set(groups[b]) for a, b in folds)


def test_what_is_dear_is_judged_by_the_predictions_it_has(
    competition_folder, tmp_path, compared
):
    with pytest.raises(StopIteration):
        run(competition_folder("multiclass"), tmp_path, metric="f1_macro")
    given = {n for n, c in compared[4].items() if isinstance(c, np.ndarray)}
    assert given == {"shallow", "tree_blend"}


def test_an_interrupted_run_compares_nothing(competition_folder, tmp_path):
    told = Progress(is_interrupted=iter([False, False, True, True]).__next__)
    pipeline = Pipeline("p", FAST, SMALL.recipes)
    folder = competition_folder()
    run(folder, tmp_path, pipeline)
    assert run(folder, tmp_path, pipeline, told).guard == ()
