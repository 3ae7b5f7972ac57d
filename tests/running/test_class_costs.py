"""Costs that competition.toml declares: checked, decided by, scored and told."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from calls import call
from ensemble_kit.competition.cost_matrix import class_weights, cost_matrix
from ensemble_kit.competition.declared.settings import dump_settings, parse_settings
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import CompetitionError, PipelineError, SubmissionError
from ensemble_kit.metrics import METRICS
from ensemble_kit.pipeline.dumping import dump_pipeline
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store

TABLES = {
    "folds": {"n_splits": 2},
    "features": {"few": {"number": "standard"}},
    "level1": {
        "linear": {"model": "logistic_strong", "features": "few"},
        "forest": {
            "model": "random_forest",
            "features": "few",
            "params": {"n_estimators": 10},
        },
    },
    "level2": {"blend": {"model": "greedy_blend"}},
    "submit": {"member": "blend"},
}
Y = np.repeat([0, 1], [90, 10])


def declared(folder, text):
    """Write a competition.toml into a folder and return the folder."""
    (folder / "competition.toml").write_text(text, encoding="utf-8")
    return folder


def run(competition, folder, tables=TABLES):
    resources = Resources(0, folder / "work")
    pipeline = parse_pipeline(tables, "here")
    return run_pipeline(competition, pipeline, Store(folder / "store"), resources)


def test_costs_are_by_the_names_of_the_classes():
    found = cost_matrix({"yes": {"no": 5}, "no": {"no": 0.5}}, None, ("no", "yes"), Y)
    assert found.tolist() == [[0.5, 1.0], [5.0, 0.0]]
    assert cost_matrix({"1": {"0": 2}}, None, ("0.0", "1.0"), Y)[1, 0] == 2
    weighed = cost_matrix(None, {"yes": 3}, ("no", "yes"), Y)
    assert weighed.tolist() == [[0.0, 1.0], [3.0, 0.0]]
    assert class_weights("balanced", ("no", "yes"), Y) == pytest.approx([5 / 9, 5])
    assert cost_matrix(None, None, ("no", "yes"), Y) is None


@pytest.mark.parametrize(
    ("costs", "told"),
    [
        ({"yse": {"no": 5}}, "costs.yse: none of the classes no, yes; did you mean"),
        ({"yes": {"on": 5}}, "costs.yes.on: none of the classes"),
        ({"yes": {"yes": 3}}, "may not be cheaper called another"),
        ({"yes": {"no": 0}, "no": {"yes": 0}}, "nothing costs anything"),
    ],
)
def test_what_no_class_is_called_is_told(costs, told):
    with pytest.raises(CompetitionError, match=told):
        cost_matrix(costs, None, ("no", "yes"), Y)


def test_every_value_that_is_no_cost_is_told_at_once():
    text = 'class_weights = "even"\n[costs]\na = 3\n[costs.b]\nc = -1\nd = true\n'
    with pytest.raises(CompetitionError) as caught:
        parse_settings(text)
    told = str(caught.value)
    for part in ("costs.a", "costs.b.c", "costs.b.d", "class_weights", "one of both"):
        assert part in told


def test_declared_costs_are_written_as_they_are_read():
    text = '[costs]\na = { b = 3.0 }\n\n[columns]\n"x" = "number"\n'
    settings = parse_settings(text)
    assert settings.costs == {"a": {"b": 3.0}}
    assert parse_settings(dump_settings(settings)) == settings
    assert parse_settings(dump_settings(settings, text)) == settings
    weighed = parse_settings("class_weights = { a = 2 }")
    assert parse_settings(dump_settings(weighed)) == weighed
    assert not {"costs", "class_weights"} & parse_settings("").facts().keys()


def test_costs_make_the_metric_and_the_order_of_the_classes_holds(competition_folder):
    text = 'positive = "{}"\n[costs]\n{} = {{ {} = 7 }}\n'
    folder = competition_folder("binary")
    classes = load_competition(folder).task.classes
    for one, other in (classes, classes[::-1]):
        found = load_competition(declared(folder, text.format(one, one, other)))
        assert found.task.classes == (other, one)
        assert found.metric.name == "cost@0,1/7,0"
    with pytest.raises(CompetitionError, match="nothing is said to cost"):
        load_competition(declared(folder, 'metric = "cost"'))
    kept = declared(folder, f'metric = "auc"\nclass_weights = {{ {one} = 3 }}')
    assert load_competition(kept).metric.name == "auc"
    with pytest.raises(CompetitionError, match="they are of classes"):
        load_competition(
            declared(competition_folder("regression", name="r"), "[costs]\na = {b = 1}")
        )


def test_a_run_decides_by_costs_and_says_so(competition_folder, tmp_path):
    folder = competition_folder("binary", 200)
    one, other = load_competition(folder).task.classes
    text = f'submission = "label"\n[costs]\n{other} = {{ {one} = 9 }}\n'
    found = run(load_competition(declared(folder, text)), tmp_path)
    assert found.competition.metric.name == "cost@0,1/9,0"
    oof, y = found.matrix.member("blend")[0], found.competition.y
    likeliest = METRICS["cost@0,1/9,0"].score_labels(y, oof.argmax(axis=1))
    (blend,) = (r for r in found.results if r.name == "blend")
    assert blend.score < likeliest
    assert pd.Series(found.labels).eq(other).mean() > 0.5
    told = [note for note in found.notes if "weigh" in note]
    assert told and any("linear" in note for note in told)


def test_a_submission_is_scored_by_what_its_folder_says(competition_folder, tmp_path):
    folder = competition_folder("binary")
    one, other = load_competition(folder).task.classes
    declared(folder, f"[costs]\n{one} = {{ {other} = 4 }}\n")
    truth = pd.DataFrame({"id": [1, 2, 3, 4], "target": [one, one, other, other]})
    wrong = truth.assign(target=[other, one, other, one])
    paths = [tmp_path / "wrong.csv", tmp_path / "truth.csv"]
    for path, frame in zip(paths, (wrong, truth), strict=True):
        frame.to_csv(path, index=False)
    said = call("score", *paths, "--folder", folder).stdout
    assert "cost@0,4/1,0 1.250000" in said
    with pytest.raises(SubmissionError, match="--folder FOLDER"):
        call("score", *paths)


def test_samplers_are_named_in_a_pipeline_and_their_mistakes_told():
    member = {"model": "logistic_strong", "sampler": "RandomOverSampler"}
    pipeline = parse_pipeline({"level1": {"a": member}}, "here")
    assert pipeline.members[0].sampler == {"RandomOverSampler": {}}
    text = dump_pipeline(pipeline)
    assert "RandomOverSampler" in text
    wrong = {
        "a": {**member, "sampler": "SMOOTE"},
        "b": {**member, "sampler": {"SMOTE": {"k": 3}}},
        "c": {**member, "sampler": 7},
        "d": {**member, "sampler": {"SMOTE": {}, "NearMiss": {}}},
    }
    with pytest.raises(PipelineError) as caught:
        parse_pipeline({"level1": wrong}, "here")
    told = str(caught.value)
    assert "did you mean 'SMOTE'" in told and "has no parameter 'k'" in told
    assert "level1.c.sampler" in told and "level1.d.sampler" in told


def test_numbers_have_no_classes_to_draw_by(competition_folder):
    member = {"model": "ridge", "sampler": "SMOTE"}
    pipeline = parse_pipeline({"level1": {"a": member}}, "here")
    competition = load_competition(competition_folder("regression"))
    with pytest.raises(PipelineError, match="the target is a number"):
        prepare_run(competition, pipeline)


def test_a_missing_library_leaves_the_member_out(
    competition_folder, tmp_path, monkeypatch
):
    monkeypatch.setitem(__import__("sys").modules, "imblearn", None)
    drawn = {**TABLES["level1"]["linear"], "sampler": "RandomUnderSampler"}
    level1 = {**TABLES["level1"], "drawn": drawn}
    competition = load_competition(competition_folder("binary"))
    found = run(replace(competition), tmp_path, {**TABLES, "level1": level1})
    assert "ensemble_kit[contrib]" in found.failures["drawn"]
