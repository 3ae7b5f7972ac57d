"""Texts written for texts and for images: how many are right, and how fast.

python competitions/spoken-numbers/prepare.py --output FOLDER
python benchmarks/sequences.py spoken FOLDER
python benchmarks/sequences.py speed FOLDER
python benchmarks/sequences.py digits

``spoken`` fits one network on all training rows, then the members of the pipeline
"standard" on folds, lets them vote, and counts the test texts that are right.
``speed`` trains a textbook's decoder, a loop in Python over the target's tokens, beside
``SequenceToSequence`` with the same units, rows and passes: tokens of targets per
second of one core, and the test texts that are right.
``digits`` writes the names of scikit-learn's digits in English and Russian, and draws
where the decoder looks.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from num2words import num2words
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

from ensemble_kit.competition.text_competition import load_text_competition
from ensemble_kit.models.sequences.plain_texts import CopiedText
from ensemble_kit.models.sequences.sequence_to_sequence import SequenceToSequence
from ensemble_kit.models.sequences.symbols import (
    END,
    FIRST,
    PADDING,
    START,
    Symbols,
    count_symbols,
    encode_symbols,
    join_tokens,
    learn_symbols,
)
from ensemble_kit.models.sequences.vector_to_sequence import VectorToSequence
from ensemble_kit.reporting.text_run import run_texts
from ensemble_kit.running.texts.text_fitting import TextWork
from ensemble_kit.running.texts.text_members import EPOCHS, NETS, text_members
from ensemble_kit.store.store import Store

HIDDEN, SIZE, BATCH = 96, 48, 32
PASSES = 10
SETTINGS = Path(__file__).parents[1] / "competitions/spoken-numbers/competition.toml"


def main() -> None:
    """Read the command line and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=REPORTS)
    parser.add_argument("folder", nargs="?", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for row in REPORTS[arguments.what](arguments.folder):
        sys.stdout.write(f"{row}\n")
        sys.stdout.flush()


def spoken(folder: Path) -> Iterator[str]:
    """Yield how many test texts are right: copied, by one network, by the vote."""
    if not (folder / "competition.toml").exists():
        (folder / "competition.toml").write_text(SETTINGS.read_text("utf-8"), "utf-8")
    competition = load_text_competition(folder)
    X, y, X_test = competition.X, competition.y, competition.X_test
    truth = solution(folder)
    yield f"copy: {np.mean(CopiedText().fit(X, y).predict(X_test) == truth):.3f}"
    for name in ("words", "characters"):
        started = time.process_time()
        net = SequenceToSequence(epochs=EPOCHS, random_state=0, **NETS[name])
        right = np.mean(net.fit(X, y).predict(X_test) == truth)
        seconds = time.process_time() - started
        yield f"one network, {name}: {right:.3f} {seconds:4.0f} s"
    run = run_texts(
        competition,
        text_members("standard", 0),
        TextWork(store=Store(folder / "store")),
        name="standard",
        output=folder,
    )
    for name in run.blend.test.members:
        right = np.mean(run.blend.test.best(name) == truth)
        weight = run.facts["weights"]["vote"][name]
        yield f"{name}, mean of folds: {right:.3f} weight {weight:.2f}"
    voted = run.blend.vote.predict(run.blend.test)
    out_of_fold = run.blend.scores["vote"]
    yield f"vote: {np.mean(voted == truth):.3f} (out of fold {out_of_fold:.3f})"


def solution(folder: Path) -> np.ndarray:
    """Return the true texts of the test rows."""
    table = pd.read_csv(folder / "solution.csv", dtype="str", keep_default_na=False)
    return table["written"].to_numpy(dtype=object)


def speed(folder: Path) -> Iterator[str]:
    """Yield tokens per second and exact matches of a loop and of the kit."""
    train, test = (
        pd.read_csv(folder / f"{name}.csv", dtype="str", keep_default_na=False)
        for name in ("train", "test")
    )
    X, y, truth = list(train["spoken"]), list(train["written"]), solution(folder)
    n_tokens = PASSES * sum(len(text) + 1 for text in y)
    loop = Textbook(X, y)
    seconds = timed(loop.fit)
    base = n_tokens / seconds
    right = np.mean(np.array(loop.predict(list(test["spoken"]))) == truth)
    yield f"textbook: {base:7.0f} tokens/s, right {right:.3f}"
    for attention in ("additive", "multiplicative"):
        net = SequenceToSequence(
            hidden=HIDDEN,
            embedding_dim=SIZE,
            batch_size=BATCH,
            attention=attention,
            epochs=PASSES,
            random_state=0,
        )
        rate = n_tokens / timed(lambda net=net: net.fit(X, y))
        right = np.mean(net.predict(list(test["spoken"])) == truth)
        times = f"x{rate / base:.1f}"
        yield f"{attention}: {rate:7.0f} tokens/s, right {right:.3f}, {times}"


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of the processor that work takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


class Textbook(nn.Module):
    """A GRU that reads, and one that writes a token at a time with attention.

    As tutorials have it: batches of rows in random order, padded to their longest, a
    loop over the target's tokens, additive attention in each step, Adam.
    """

    def __init__(self, X: list[str], y: list[str]):
        super().__init__()
        torch.manual_seed(0)
        self.known = learn_symbols(X, "char", False, 4000, 1)
        self.wanted = learn_symbols(y, "char", False, 4000, 1)
        self.X, self.y = self._read(X, self.known), self._read(y, self.wanted)
        n_wanted = count_symbols(self.wanted)
        self.source = nn.Embedding(count_symbols(self.known), SIZE, padding_idx=0)
        self.encoder = nn.GRU(SIZE, HIDDEN, batch_first=True, bidirectional=True)
        self.begin = nn.Linear(2 * HIDDEN, HIDDEN)
        self.target = nn.Embedding(n_wanted, SIZE, padding_idx=0)
        self.query = nn.Linear(HIDDEN, HIDDEN)
        self.keys = nn.Linear(2 * HIDDEN, HIDDEN)
        self.score = nn.Linear(HIDDEN, 1)
        self.decoder = nn.GRU(SIZE + 2 * HIDDEN, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, n_wanted)

    def fit(self) -> None:
        """Take a step per batch, with the true token before each."""
        optimizer = torch.optim.Adam(self.parameters(), lr=2e-3)
        draw = np.random.default_rng(0)
        for _ in range(PASSES):
            order = draw.permutation(len(self.X))
            for start in range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                wanted = torch.from_numpy(self.y.padded(rows))
                scores = self._write(torch.from_numpy(self.X.padded(rows)), wanted)
                loss = nn.functional.cross_entropy(
                    scores.transpose(1, 2), wanted, ignore_index=PADDING
                )
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.parameters(), 1.0)
                optimizer.step()

    @torch.no_grad()
    def predict(self, X: list[str]) -> list[str]:
        """Return the text of likeliest tokens of each row."""
        read, texts = self._read(X, self.known), []
        for start in range(0, len(X), 200):
            rows = np.arange(start, min(start + 200, len(X)))
            scores = self._write(torch.from_numpy(read.padded(rows)), None)
            for codes in scores.argmax(-1).tolist():
                end = codes.index(END) if END in codes else len(codes)
                terms = self.wanted["terms"]
                tokens = [str(terms[c - FIRST]) for c in codes[:end] if c >= FIRST]
                texts.append(join_tokens(tokens, self.wanted))
        return texts

    def _write(self, batch: Tensor, wanted: Tensor | None) -> Tensor:
        memory, last = self.encoder(self.source(batch))
        state = torch.tanh(self.begin(torch.cat([last[0], last[1]], dim=-1)))[None]
        mask = batch == PADDING
        token = torch.full((len(batch), 1), START)
        scores = []
        for step in range(40 if wanted is None else wanted.shape[1]):
            query = self.query(state[0])[:, None]
            weight = self.score(torch.tanh(query + self.keys(memory)))[..., 0]
            weight = weight.masked_fill(mask, -1e4).softmax(-1)
            found = weight[:, None] @ memory
            joined = torch.cat([self.target(token), found], dim=-1)
            written, state = self.decoder(joined, state)
            scores.append(self.out(written))
            told = (
                scores[-1].argmax(-1) if wanted is None else wanted[:, step : step + 1]
            )
            token = told
        return torch.cat(scores, dim=1)

    def _read(self, texts: list[str], vocabulary: dict) -> Symbols:
        return encode_symbols(texts, vocabulary, 256)


def digits(folder: Path | None) -> Iterator[str]:
    """Yield how many names of digits are right, and where a picture was drawn."""
    images, numbers = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8)
    both = [f"{num2words(n)}, {num2words(n, lang='ru')}" for n in numbers]
    X, X_test, y, y_test = train_test_split(
        images, both, test_size=0.3, random_state=0, stratify=numbers
    )
    seconds, scores = [], []
    for seed in range(3):
        started = time.process_time()
        net = VectorToSequence(epochs=30, hidden=48, random_state=seed).fit(X, y)
        seconds.append(time.process_time() - started)
        scores.append(net.score(X_test, y_test))
    told = " ".join(f"{score:.3f}" for score in scores)
    yield f"digits, {len(y)} images: right {told} of {len(y_test)}"
    yield f"{np.mean(seconds):.0f} s each"
    place = Path(folder or tempfile.gettempdir()) / "looked.png"
    yield f"{y_test[0]}: {net.attention_(X_test[0]).draw(place)}"


REPORTS = {"spoken": spoken, "speed": speed, "digits": digits}

if __name__ == "__main__":
    main()
