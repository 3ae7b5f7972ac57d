"""The training loop: schedules, averages, limits and failures."""

import logging
import time

import numpy as np
import pytest
import torch
from torch import nn

from ensemble_kit.exceptions import RunError
from ensemble_kit.models.text_nets.networks.torch_layers import (
    Dropout,
    Norm,
    Pooling,
    attach_generator,
)
from ensemble_kit.models.text_nets.networks.torch_optimizers import (
    OPTIMIZERS,
    SCHEDULES,
    learning_rate_factor,
    make_optimizer,
)
from ensemble_kit.models.text_nets.networks.torch_training import (
    Average,
    Training,
    describe,
    threads,
    train,
)


class Line(nn.Module):
    """A line with a start of zero."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3, 1))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return (x @ self.weight)[:, 0] + self.bias


X = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
Y = X @ torch.tensor([1.0, -2.0, 0.5]) + 3


def fit_line(**changes) -> tuple[Line, object]:
    """Return a trained line and its history."""
    line = Line()
    options = {"epochs": 30, "schedule_epochs": 30, "learning_rate": 0.1, "clip": 0.0}
    training = Training(**{**options, **changes})
    parts = torch.arange(60).split(20)

    def loss(part: torch.Tensor) -> torch.Tensor:
        return ((line(X[part]) - Y[part]) ** 2).mean()

    return line, train(line, lambda epoch: parts, loss, training)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_lowers_the_loss(name):
    rates = {"momentum": 0.02, "nesterov": 0.02, "adadelta": 20.0, "adagrad": 0.5}
    rate = rates.get(name, 0.1)
    _, history = fit_line(optimizer=name, learning_rate=rate)
    assert history.losses[-1] < 0.3 * history.losses[0]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_stays_within_zero_and_one(schedule):
    factors = [learning_rate_factor(schedule, p) for p in np.linspace(0, 1.2, 50)]
    assert min(factors) >= 0 and max(factors) <= 1


def test_misspelt_names_get_a_suggestion():
    with pytest.raises(ValueError, match="did you mean 'adamw'"):
        make_optimizer(Line(), Training(optimizer="adamww"))
    with pytest.raises(ValueError, match="did you mean 'cosine'"):
        learning_rate_factor("cosin", 0.5)


def test_vectors_are_not_decayed_and_embeddings_have_their_own_rate():
    network = nn.ModuleDict({"words": nn.Embedding(4, 2), "line": nn.Linear(2, 1)})
    optimizer = make_optimizer(network, Training(weight_decay=0.5, embedding_rate=0.1))
    facts = [(g["factor"], g["weight_decay"]) for g in optimizer.param_groups]
    assert facts == [(0.1, 0.0), (1.0, 0.5), (1.0, 0.0)]


def test_the_average_of_constant_weights_is_those_weights():
    line = Line()
    average = Average(line, 0.99)
    line.weight.data.fill_(2.0)
    for _ in range(2000):
        average.update()
    average.finish()
    torch.testing.assert_close(line.weight, torch.full((3, 1), 2.0))


def test_without_an_average_the_last_weights_stay():
    line = Line()
    average = Average(line, 0.0)
    line.weight.data.fill_(5.0)
    average.update()
    line.weight.data.fill_(7.0)
    average.update()
    average.finish()
    assert (line.weight == 7).all()


def test_the_loss_becoming_nan_keeps_the_last_good_epoch(caplog):
    line, parts = Line(), torch.arange(60).split(20)
    epochs = []

    def batches(epoch):
        epochs.append(epoch)
        return parts

    def loss(part):
        value = ((line(X[part]) - Y[part]) ** 2).mean()
        return value * float("nan") if len(epochs) == 3 else value

    with caplog.at_level(logging.WARNING):
        history = train(line, batches, loss, Training(epochs=9, schedule_epochs=9))
    assert len(history.losses) == 2 and "not finite" in history.stopped
    assert torch.isfinite(line.weight).all() and (line.weight != 0).any()


def test_a_loss_that_is_never_finite_is_an_error():
    with pytest.raises(RunError, match="lower learning_rate"):
        train(
            Line(),
            lambda epoch: [0],
            lambda batch: torch.tensor(float("inf"), requires_grad=True),
            Training(),
        )


def test_a_deadline_ends_training_with_what_there_is():
    line, history = fit_line(deadline=time.monotonic() - 1)
    assert history.steps == 1 and "time" in history.stopped
    assert (line.weight != 0).any()


@pytest.mark.parametrize("clip", [0.0, 1.0])
def test_the_record_has_the_norms_of_gradients_before_they_are_clipped(clip):
    gradient = 2 * ((X[:20] * 0).sum() - Y[:20])
    weights = (gradient[:, None] * X[:20]).mean(0)
    first = float(torch.sqrt((weights**2).sum() + gradient.mean() ** 2))
    record = describe(fit_line(epochs=3, clip=clip)[1])
    assert len(record["gradient_norms"]) == len(record["largest_norms"]) == 3
    assert record["largest_norms"][0] == pytest.approx(first, rel=0.5)
    assert record["gradients"] == ""
    assert fit_line(epochs=1, clip=clip)[1].norms[0][0] == pytest.approx(first)


def test_gradients_that_explode_or_vanish_are_pointed_out(caplog):
    line = Line()
    scales = [1.0] * 30 + [1e5]

    def loss(scale: float) -> torch.Tensor:
        return scale * ((line(X) - Y) ** 2).mean()

    history = train(line, lambda epoch: scales, loss, Training(epochs=1))
    assert "gradients explode in epoch 1" in describe(history)["gradients"]
    assert "gradients explode" in caplog.text

    def flat(scale: float) -> torch.Tensor:
        return 10 + scale * ((line(X) - Y) ** 2).mean()

    shrinking = [[1.0], [1e-7]]
    history = train(line, lambda epoch: shrinking[epoch], flat, Training(epochs=2))
    assert "gradients vanish in epoch 2" in describe(history)["gradients"]


def test_clipping_bounds_a_step():
    free, _ = fit_line(optimizer="sgd", epochs=1, ema=0.0, schedule="constant")
    held, _ = fit_line(
        optimizer="sgd", epochs=1, ema=0.0, schedule="constant", clip=0.01
    )
    assert held.weight.norm() <= 3 * 0.1 * 0.01 < free.weight.norm()


def test_epochs_are_logged_once_each(caplog):
    with caplog.at_level(logging.INFO):
        fit_line(epochs=4, verbose=True)
        fit_line(epochs=4, verbose=False)
    assert len([r for r in caplog.records if "loss" in r.message]) == 4


def test_threads_are_given_back():
    before = torch.get_num_threads()
    with threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_dropout_keeps_the_mean_and_draws_from_its_own_generator():
    layer, x = Dropout(0.3, shared_axis=1), torch.ones(50, 4, 40)
    attach_generator(layer, torch.Generator().manual_seed(0))
    state = torch.get_rng_state()
    y = layer(x)
    assert (torch.get_rng_state() == state).all()
    assert (y == y[:, :1]).all() and abs(y.mean() - 1) < 0.05
    assert (layer.eval()(x) == x).all()


@pytest.mark.parametrize("name", ["none", "layer", "batch"])
def test_norms_take_a_batch_of_one_row(name):
    norm = Norm(name, 3)
    assert torch.isfinite(norm(torch.randn(1, 3))).all()
    assert norm.training


def test_poolings_agree_with_their_definitions():
    states = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([3, 0])
    last, mean, highest = Pooling("last+mean+max", 6, True)(states, lengths).split(6, 1)
    real = states[0, :3]
    torch.testing.assert_close(last[0], torch.cat([real[-1, :3], real[0, 3:]]))
    torch.testing.assert_close(mean[0], real.mean(0))
    torch.testing.assert_close(highest[0], real.amax(0))
    assert (torch.cat([last, mean, highest], 1)[1] == 0).all()
