"""What neural text models score, cost and add beside classical members.

python benchmarks/neural_text.py scores FOLDER... [--models text_gru text_cnn]
python benchmarks/neural_text.py throughput FOLDER

``scores`` holds 20 % of each folder's training rows. Every network finds its epochs
and temperature on inner rows of the others. A logistic (or ridge) stack of classical
members, cross-fitted on the held rows, is compared with the same stack and one network
more: the gain, with the 2.5 % and 97.5 % points of a paired bootstrap.
``throughput`` trains one network with length buckets, and as textbooks do: random
batches, padded to the longest text of the batch, or of all (256 tokens at most).
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.naive_bayes import MultinomialNB

from ensemble_kit.catalog import MODELS
from ensemble_kit.competition import load_competition
from ensemble_kit.models.text_nets.inputs.tokens import read_texts, tokenize
from ensemble_kit.models.text_nets.named_networks import TextRNNClassifier

NETWORKS = ["text_lstm", "text_gru", "text_cnn", "text_average", "text_transformer"]
WORDS = r"(?u)\w+|[^\w\s]"


def main() -> None:
    """Read the command line and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=REPORTS)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--models", nargs="+", default=NETWORKS)
    parser.add_argument("--max-rows", type=int, default=20_000)
    arguments = parser.parse_args()
    for folder in arguments.folders:
        rows = REPORTS[arguments.what](folder, arguments)
        for row in rows:
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()


def scores(folder: Path, arguments: argparse.Namespace) -> Iterator[str]:
    """Yield a line per member: its score, its cost, and a network's gain."""
    competition, fit, held = split(folder, arguments.max_rows)
    kind, y = competition.task.kind, competition.y
    X = competition.X
    classical = dict(classical_members(X, y, fit, held, kind))
    for name, (outputs, seconds) in classical.items():
        yield line(competition.name, name, y[held], outputs, kind, seconds)
    stack = [outputs for outputs, _ in classical.values()]
    base = stacked_losses(stack, y[held], kind)
    yield f"{competition.name:16} {'stack':18} {base.mean():.4f}"
    for name in arguments.models:
        outputs, seconds, read = fit_network(name, X, y, fit, held, kind)
        gain = base - stacked_losses([*stack, outputs], y[held], kind)
        low, high = bootstrap(gain)
        yield (
            line(competition.name, name, y[held], outputs, kind, seconds)
            + f"  {read / seconds:8.0f} tokens/s"
            + f"  gain {gain.mean():+.4f} ({low:+.4f} to {high:+.4f})"
        )


def split(folder: Path, max_rows: int) -> tuple[Any, NDArray, NDArray]:
    """Return a competition, and its rows to fit on and to hold."""
    competition = load_competition(folder)
    rows = np.random.default_rng(0).permutation(len(competition.y))[:max_rows]
    classes = competition.y[rows] if competition.task.is_classification else None
    fit, held = train_test_split(rows, test_size=0.2, random_state=0, stratify=classes)
    return competition, fit, held


def classical_members(
    X: pd.DataFrame, y: NDArray, fit: NDArray, held: NDArray, kind: str
) -> Iterator[tuple[str, tuple[NDArray, float]]]:
    """Yield (name, (outputs, seconds)) of linear, naive Bayes and tree members."""
    names = text_columns(X)
    texts = X[names].astype(object).fillna("").astype(str).agg(" \n ".join, axis=1)
    word = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORDS)
    char = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True
    )
    regression = kind == "regression"
    for name, vectorizer in (("words", word), ("characters", char)):
        started = time.process_time()
        A = vectorizer.fit_transform(texts.iloc[fit])
        B = vectorizer.transform(texts.iloc[held])
        linear = Ridge(2.0) if regression else LogisticRegression(C=10, max_iter=200)
        yield f"{name}_linear", timed(linear, A, y[fit], B, started)
        if not regression:
            started = time.process_time()
            yield (
                f"{name}_bayes",
                timed(MultinomialNB(alpha=0.05), A, y[fit], B, started),
            )
        if name == "words":
            yield "trees", trees(X.drop(columns=names), A, B, y, fit, held, regression)


def trees(
    table: pd.DataFrame,
    A: sparse.csr_matrix,
    B: sparse.csr_matrix,
    y: NDArray,
    fit: NDArray,
    held: NDArray,
    regression: bool,
) -> tuple[NDArray, float]:
    """Return the outputs of boosted trees on the table and 50 components of words."""
    started = time.process_time()
    svd = TruncatedSVD(50, random_state=0).fit(A)
    codes = table.copy()
    for name in codes.select_dtypes("category"):
        codes[name] = codes[name].cat.codes.astype(float)
    for name in codes.select_dtypes("datetime"):
        codes[name] = codes[name].astype("int64").astype(float)
    columns = codes.to_numpy(float)
    kind = (
        HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    )
    model = kind(max_iter=150, learning_rate=0.07, random_state=0)
    A, B = (np.hstack([columns[r], svd.transform(m)]) for r, m in ((fit, A), (held, B)))
    return timed(model, A, y[fit], B, started)


