"""Out-of-fold tensors whose members know parts of one truth."""

import numpy as np
import pytest


def softmax(scores):
    """Return probabilities of log odds."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def class_rows(n_rows, n_members, n_classes, seed):
    """Return a tensor of probabilities and class numbers."""
    rng = np.random.default_rng(seed)
    truth = 1.5 * rng.normal(size=(n_rows, n_classes))
    chances = softmax(truth).cumsum(axis=1)
    y = (chances > rng.uniform(size=(n_rows, 1))).argmax(axis=1)
    noise = rng.normal(size=(n_rows, n_members, n_classes))
    return softmax(truth[:, None] + noise * rng.uniform(0.4, 2, (n_members, 1))), y


def value_rows(n_rows, n_members, seed=0):
    """Return a tensor of values and targets."""
    rng = np.random.default_rng(seed)
    y = rng.normal(5, 2, n_rows)
    noise = rng.normal(size=(n_rows, n_members)) * rng.uniform(0.4, 2, n_members)
    return (y[:, None] + noise + rng.normal(0, 0.3, n_members))[:, :, None], y


@pytest.fixture(scope="session")
def make_rows():
    """Return rows of a task by name: (n_rows, n_members, seed)."""
    return {
        "binary": lambda n, m, seed=0: class_rows(n, m, 2, seed),
        "multiclass": lambda n, m, seed=0: class_rows(n, m, 4, seed),
        "regression": value_rows,
    }
