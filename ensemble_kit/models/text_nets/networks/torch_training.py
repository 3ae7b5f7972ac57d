"""The one training loop of the neural text models, in plain torch.

Everything random comes from generators made here from one seed; torch's and numpy's
global generators are neither read nor moved. Torch is imported when this module is,
and the estimators import this module when they fit.
"""

import contextlib
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ensemble_kit.exceptions import RunError
from ensemble_kit.models.text_nets.networks.torch_layers import (
    attach_generator,
    initialise,
)
from ensemble_kit.models.text_nets.networks.torch_optimizers import (
    learning_rate_factor,
    make_optimizer,
)

if TYPE_CHECKING:
    from ensemble_kit.models.text_nets.networks.training_settings import (
        TrainingSettings,
    )

LOGGER = logging.getLogger(__name__)
Network = TypeVar("Network", bound=nn.Module)
EXPLODING = 100.0  # times the median norm of an epoch's gradients
LEAST_EXPLODING = 10.0
VANISHING = 1e-4  # of the first epoch's
LEARNT = 0.1  # of the first epoch's loss: with less, small gradients are no trouble


@dataclass(frozen=True)
class Training:
    """How a network is trained.

    Parameters
    ----------
    epochs : int
        Passes over the rows before training ends.
    schedule_epochs : int
        Length of the learning-rate schedule, which may be longer than training.
    optimizer, schedule : str
        Names of ``torch_optimizers``.
    learning_rate : float
        The highest of the schedule.
    weight_decay : float
    clip : float
        Largest norm of the gradient of a batch; 0 leaves it alone.
    ema : float
        Decay of the exponential average of the weights; 0 keeps the last weights.
    embedding_rate : float
        Factor on the learning rate of token embeddings: 0 freezes them.
    rates : mapping of str to float
        Factors on the learning rate of the parameters whose names begin so.
    deadline : float, optional
        When to stop, on ``time.monotonic``'s clock.
    verbose : bool
        Whether each epoch's line is logged as information, or as debugging.
    """

    epochs: int = 5
    schedule_epochs: int = 5
    optimizer: str = "adamw"
    schedule: str = "one_cycle"
    learning_rate: float = 3e-3
    weight_decay: float = 0.0
    clip: float = 1.0
    ema: float = 0.99
    embedding_rate: float = 1.0
    deadline: float | None = None
    verbose: bool = False
    rates: Mapping[str, float] = field(default_factory=dict)


def training_of(
    settings: "TrainingSettings",
    *,
    epochs: int,
    schedule_epochs: int,
    embedding_rate: float = 1.0,
    started: float | None = None,
) -> Training:
    """Return how an estimator's settings say to train.

    ``started`` is when its time began, by default now.
    """
    seconds = settings.max_seconds
    started = time.monotonic() if started is None else started
    return Training(
        epochs=epochs,
        schedule_epochs=schedule_epochs,
        optimizer=settings.optimizer,
        schedule=settings.schedule,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        clip=settings.clip,
        ema=settings.ema,
        embedding_rate=embedding_rate,
        deadline=None if seconds is None else started + seconds,
        verbose=settings.verbose,
    )


@dataclass
class History:
    """What happened in training."""

    losses: list[float] = field(default_factory=list)
    steps: int = 0
    stopped: str = ""
    norms: list[list[float]] = field(default_factory=list)  # of gradients, by epoch


class NotFinite(RunError):
    """A loss or a gradient became NaN or infinite."""


