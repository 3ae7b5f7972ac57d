import dataclasses

import numpy as np
import pytest

from ensemble_kit.competition import load_competition
from ensemble_kit.competition.hiding import refuse_one_class
from ensemble_kit.exceptions import CompetitionError


@pytest.fixture
def competition(folder):
    return load_competition(folder())


def test_hidden_rows_become_the_rows_to_predict(competition):
    shown, y_hidden = competition.hide(0.25, seed=3)
    assert len(shown.X) + len(shown.X_test) == len(competition.X)
    assert len(y_hidden) == len(shown.X_test) == len(shown.ids)
    assert set(shown.ids).isdisjoint(shown.train_ids)
    rows = np.isin(competition.train_ids, shown.ids)
    assert (competition.y[rows] == y_hidden).all()
    assert shown.template.ids == tuple(shown.ids)


def test_hiding_is_repeatable_and_told_in_the_fingerprint(competition):
    first, again = competition.hide(0.2, 1)[0], competition.hide(0.2, 1)[0]
    assert first.fingerprint == again.fingerprint
    assert first.ids.tolist() == again.ids.tolist()
    assert first.fingerprint != competition.hide(0.2, 2)[0].fingerprint
    assert first.fingerprint != competition.fingerprint


def test_every_class_gives_its_share_and_keeps_a_row(competition):
    y = np.array([0] * 59 + [1])
    rare = dataclasses.replace(competition, y=y)
    shown, y_hidden = rare.hide(0.5)
    assert (shown.y == 1).sum() == 1 and 28 <= (y_hidden == 0).sum() <= 30


def test_groups_are_hidden_whole(competition):
    groups = np.array([f"g{i // 4}" for i in range(60)], dtype=object)
    shown, y_hidden = dataclasses.replace(competition, groups=groups).hide(0.3)
    hidden = np.isin(competition.train_ids, shown.ids)
    assert set(groups[hidden]).isdisjoint(groups[~hidden])
    assert 12 <= hidden.sum() <= 24


def test_the_latest_rows_are_hidden(competition):
    times = np.random.default_rng(0).permutation(60).astype(float)
    shown, _ = dataclasses.replace(competition, times=times).hide(0.2)
    hidden = np.isin(competition.train_ids, shown.ids)
    assert times[hidden].min() > times[~hidden].max() and hidden.sum() == 12


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 2, 1e-9])
def test_a_fraction_that_leaves_nothing_is_an_error(competition, fraction):
    changed = dataclasses.replace(competition, times=np.zeros(60))
    with pytest.raises(CompetitionError, match="fraction"):
        changed.hide(fraction)


def test_hidden_rows_of_one_class_are_refused_before_any_fit():
    with pytest.raises(CompetitionError, match="all of them are 'no'.*--fraction"):
        refuse_one_class(np.zeros(9, dtype=int), ("no", "yes"), "auc")
    refuse_one_class(np.array([0, 1]), ("no", "yes"), "auc")
    refuse_one_class(np.array([0.5]), (), "rmse")
