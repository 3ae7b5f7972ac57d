"""Language models: their perplexity, and what they bring to a classifier of texts.

python benchmarks/language_models.py perplexity FOLDER
python benchmarks/language_models.py cells FOLDER --max-rows 1500
python benchmarks/language_models.py pretraining FOLDER

``perplexity`` fits 5-grams, a fixed window and an LSTM on four fifths of the first text
column and reads the rest; then the LSTM writes.
``cells`` fits language models of characters with every cell, all with as many weights
(the table of Jozefowicz, Zaremba and Sutskever 2015, on these texts).
``pretraining`` predicts every row by an LSTM fitted on four fifths of the others, with
and without three passes as a language model first: the loss it saves, with the 2.5 %
and 97.5 % points of a paired bootstrap.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from neural_text import bootstrap, row_losses, split, text_columns, timed
from numpy.typing import NDArray
from sklearn.model_selection import KFold

from ensemble_kit.catalog import MODELS
from ensemble_kit.models.language.language_model import LanguageModel
from ensemble_kit.models.language.language_model_ngrams import NgramLanguageModel
from ensemble_kit.models.text_nets.networks.recurrent_cells import CELLS

UNITS = 96  # of a cell of four blocks
# The square root of a cell's blocks, times two: with it all have like many weights.
BLOCKS = {
    "rnn": 2,
    "lstm": 4,
    "lstm_peephole": 4,
    "lstm_peephole_full": 5.3,
    "mut1": 3.2,
}
BLOCKS |= {name: 3.46 for name in ("gru", *CELLS) if name not in BLOCKS}


def main() -> None:
    """Read the command line and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=REPORTS)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--max-rows", type=int, default=20_000)
    arguments = parser.parse_args()
    for folder in arguments.folders:
        for row in REPORTS[arguments.what](folder, arguments.max_rows):
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()


def pretraining(folder: Path, max_rows: int) -> Iterator[str]:
    """Yield the mean loss without and with pre-training, and what it saves."""
    competition, fit, held = split(folder, max_rows)
    rows, kind = np.concatenate([fit, held]), competition.task.kind
    losses = []
    for passes in (0, 3):
        started = time.process_time()
        losses.append(cross_fitted_losses(competition, rows, passes))
        seconds = time.process_time() - started
        yield f"{passes} passes: loss {losses[-1].mean():.4f} {seconds:6.0f} s"
    gain = losses[0] - losses[1]
    low, high = bootstrap(gain)
    interval = f"({low:+.4f} to {high:+.4f})"
    yield f"{kind}, {len(rows)} rows: gain {gain.mean():+.4f} {interval}"


def cross_fitted_losses(competition: Any, rows: NDArray, passes: int) -> NDArray:
    """Return each row's loss under an LSTM that was fitted on other rows."""
    kind, X, y = competition.task.kind, competition.X, competition.y
    losses = np.zeros(len(rows))
    parameters = {"inner_fraction": 0.15, "pretrain_epochs": passes}
    for train, valid in KFold(5).split(rows):
        fit, held = rows[train], rows[valid]
        model = MODELS["text_lstm"].build(kind, parameters, seed=0)
        outputs, _ = timed(model, X.iloc[fit], y[fit], X.iloc[held], 0.0)
        if kind == "regression":
            losses[valid] = (outputs[:, 0] - y[held]) ** 2
        else:
            losses[valid] = row_losses(outputs, y[held])
    return losses


def perplexity(folder: Path, max_rows: int) -> Iterator[str]:
    """Yield each language model's perplexity on the held rows' first text column."""
    competition, fit, held = split(folder, max_rows)
    texts = competition.X[text_columns(competition.X)[0]]
    models = {
        "5-grams": NgramLanguageModel(),
        "window": LanguageModel(cell="window", random_state=0),
        "lstm": LanguageModel(random_state=0),
    }
    for name, model in models.items():
        started = time.process_time()
        model.fit(texts.iloc[fit])
        seconds = time.process_time() - started
        found = model.perplexity(texts.iloc[held])
        yield f"{name:8} perplexity {found:8.1f} {seconds:6.0f} s"
    yield model.sample(60, temperature=0.8, random_state=0)


def cells(folder: Path, max_rows: int) -> Iterator[str]:
    """Yield each cell's units, weights, perplexity of held characters and seconds."""
    competition, fit, held = split(folder, max_rows)
    texts = competition.X[text_columns(competition.X)[0]]
    for cell in ("rnn", "gru", "lstm", *CELLS):
        hidden = round(UNITS * 4 / BLOCKS[cell])
        model = LanguageModel(
            cell=cell,
            unit="char",
            hidden=hidden,
            embedding_dim=32,
            dropout=0.1,
            epochs=3,
            learning_rate=0.01,
            random_state=0,
        )
        started = time.process_time()
        model.fit(texts.iloc[fit])
        seconds = time.process_time() - started
        n_weights = sum(array.size for array in model.weights_.values())
        found = model.perplexity(texts.iloc[held])
        warning = model.history_["gradients"]
        yield (
            f"{cell:20} {hidden:4} units {n_weights:7,} weights "
            f"perplexity {found:6.3f} {seconds:5.0f} s {warning}"
        )


REPORTS = {"perplexity": perplexity, "cells": cells, "pretraining": pretraining}

if __name__ == "__main__":
    main()
