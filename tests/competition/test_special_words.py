"""Weights by likeness, and groups of near-duplicates."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition import load_competition
from ensemble_kit.exceptions import CompetitionError, PipelineError
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, with_folds
from ensemble_kit.running.preparing.sources import fold_line, make_folds
from ensemble_kit.running.scores.likeness import likeness_notes, likeness_of


@pytest.fixture
def load(tmp_path):
    """Return a function that loads rows around 0, and test rows around a shift."""

    def load_(settings="", shift=1.0, n_test=300, **columns):
        rng = np.random.default_rng(0)
        a = rng.normal(size=500 + n_test)
        a[500:] += shift
        table = pd.DataFrame({"id": rng.permutation(len(a)) * 7, "a": a})
        table = table.assign(y=rng.normal(size=len(a)), **columns)
        table[:500].to_csv(tmp_path / "train.csv", index=False)
        table[500:].drop(columns="y").to_csv(tmp_path / "test.csv", index=False)
        text = f'target = "y"\nid = "id"\n{settings}'
        (tmp_path / "competition.toml").write_text(text, encoding="utf-8")
        return load_competition(tmp_path)

    return load_


def test_rows_like_the_test_weigh_more(load):
    plain, weighted = load(), load('weights = "adversarial"\n')
    a, weights = weighted.X["a"], weighted.weights
    assert plain.weights is None and weights.mean() == pytest.approx(1)
    assert weights[a > 1].mean() > 4 * weights[a < 0].mean()
    assert "training rows weigh from" in weighted.notes[-1]
    assert weighted.fingerprint != plain.fingerprint
    assert weighted.settings.weights == "adversarial"


def test_a_test_like_train_leaves_all_weights_alike(load):
    competition = load('weights = "adversarial"\n', shift=0.0)
    assert (competition.weights == 1).all()
    assert "cannot be told from training rows" in competition.notes[-1]


def test_a_column_of_that_name_is_that_column(load):
    competition = load('weights = "adversarial"\n', adversarial=2.0)
    assert (competition.weights == 2).all()


def test_too_few_rows_to_weigh_by_are_an_error(load):
    with pytest.raises(CompetitionError, match="takes 100 rows of train and of test"):
        load('weights = "adversarial"\n', n_test=50)


def test_near_duplicates_share_a_group_and_so_a_fold(load):
    rng = np.random.default_rng(1)
    words = rng.integers(1000, 9999, (800, 12)).astype(str)
    words[100:200] = words[:100]  # the second hundred repeats the first
    text = [f"{' '.join(row)} {k % 7}" for k, row in enumerate(words)]
    grouped = load('groups = "duplicates"\n', shift=0.0, text=text)
    assert (grouped.groups[100:200] == grouped.groups[:100]).mean() > 0.95
    random = likeness_of(grouped, make_folds(grouped, FoldSpec("random")))
    together = likeness_of(grouped, make_folds(grouped, FoldSpec()))
    (named,) = [one for one in random if one.name == "near-duplicates"]
    assert named.test == 0 and 0.25 < named.valid < 0.4
    # Where no row repeats a fitted one, as in the test, there is nothing to tell.
    assert "near-duplicates" not in [one.name for one in together]
    assert "nearly repeat a training row" in likeness_notes(random)[0]
    assert likeness_notes(together) == ()


def test_adversarial_folds_validate_rows_like_the_test(load):
    competition = load()
    spec = FoldSpec("adversarial")
    folds = make_folds(competition, spec)
    checked = folds.times_validated > 0
    a = competition.X["a"]
    assert checked.mean() == pytest.approx(1 / 3, abs=0.01)
    assert a[checked].mean() > a.mean() + 0.6
    assert fold_line(competition, spec).startswith("folds validate only the training")
    half = make_folds(competition, FoldSpec("adversarial", params={"share": 0.5}))
    assert (half.times_validated > 0).mean() == 0.5
    twice = make_folds(competition, FoldSpec("adversarial", n_repeats=2))
    assert len(twice) == 10


def test_a_shift_that_no_fold_shows_is_an_alarm_and_names_what_it_is(load):
    competition = load(shift=1.5)
    (note,) = likeness_notes(
        likeness_of(competition, make_folds(competition, FoldSpec()))
    )
    assert "'all columns': AUC of a small model that tells rows from training" in note
    calm = load(shift=0.0)
    assert likeness_notes(likeness_of(calm, make_folds(calm, FoldSpec()))) == ()


@pytest.mark.parametrize("share", [0, 1.5, "much"])
def test_a_share_that_is_none_is_refused(load, share):
    with pytest.raises(PipelineError, match="take share, a number above 0"):
        make_folds(load(), FoldSpec("adversarial", params={"share": share}))


def test_adversarial_folds_of_a_handful_are_refused(load):
    with pytest.raises(PipelineError, match="take 100 rows of train and of test"):
        make_folds(load(n_test=50), FoldSpec("adversarial"))


def test_the_command_line_knows_adversarial_folds():
    pipeline = Pipeline("made", (), {})
    assert with_folds(pipeline, "adversarial").folds.splitter == "adversarial"
    with pytest.raises(PipelineError, match="auto, random or adversarial"):
        with_folds(pipeline, "odd")