def fit_network(
    name: str, X: pd.DataFrame, y: NDArray, fit: NDArray, held: NDArray, kind: str
) -> tuple[NDArray, float, int]:
    """Return a network's outputs, CPU seconds, and tokens that it trained on."""
    model = MODELS[name].build(kind, {"inner_fraction": 0.15}, seed=0)
    started = time.process_time()
    outputs, seconds = timed(model, X.iloc[fit], y[fit], X.iloc[held], started)
    tokens = count_tokens(X[text_columns(X)].iloc[fit], model.max_length)
    passes = model.epochs_ + 0.85 * model.schedule_epochs_
    return outputs, seconds, int(tokens * passes)


def timed(
    model: Any, A: Any, y: NDArray, B: Any, started: float
) -> tuple[NDArray, float]:
    """Return a fitted model's outputs in two dimensions, and CPU seconds."""
    model.fit(A, y)
    if hasattr(model, "predict_proba"):
        outputs = model.predict_proba(B)
    else:
        outputs = model.predict(B)[:, None]
    return outputs, time.process_time() - started


def stacked_losses(members: list[NDArray], y: NDArray, kind: str) -> NDArray:
    """Return each held row's loss under a cross-fitted stack of members."""
    if kind == "regression":
        table = np.hstack(members)
        return (cross_val_predict(Ridge(1.0), table, y, cv=10) - y) ** 2
    table = np.hstack([np.log(np.clip(m, 1e-6, 1)) for m in members])
    table = table - table.mean(axis=0)
    model = LogisticRegression(C=0.05, max_iter=2000)
    chances = cross_val_predict(model, table, y, cv=10, method="predict_proba")
    return row_losses(chances, y)


def row_losses(chances: NDArray, y: NDArray) -> NDArray:
    """Return minus the log probability of each row's class."""
    return -np.log(np.clip(chances[np.arange(len(y)), y], 1e-15, 1))


def bootstrap(gain: NDArray, n_draws: int = 2000) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % points of a mean over resampled rows."""
    draws = np.random.default_rng(0).integers(len(gain), size=(n_draws, len(gain)))
    low, high = np.quantile(gain[draws].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def line(
    competition: str, name: str, y: NDArray, outputs: NDArray, kind: str, seconds: float
) -> str:
    """Return a member's row of the table."""
    if kind == "regression":
        score = f"rmse {np.sqrt(np.mean((outputs[:, 0] - y) ** 2)):.4f}"
    else:
        score = f"log loss {row_losses(outputs, y).mean():.4f}"
    if kind == "binary":
        score += f" auc {roc_auc_score(y, outputs[:, 1]):.4f}"
    return f"{competition:16} {name:18} {score}  {seconds:6.1f} s"


def text_columns(X: pd.DataFrame) -> list[str]:
    """Return the names of a frame's text columns."""
    return [c for c in X if isinstance(X[c].dtype, pd.StringDtype)]


def throughput(folder: Path, arguments: argparse.Namespace) -> Iterator[str]:
    """Yield tokens of text per CPU second for each way to make batches."""
    from ensemble_kit.models.text_nets import text_fitting
    from ensemble_kit.models.text_nets.inputs import tensors as text_tensors

    competition, fit, held = split(folder, arguments.max_rows)
    texts = competition.X[text_columns(competition.X)]
    y = competition.y
    longest = longest_text(texts.iloc[fit])
    buckets = text_fitting.training_batches, text_tensors.text_width
    for name, batches, width in (
        ("length buckets", *buckets),
        ("random, longest of the batch", random_batches, buckets[1]),
        (f"random, {longest} tokens", random_batches, lambda lengths: longest),
    ):
        text_fitting.training_batches, text_tensors.text_width = batches, width
        model = TextRNNClassifier(cell="gru", epochs=2, random_state=0)
        started = time.process_time()
        model.fit(texts.iloc[fit], y[fit])
        seconds = time.process_time() - started
        text_fitting.training_batches, text_tensors.text_width = buckets
        loss = row_losses(model.predict_proba(texts.iloc[held]), y[held]).mean()
        tokens = 2 * count_tokens(texts.iloc[fit], 256)
        yield f"{name:30} {tokens / seconds:8.0f} tokens/s  log loss {loss:.4f}"


def random_batches(
    lengths: NDArray, batch_size: int, batch_tokens: int, generator: Any
) -> list[NDArray]:
    """Return batches of rows in random order, whatever their lengths."""
    order = generator.permutation(len(lengths))
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]


def count_tokens(texts: pd.DataFrame, longest: int) -> int:
    """Return the tokens that a network reads in one pass."""
    return sum(min(n_tokens, longest) for n_tokens in token_counts(texts))


def longest_text(texts: pd.DataFrame) -> int:
    """Return the tokens of the longest text that a network reads."""
    return min(256, max(token_counts(texts)))


def token_counts(texts: pd.DataFrame) -> list[int]:
    """Return the tokens of every text."""
    columns = [read_texts(texts[name]) for name in texts]
    return [len(tokenize(text)) for column in columns for text in column]


REPORTS = {"scores": scores, "throughput": throughput}

if __name__ == "__main__":
    main()
