"""What a report lets one expect of the test, and which members are as good."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.reporting.expected import expected_on_test
from ensemble_kit.reporting.facts import run_facts
from ensemble_kit.reporting.markdown import run_markdown


def test_the_test_is_expected_around_the_score_and_a_draw_itself(drawn_run):
    run = drawn_run()
    low, high = expected_on_test(run)
    score = run.result("blend").score
    assert low < score < high
    facts = run_facts(run)
    assert facts["expected"] == (low, high)
    assert "- to expect of the test: " in run_markdown(facts)


@pytest.mark.parametrize("n_folds", [1, 2])
def test_few_folds_still_tell_what_to_expect(drawn_run, n_folds):
    low, high = expected_on_test(drawn_run(n_folds=n_folds))
    assert 0 < high - low < 3


def test_nothing_is_expected_of_a_run_that_was_stopped(drawn_run):
    assert expected_on_test(drawn_run(stopped="stopped after 1 of 5 folds")) is None


def test_an_alarm_takes_the_place_of_what_is_expected(drawn_run, page_of):
    run = drawn_run()
    alarm = {"name": "a", "what": "AUC: test", "test": 1.0, "valid": 0.5}
    told = {"likeness": [{**alarm, "is_alarm": True, "by_fold": [0.4, 0.6]}]}
    text = run_markdown({**run_facts(run), **told})
    assert "cannot be told: validation does not look like it" in text
    assert "0.5 (0.4 to 0.6)" in " ".join(text.split())
    assert "not known: validation rows do not look like test rows" in page_of(
        run, **told
    )


def test_members_within_noise_are_named_in_the_result(drawn_run, page_of):
    run = drawn_run()
    facts = run_facts(run)
    line = "blend and ridge, trees: these differ by less than the noise of the folds"
    text = run_markdown({**facts, "within_noise": ["ridge", "trees"]})
    assert f"- {line}" in text
    assert line in page_of(run, within_noise=["ridge", "trees"])
    assert "less than the noise" not in run_markdown({**facts, "within_noise": []})


def test_what_near_duplicates_add_to_the_score_is_told(competition_of, run_of):
    rng = np.random.default_rng(0)
    number = rng.normal(size=300)
    number[200:] = number[:100] + 1e-6  # the last hundred nearly repeats the first
    train = pd.DataFrame({"id": rng.permutation(300) * 7, "number": number})
    train["more"] = np.tile(rng.normal(size=200), 2)[:300]
    train["target"] = np.tile((rng.random(200) < 0.5).astype(int), 2)[:300]
    test = pd.DataFrame({"id": range(9000, 9100), "number": rng.normal(size=100)})
    test["more"] = rng.normal(size=100)
    run = run_of(competition_of(train, test, "log_loss"))
    notes = run_facts(run)["notes"]
    (note,) = [note for note in notes if "nearly repeat rows that were fitted" in note]
    # Of a pair in five folds four fifths are in different ones.
    assert 45 < int(note.split("%")[0]) < 62 and "0% of the test rows do" in note