def train(
    network: nn.Module,
    batches: Callable[[int], Sequence[Any]],
    loss: Callable[[Any], torch.Tensor | Iterable[torch.Tensor]],
    training: Training,
    after_epoch: Callable[[int], None] | None = None,
) -> History:
    """Train a network in place and leave the averaged weights in it.

    Parameters
    ----------
    network : Module
    batches : callable
        Returns the batches of an epoch, given its number from 0 on.
    loss : callable
        Returns the loss of a batch, a scalar tensor; or parts of it that add up to
        it, of which only one at a time has to be in memory.
    training : Training
    after_epoch : callable, optional
        Called after each epoch with the number of epochs done, while the network
        holds the averaged weights.

    Raises
    ------
    RunError
        When the loss is not finite before the first epoch has ended. Later on the
        weights of the last good epoch are kept.
    """
    history = History()
    optimizer = make_optimizer(network, training)
    average = Average(network, training.ema)
    for epoch in range(training.epochs):
        try:
            _run_epoch(
                epoch, batches(epoch), loss, optimizer, average, training, history
            )
        except NotFinite as error:
            average.restore(error)
            history.norms.pop()
            history.stopped = "the loss was not finite"
        if history.stopped:
            LOGGER.warning(
                "training stopped in epoch %d: %s", epoch + 1, history.stopped
            )
            break
        level = logging.INFO if training.verbose else logging.DEBUG
        LOGGER.log(level, "epoch %d: loss %.4f", epoch + 1, history.losses[-1])
        average.keep()
        if after_epoch is not None:
            with average.in_use():
                after_epoch(epoch + 1)
    average.finish()
    network.eval()
    if warning := gradient_warning(history.norms, history.losses):
        LOGGER.warning(warning)
    return history


def gradient_warning(norms: Sequence[Sequence[float]], losses: Sequence[float]) -> str:
    """Return in which epoch gradients explode or vanish; empty where none do.

    They explode where one is 100 times as long as the median of its epoch, and longer
    than 10; they vanish where an epoch's median is a ten-thousandth of the first
    epoch's and the loss is not a tenth yet, so that much is left to learn.

    Parameters
    ----------
    norms : sequence of sequences of float
        Of every step's gradient before it is clipped, by epoch.
    losses : sequence of float
        The mean of each epoch.

    Examples
    --------
    >>> gradient_warning([[1.0, 2.0, 1.0], [1.0, 900.0, 1.0]], [2.0, 1.9])
    'gradients explode in epoch 2: a norm of 900 where 1 is usual'
    >>> gradient_warning([[1.0, 2.0, 1.0], [1e-5, 1e-6, 1e-5]], [2.0, 1.9])
    'gradients vanish in epoch 2: norms of 1e-05, of 1 in the first epoch'
    """
    usual = [float(np.median(some)) if len(some) else 0.0 for some in norms]
    for epoch, (some, middle) in enumerate(zip(norms, usual, strict=True), start=1):
        largest = max(some, default=0.0)
        if largest > max(EXPLODING * middle, LEAST_EXPLODING):
            return (
                f"gradients explode in epoch {epoch}: a norm of {largest:.3g} where "
                f"{middle:.3g} is usual"
            )
        is_unlearnt = losses[epoch - 1] > LEARNT * losses[0]
        if middle < VANISHING * usual[0] and is_unlearnt:
            return (
                f"gradients vanish in epoch {epoch}: norms of {middle:.3g}, of "
                f"{usual[0]:.3g} in the first epoch"
            )
    return ""


class Average:
    """An exponential moving average of a network's weights.

    The decay grows with the number of steps, ``min(decay, (1 + t) / (10 + t))``, so
    that the first weights, which are random, leave it soon.
    """

    def __init__(self, network: nn.Module, decay: float):
        self.network = network
        self.decay = decay
        self.steps = 0
        self.mean = self._copy()
        self.good: dict[str, torch.Tensor] | None = None

    def update(self) -> None:
        """Move the average towards the weights of now."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, now in self._now().items():
            if now.is_floating_point():
                self.mean[name].lerp_(now, 1 - decay)
            else:
                self.mean[name].copy_(now)

    def keep(self) -> None:
        """Remember the average as the last good one."""
        self.good = {name: value.clone() for name, value in self.mean.items()}

    def restore(self, error: RunError) -> None:
        """Go back to the last good average, or raise when there is none."""
        if self.good is None:
            raise error
        self.mean = self.good

    def finish(self) -> None:
        """Put the average into the network."""
        if self.steps:
            self._load(self.mean)

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Lend the average to the network."""
        last = self._copy()
        self.network.eval()
        self._load(self.mean)
        yield
        self._load(last)

    def _now(self) -> dict[str, torch.Tensor]:
        return {k: v.detach() for k, v in self.network.state_dict().items()}

    def _copy(self) -> dict[str, torch.Tensor]:
        return {name: value.clone() for name, value in self._now().items()}

    def _load(self, weights: dict[str, torch.Tensor]) -> None:
        self.network.load_state_dict(weights)


