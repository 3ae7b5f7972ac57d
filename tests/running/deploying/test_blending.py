"""Deployed blends are fitted as those of the run were."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.blending import ConvexBlend
from ensemble_kit.metrics import METRICS
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.deploying.blending import Blending
from ensemble_kit.running.deploying.pruning import Judge
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.work.workspace import Source

N_ROWS, EACH = 96, 12
STARTS = range(36, N_ROWS, EACH)
FOLDS = Folds(
    tuple((np.arange(k), np.arange(k, k + EACH)) for k in STARTS),
    N_ROWS,
)


@pytest.fixture
def predicted():
    """Return a target, and a member that learns late beside a steady one."""
    random = np.random.default_rng(0)
    y = random.normal(size=N_ROWS)
    late = y + random.normal(size=N_ROWS) * np.where(np.arange(N_ROWS) < 48, 3, 1)
    tensor = np.stack([late, y + 1.4 * random.normal(size=N_ROWS)], axis=1)[:, :, None]
    tensor[: STARTS[0]] = np.nan
    return y, tensor


def blending_of(y, params):
    frame = pd.DataFrame({"a": np.zeros(N_ROWS)})
    source = Source(frame, frame[:0], y, FOLDS, "regression", 1, "a test")
    member = Member("blend", "convex_blend", 2, params)
    return Blending(member, source, METRICS["rmse"], FOLDS)


def test_a_blend_that_goes_by_windows_still_does_when_deployed(predicted):
    y, tensor = predicted
    seen = slice(STARTS[0], None)
    told = ConvexBlend(windows=True)
    told.fit(tensor[seen], y[seen], known=FOLDS.known[seen])
    blend, _ = blending_of(y, {"windows": True}).fitted(tensor)
    assert blend.weights_ == pytest.approx(told.weights_)
    plain, _ = blending_of(y, {}).fitted(tensor)
    assert plain.weights_[0] < blend.weights_[0] - 0.05


def test_pruning_judges_by_windows_too(predicted):
    y, tensor = predicted
    seen = np.arange(STARTS[0], N_ROWS)
    judge = Judge(
        ConvexBlend(windows=True),
        tensor[seen],
        tensor[seen].mean(axis=1),
        y[seen],
        METRICS["rmse"],
        FOLDS.among(seen).pairs,
        known=FOLDS.known[seen],
    )
    alike = replace(judge, known=None)
    assert judge.loss((0, 1)).values[0] < alike.loss((0, 1)).values[0] - 1e-3
