"""Predictions that have seen their rows are told from those that have not."""

import numpy as np
import pytest

from ensemble_kit.oof.in_sample import is_in_sample, weigh_evidence


def made(seed, kind, memory=0.0, scale=1.0, n=200, m=150):
    """Return y, own and foreign predictions of rows with two signals and noise.

    The foreign member knows a signal that the own one does not, and remembers a share
    of each training row's noise.
    """
    rng = np.random.default_rng(seed)
    known, hidden = rng.normal(size=(2, n + m))
    value = known + hidden + rng.normal(size=n + m)
    y = (value > 0) * 1.0 if kind == "classes" else value
    truth = 1 / (1 + np.exp(-known - hidden)) if kind == "classes" else known + hidden
    seen = truth + memory * (y - truth)
    foreign = scale * np.concatenate([seen[:n], truth[n:]])
    foreign = foreign + 0.1 * rng.normal(size=n + m)
    own = 1 / (1 + np.exp(-known)) if kind == "classes" else known
    parts = [(p[:n, None], p[n:, None]) for p in (own, foreign)]
    return y[:n, None], *parts


def refused(**how):
    """Return how many of fifty made cases are refused, of either kind."""
    return {
        kind: sum(
            is_in_sample(weigh_evidence(*made(seed, kind, **how))) for seed in range(50)
        )
        for kind in ("classes", "values")
    }


def test_a_member_that_knows_more_than_the_runs_own_passes():
    assert all(n <= 2 for n in refused().values())


@pytest.mark.parametrize("scale", [0.2, 5.0])
def test_a_member_in_another_scale_passes(scale):
    assert all(n <= 2 for n in refused(scale=scale).values())


def test_a_member_that_remembers_its_rows_is_refused():
    assert all(n >= 48 for n in refused(memory=0.9).values())


def test_predictions_that_are_all_alike_pass():
    y, own, _ = made(0, "values")
    evidence = weigh_evidence(y, own, (np.ones_like(own[0]), np.ones_like(own[1])))
    assert not is_in_sample(evidence)


def test_the_target_itself_is_refused():
    y, own, foreign = made(0, "classes")
    assert is_in_sample(weigh_evidence(y, own, (y, foreign[1])))
