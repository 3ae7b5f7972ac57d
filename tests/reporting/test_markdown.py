import json
from pathlib import Path

import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.reporting.facts import run_facts
from ensemble_kit.reporting.markdown import run_markdown, table
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store

SMALL = Path(__file__).parents[1] / "small.toml"


@pytest.fixture
def facts(competition_folder, tmp_path):
    """Return the facts of a small run."""
    competition = load_competition(competition_folder())
    resources = Resources(0, tmp_path / "work")
    store = Store(tmp_path / "store")
    return run_facts(run_pipeline(competition, load_pipeline(SMALL), store, resources))


def test_a_report_is_made_of_its_json_alone(facts):
    again = json.loads(json.dumps(facts))
    assert run_markdown(again) == run_markdown(facts)


def test_blend_weights_and_correlations_are_told(facts):
    text = run_markdown(facts)
    assert "### greedy" in text and "## Correlation of members" in text
    assert sum(facts["weights"]["greedy"].values()) == pytest.approx(1)

    unknown = run_markdown({**facts, "unmeasured": "auc cannot be measured"})
    head, _, rest = unknown.partition("## Leaderboard")
    assert "**auc cannot be measured**" in head and "folds vary" not in head
    assert "| ? | ? |" in " ".join(rest.split())


@pytest.mark.parametrize("name", ["a|b", "<script>alert(1)</script>", "two\nlines"])
def test_a_hostile_name_stays_in_its_cell(name):
    lines = table(["member", "score"], [[name, "1"]]).splitlines()
    assert len(lines) == 3 and "<" not in lines[2]
    assert lines[2].replace("\\|", "").count("|") == 3
