"""Hill climbing: honest errors, steps that help, screening that loses nothing."""

import numpy as np
import pytest

from ensemble_kit.blending import HillClimbBlend
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import METRICS

CASES = [("binary", "log_loss"), ("binary", "auc"), ("multiclass", "brier")]
CASES += [("multiclass", "auc"), ("regression", "rmse"), ("regression", "mae")]


def error_of(blend, tensor, y, name):
    """Return the error of a fitted blend's outputs."""
    if tensor.shape[2] == 1:
        return METRICS[name].error(y, blend.predict(tensor)[:, None])
    return METRICS[name].error(y, blend.predict_proba(tensor))


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_the_path_reports_true_errors_that_fall(kind, name, make_rows):
    tensor, y = make_rows[kind](300, 4)
    fitted = HillClimbBlend(name, max_steps=8).fit(tensor, y)
    errors = [error for _, _, error in fitted.path_]
    found = error_of(fitted, tensor, y, name)
    assert found == pytest.approx(errors[-1], abs=1e-9)
    assert np.all(np.diff(errors) < 0)
    alone = [METRICS[name].error(y, tensor[:, j]) for j in range(4)]
    assert errors[0] == pytest.approx(min(alone))
    assert fitted.weights_.sum() == pytest.approx(1)


def test_weights_follow_the_steps(make_rows):
    tensor, y = make_rows["regression"](300, 4)
    fitted = HillClimbBlend(max_steps=5).fit(tensor, y)
    weights = np.zeros(4)
    for member, size, _ in fitted.path_:
        weights *= 1 - size
        weights[member] += size
    assert fitted.weights_ == pytest.approx(weights)


def test_a_member_that_knows_the_others_error_is_subtracted():
    rng = np.random.default_rng(0)
    y, noise = rng.normal(size=(2, 500))
    members = [y + 0.5 * noise, noise]
    free = HillClimbBlend().fit(members, y)
    held = HillClimbBlend(negative=False).fit(members, y)
    assert free.weights_[1] < -0.1
    assert held.weights_.min() >= 0
    tensor = np.stack(members, axis=1)[:, :, None]
    assert error_of(free, tensor, y, "rmse") < error_of(held, tensor, y, "rmse")


def test_screening_on_few_rows_ends_near_the_full_climb(make_rows):
    tensor, y = make_rows["binary"](3000, 5)
    full = HillClimbBlend(screen_rows=5000).fit(tensor, y)
    screened = HillClimbBlend(screen_rows=200).fit(tensor, y)
    start = full.path_[0][2]
    gains = [start - blend.path_[-1][2] for blend in (full, screened)]
    assert gains[1] > 0.9 * gains[0]


def test_too_few_rows_to_screen_on_are_refused(make_rows):
    with pytest.raises(PipelineError, match="screen_rows is 10"):
        HillClimbBlend(screen_rows=10).fit(*make_rows["binary"](20, 2))
