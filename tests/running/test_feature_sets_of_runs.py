"""What a run says of columns made for its members, and of texts that are not there."""

import numpy as np
import pandas as pd

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline, Submit
from ensemble_kit.running.fitted_levels import FittedLevels, plan_level
from ensemble_kit.running.prepare import prepare_run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store


def folder_of_differences(path):
    """Write a competition whose target follows from a difference of two numbers."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(900, 3)), columns=["a", "b", "c"]).round(4)
    table.insert(0, "id", range(len(table)))
    target = (table.a - table.b > 0).astype(int)
    path.mkdir()
    table[:800].assign(target=target[:800]).to_csv(path / "train.csv", index=False)
    table[800:].to_csv(path / "test.csv", index=False)
    sample = table[["id"]][800:].assign(target=0.5)
    sample.to_csv(path / "sample_submission.csv", index=False)
    return path


def test_a_member_on_vectors_of_texts_is_left_out_where_there_is_no_text(tmp_path):
    competition = load_competition(folder_of_differences(tmp_path / "differences"))
    member = Member("vectors", "lightgbm", features="components")
    pipeline = Pipeline("components", (member,), standard_recipes())
    levels = FittedLevels(prepare_run(competition, pipeline).graph, Store(tmp_path))
    assert plan_level([member], levels) == {}
    assert "has no column of the roles it takes" in levels.failures["vectors"]


def test_a_run_names_the_columns_it_has_made_also_when_all_is_stored(tmp_path):
    competition = load_competition(folder_of_differences(tmp_path / "differences"))
    members = (Member("plain", "lightgbm"), Member("made", "lightgbm", features="made"))
    pipeline = Pipeline("made", members, standard_recipes(), submit=Submit("best"))
    store, resources = Store(tmp_path / "store"), Resources(0, tmp_path / "work")
    notes = [
        run_pipeline(competition, pipeline, store, resources).notes for _ in range(2)
    ]
    told = [note for note in notes[0] if note.startswith("columns made for made")]
    assert len(told) == 1 and "a - b (5)" in told[0]
    assert notes[0] == notes[1]
