"""Ideas for improvement follow from figures, and nothing is suggested without one."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.reporting.ideas import improvement_ideas
from ensemble_kit.tasks import Task

N_ROWS = 200
UNLIKE = [[1.0, 0.9, 0.9], [0.9, 1.0, 0.9], [0.9, 0.9, 1.0]]


class ToldRun:
    """What ideas ask of a run."""

    chosen = "blend"

    def __init__(self, loss, correlation=UNLIKE, folds=(0.8, 0.8), holdout=None):
        rng = np.random.default_rng(0)
        self.ids = np.array([f"r{at}" for at in range(N_ROWS)], dtype=object)
        colours = np.where(np.arange(N_ROWS) < 50, "red", "blue")
        self.X = pd.DataFrame(
            {"number": rng.normal(size=N_ROWS), "colour": pd.Categorical(colours)}
        )
        self.loss = loss
        self.weights = {"blend": {"a": 0.6, "b": 0.395, "c": 0.005}}
        members = [
            {"name": "blend", "level": 2, "fold_scores": [0.85, 0.86]},
            {"name": "a", "level": 1, "fold_scores": list(folds)},
        ]
        self.leaderboard = pd.DataFrame({"score": [0.85]}, index=["blend"])
        self.facts = {
            "correlation": {"members": ["a", "b", "c"], "values": correlation},
            "leaderboard": members,
            "competition": {"greater_is_better": True},
        }
        if holdout:
            self.facts["holdout"] = {"interval": holdout}

    def competition(self, data=None):
        task = Task("binary", ("no", "yes"))
        return SimpleNamespace(X=self.X, train_ids=self.ids, task=task)

    def errors(self, n, data=None):
        table = pd.DataFrame({"loss": self.loss}, index=self.ids)
        return table.sort_values("loss", ascending=False)[:n]


@pytest.fixture
def even_loss():
    return np.random.default_rng(1).uniform(0.2, 0.4, N_ROWS)


def test_a_planted_weakness_is_named(even_loss):
    loss = even_loss + np.where(np.arange(N_ROWS) < 50, 0.5, 0.0)
    first = improvement_ideas(ToldRun(loss))[0]
    assert "where colour is red (50 rows)" in first


def test_rows_that_contradict_their_label_are_counted(even_loss):
    even_loss[:3] = 4.0
    ideas = improvement_ideas(ToldRun(even_loss))
    assert any(idea.startswith("3 rows get less than 5%") for idea in ideas)


def test_twins_idle_members_and_chance_are_named(even_loss):
    twins = [[1.0, 0.995, 0.5], [0.995, 1.0, 0.5], [0.5, 0.5, 1.0]]
    told = " ".join(improvement_ideas(ToldRun(even_loss, twins, folds=(0.7, 0.95))))
    assert "a and b say nearly the same (correlation 0.995)" in told
    assert "c is least like the others (correlation 0.50" in told
    assert "c: no weight in blend" in told
    assert "blend is ahead of a by 0.03 ± 0.12 over 2 folds, which may be" in told


def test_the_noise_of_a_lead_knows_that_folds_share_training_rows(even_loss):
    run = ToldRun(even_loss, folds=(0.7, 0.95))
    run.facts["valid_per_train"] = 1.0
    told = " ".join(improvement_ideas(run))
    # The deviation of the gains, 0.17, times the root of 1/2 + 1.
    assert "by 0.03 ± 0.21 over 2 folds, which may be" in told


def test_hidden_rows_decide_whether_scores_flatter(even_loss):
    run = ToldRun(even_loss)
    inside, outside = (
        ToldRun(even_loss, holdout=ends) for ends in ((0.8, 0.9), (0.6, 0.7))
    )
    assert "no labels were hidden" in improvement_ideas(run)[-1]
    assert "outside the interval" in improvement_ideas(run, outside)[-1]
    assert "interval" not in improvement_ideas(run, inside)[-1]


def test_nothing_is_suggested_without_a_reason(even_loss):
    run = ToldRun(even_loss, holdout=(0.8, 0.9))
    run.weights = {"blend": {"a": 0.6, "b": 0.4}}
    assert improvement_ideas(run) == []