@contextlib.contextmanager
def threads(number: int) -> Iterator[None]:
    """Use this many threads inside one operation, then as many as before.

    On a machine that is busy, two threads wait for each other at every step of a
    recurrence: one is the right number for one fit among several.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def choose_device(name: str) -> torch.device:
    """Return the device of a name; "auto" is CUDA where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def precision(device: torch.device) -> Any:
    """Return a context of mixed precision on CUDA, of nothing elsewhere."""
    if device.type != "cuda":
        return contextlib.nullcontext()
    return torch.autocast(device_type="cuda", dtype=torch.bfloat16)


def _run_epoch(
    epoch: int,
    batches: Sequence[Any],
    loss: Callable[[Any], torch.Tensor | Iterable[torch.Tensor]],
    optimizer: torch.optim.Optimizer,
    average: Average,
    training: Training,
    history: History,
) -> None:
    """Take a step per batch and note the epoch's mean loss."""
    average.network.train()
    total = 0.0
    history.norms.append([])
    for number, batch in enumerate(batches):
        progress = (epoch + number / len(batches)) / training.schedule_epochs
        factor = learning_rate_factor(training.schedule, progress)
        for group in optimizer.param_groups:
            group["lr"] = training.learning_rate * group["factor"] * factor
        value, norm = _step(loss(batch), optimizer, average, training.clip)
        total += value
        history.norms[-1].append(norm)
        history.steps += 1
        if training.deadline is not None and time.monotonic() > training.deadline:
            history.stopped = "the time is used up"
            break
    history.losses.append(total / max(len(batches), 1))


def _step(
    loss: torch.Tensor | Iterable[torch.Tensor],
    optimizer: torch.optim.Optimizer,
    average: Average,
    clip: float,
) -> tuple[float, float]:
    """Take one step and return the loss before it, and the norm of its gradient."""
    total = 0.0
    optimizer.zero_grad(set_to_none=True)
    for part in (loss,) if isinstance(loss, torch.Tensor) else loss:
        value = part.item()
        if not math.isfinite(value):
            raise NotFinite(f"the loss became {value}; lower learning_rate or scale y")
        part.backward()
        total += value
    weights = [w for group in optimizer.param_groups for w in group["params"]]
    # Where nothing is clipped, the norm is measured all the same.
    norm = nn.utils.clip_grad_norm_(weights, clip or math.inf).item()
    if clip and not math.isfinite(norm):
        raise NotFinite(f"the gradient became {norm}; lower learning_rate")
    optimizer.step()
    average.update()
    return total, norm


def seeded(seed: int, *path: int) -> np.random.Generator:
    """Return a generator for one purpose, named by numbers, of one seed."""
    return np.random.default_rng([seed, *path])


def to_arrays(network: nn.Module) -> dict[str, NDArray[Any]]:
    """Return a network's weights as arrays."""
    state = network.state_dict()
    return {name: value.cpu().numpy().copy() for name, value in state.items()}


def load_arrays(network: Network, arrays: Mapping[str, NDArray[Any]]) -> Network:
    """Return a network with the weights of `to_arrays`, ready to predict."""
    weights = {name: torch.from_numpy(value.copy()) for name, value in arrays.items()}
    network.load_state_dict(weights)
    network.eval()
    return network


def start(network: nn.Module, seed: int, device: torch.device) -> None:
    """Give a network its first weights and its device, ready to be trained."""
    initialise(network, torch_generator(torch.device("cpu"), seed, 0))
    network.to(device)
    attach_generator(network, torch_generator(device, seed, 1))


def torch_generator(device: torch.device, seed: int, path: int) -> torch.Generator:
    """Return a torch generator for one purpose of one seed."""
    number = int(seeded(seed, path).integers(2**62))
    return torch.Generator(device=device).manual_seed(number)


def describe(history: History) -> dict[str, Any]:
    """Return a history as plain values, which a fitted estimator keeps.

    ``gradient_norms`` has the median norm of each epoch's gradients before they were
    clipped, ``largest_norms`` the largest, and ``gradients`` what `gradient_warning`
    has to say of them.
    """
    return {
        "losses": [float(value) for value in history.losses],
        "steps": history.steps,
        "stopped": history.stopped,
        "gradient_norms": [float(np.median(n)) for n in history.norms if n],
        "largest_norms": [float(max(n)) for n in history.norms if n],
        "gradients": gradient_warning(history.norms, history.losses),
    }
