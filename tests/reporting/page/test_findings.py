"""What is wrong with the data is named on the page; where nothing is, nothing is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition import check_competition
from ensemble_kit.reporting.page.data import data_block
from ensemble_kit.reporting.page.doubtful import doubtful_rows
from ensemble_kit.reporting.page.scored_rows import ScoredRows


def numbers(n_rows, n_columns=3, seed=0):
    """Return a table of noise with a target that follows its first column."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_rows, n_columns))
    table = pd.DataFrame(values, columns=[f"x{k}" for k in range(n_columns)])
    table.insert(0, "id", [f"r{at}" for at in range(n_rows)])
    noise = rng.normal(size=n_rows)
    return table, np.where(values[:, 0] + noise > 0, "yes", "no")


def split(table, target, n_train):
    train = table[:n_train].assign(target=target[:n_train])
    return train, table[n_train:].reset_index(drop=True)


def test_a_planted_leak_and_drift_are_named(competition_of):
    table, target = numbers(450)
    table["leak"] = (target == "yes") + np.arange(450) / 1e4
    table.loc[300:, "x2"] += 3
    block = data_block(competition_of(*split(table, target, 300)))
    told = " ".join(line for part in block.parts for line in getattr(part, "lines", ()))
    assert "column leak: alone it gives the target away" in told
    assert "mostly by x2" in told
    assert "column leak" in block.sentence and "train and test" in block.sentence


@pytest.mark.slow
def test_clean_data_raise_no_alarm_in_20_seeds(competition_of):
    for seed in range(20):
        table, target = numbers(300, seed=seed)
        found = check_competition(competition_of(*split(table, target, 180)))
        assert [str(one) for one in found if one.severity == "warning"] == []


def test_flipped_labels_are_the_most_doubtful_rows(drawn_run):
    run = drawn_run(n_rows=600)
    rng = np.random.default_rng(0)
    flipped = rng.permutation(600)[:30]
    y = run.competition.y.copy()
    y[flipped] = 1 - y[flipped]
    doubted = replace(run, competition=replace(run.competition, y=y))
    hits = np.isin(doubtful_rows(ScoredRows(doubted))[:20], flipped)
    assert hits.mean() >= 0.8


def test_many_classes_and_a_class_of_one_row_have_a_page(
    competition_of, run_of, page_of
):
    table, _ = numbers(300)
    target = np.array([f"c{at % 20:02d}" for at in range(300)], dtype=object)
    target[7] = "alone"
    train, test = split(table, target, 240)
    page = page_of(run_of(competition_of(train, test, "log_loss")))
    assert "the 12 classes with most mistakes" in page
    assert "class alone: 1 training rows" in page


@pytest.mark.slow
def test_the_page_of_400_columns_is_under_three_megabytes(
    competition_of, run_of, page_of
):
    table, target = numbers(200, n_columns=400)
    competition = competition_of(*split(table, target, 140), "log_loss")
    assert len(page_of(run_of(competition)).encode()) < 3_000_000
