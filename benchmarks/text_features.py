"""What text features cost: stacking, each featurizer, and Russian lemmas.

python benchmarks/text_features.py stack --rows 14000 100000
python benchmarks/text_features.py featurizers --rows 10000 100000
python benchmarks/text_features.py lemmas --words 200000

Texts come from ``--csv FILE --column NAME``, resampled to the number of rows; else
from the docstrings competition. Times are CPU seconds of one process.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import StackingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from ensemble_kit.catalog.featurizers import FEATURIZERS
from ensemble_kit.features.counting.tfidf_text import TfidfText
from ensemble_kit.features.texts.tokens import word_forms

DOCSTRINGS = Path(__file__).parents[1] / "competitions" / "docstrings" / "train.csv"
MEMBERS: dict[str, tuple[dict[str, Any], dict[str, Any], Any]] = {
    "words_nb": (
        {"words": (1, 2), "min_df": 2},
        {"ngram_range": (1, 2), "min_df": 2},
        MultinomialNB(alpha=0.05),
    ),
    "words_logistic": (
        {"words": (1, 2), "min_df": 2, "sublinear": True},
        {"ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True},
        LogisticRegression(C=10, solver="liblinear", tol=0.01, random_state=0),
    ),
    "characters_nb": (
        {"words": None, "characters": (2, 5), "min_df": 2},
        {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2},
        MultinomialNB(alpha=0.05),
    ),
}


def main() -> None:
    """Run one of the benchmarks."""
    options = read_options()
    benchmarks = {"stack": stack, "featurizers": featurizers, "lemmas": lemmas}
    benchmarks[options.benchmark](options)


def read_options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("benchmark", choices=("stack", "featurizers", "lemmas"))
    parser.add_argument("--csv", type=Path, default=DOCSTRINGS)
    parser.add_argument("--column", default="description")
    parser.add_argument("--rows", type=int, nargs="+", default=[14_000])
    parser.add_argument("--members", nargs="+", default=list(MEMBERS))
    parser.add_argument("--names", nargs="+", help="featurizers; all without it")
    parser.add_argument("--words", type=int, default=200_000)
    options = parser.parse_args()
    if options.benchmark != "lemmas" and not options.csv.is_file():
        parser.error(
            f"{options.csv} is not there; give a --csv, or make this one with: "
            "python competitions/docstrings/prepare.py"
        )
    return options


def resampled(options: argparse.Namespace, n_rows: int) -> tuple[list[str], np.ndarray]:
    """Return texts, each a random half of two real ones, and made-up classes.

    Halves are joined so that a resampled corpus has as many distinct texts as rows.
    The class depends on a few words and on chance.
    """
    texts = pd.read_csv(options.csv)[options.column].fillna("").astype(str)
    words = [text.split() for text in texts]
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, len(words), size=(n_rows, 2))
    joined = [
        " ".join([*words[a][: len(words[a]) // 2], *words[b][len(words[b]) // 2 :]])
        for a, b in pairs
    ]
    signal = np.array([len(text) % 7 + text.count(" the ") for text in joined])
    noisy = signal + rng.normal(scale=2, size=n_rows)
    return joined, (noisy > np.median(noisy)).astype(int)


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a function returns, and the CPU seconds it took."""
    start = time.process_time()
    result = function()
    return result, time.process_time() - start


def stack(options: argparse.Namespace) -> None:
    """Compare members over five folds with StackingClassifier, times and matrices."""
    for n_rows in options.rows:
        texts, y = resampled(options, n_rows)
        ours, seconds = timed(lambda t=texts, y=y: stack_ours(t, y, options.members))
        theirs, reference = timed(
            lambda t=texts, y=y: stack_theirs(t, y, options.members)
        )
        say(
            f"{n_rows:>9,} texts, {len(options.members)} members: "
            f"ours {seconds:.1f} s, StackingClassifier {reference:.1f} s, "
            f"ratio {reference / seconds:.1f}; largest difference of a matrix "
            f"{matrix_difference(texts, y, options.members):.1e}, of an "
            f"out-of-fold probability {np.abs(ours - theirs).max():.1e}"
        )


def folds_of(y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return StackingClassifier's folds."""
    return list(StratifiedKFold(5).split(y, y))


def stack_ours(texts: list[str], y: np.ndarray, members: list[str]) -> np.ndarray:
    """Count once, slice per fold, share a fold's matrix; return the OOF columns."""
    oof = np.zeros((len(texts), len(members)))
    makers = {name: TfidfText(**MEMBERS[name][0]) for name in members}
    counted = {}
    for maker in makers.values():
        counter = maker.counter()
        if counter.key not in counted:
            counted[counter.key] = counter.count(texts)
    for train, valid in folds_of(y):
        for j, (name, maker) in enumerate(makers.items()):
            counts = counted[maker.counter().key]
            model = MEMBERS[name][2].fit(maker.fit_transform(counts[train]), y[train])
            oof[valid, j] = model.predict_proba(maker.transform(counts[valid]))[:, 1]
    LogisticRegression().fit(oof, y)
    return oof


def stack_theirs(texts: list[str], y: np.ndarray, members: list[str]) -> np.ndarray:
    """Return the columns of a StackingClassifier over the same members."""
    stacked = StackingClassifier(
        [
            (
                name,
                make_pipeline(
                    TfidfVectorizer(**MEMBERS[name][1], dtype=np.float32),
                    MEMBERS[name][2],
                ),
            )
            for name in members
        ],
        final_estimator=_Recorder(),
        cv=5,
    )
    return stacked.fit(texts, y).final_estimator_.columns_


class _Recorder(LogisticRegression):
    """A logistic regression that keeps what it was fitted on."""

    def fit(self, X: Any, y: Any) -> "_Recorder":
        self.columns_ = np.array(X)
        return super().fit(X, y)


def matrix_difference(texts: list[str], y: np.ndarray, members: list[str]) -> float:
    """Return the largest difference of a weight in the first fold's matrices."""
    train, valid = folds_of(y)[0]
    largest = 0.0
    for name in members:
        ours, theirs = TfidfText(**MEMBERS[name][0]), MEMBERS[name][1]
        vectorizer = TfidfVectorizer(**theirs, dtype=np.float32)
        counted = ours.counter().count(texts)
        ours.fit(counted[train])
        vectorizer.fit([texts[row] for row in train])
        order = np.argsort(ours.get_feature_names_out())
        matrix = ours.transform(counted[valid])[:, order]
        expected = vectorizer.transform([texts[row] for row in valid])
        largest = max(largest, float(abs(matrix - expected).max()))
    return largest


def featurizers(options: argparse.Namespace) -> None:
    """Measure every text featurizer in a process of its own."""
    wanted = options.names or [n for n, s in FEATURIZERS.items() if s.role == "text"]
    context = multiprocessing.get_context("spawn")
    for name in wanted:
        for n_rows in options.rows:
            with context.Pool(1) as pool:
                say(pool.apply(measure, (name, n_rows, options)))


def measure(name: str, n_rows: int, options: argparse.Namespace) -> str:
    """Return one line: seconds, rows per second and peak memory."""
    texts, y = resampled(options, n_rows)
    before = peak_megabytes()
    transformer = FEATURIZERS[name].build({})
    try:
        features, seconds = timed(lambda: transformer.fit_transform(texts, y))
    except (ValueError, ImportError) as error:
        return f"{name:>22} {n_rows:>9,} rows: {str(error).splitlines()[0]}"
    return (
        f"{name:>22} {n_rows:>9,} rows: {seconds:8.2f} s, "
        f"{n_rows / seconds:>9,.0f} rows/s, {features.shape[1]:>9,} columns, "
        f"peak {peak_megabytes() - before:,.0f} MB above the texts"
    )


def peak_megabytes() -> float:
    """Return the largest memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def lemmas(options: argparse.Namespace) -> None:
    """Compare Russian lemmas of distinct words with lemmas of every word."""
    words = russian_words(options)
    word_forms(["слово"], "lemma", "ru")
    every, slow = timed(lambda: word_forms(words, "lemma", "ru"))
    mapped, fast = timed(lambda: by_distinct(words))
    say(
        f"{len(words):,} words, {len(set(words)):,} distinct: word by word "
        f"{len(words) / slow:,.0f} words/s, distinct then map "
        f"{len(words) / fast:,.0f} words/s, ratio {slow / fast:.1f}, "
        f"equal: {every == mapped}"
    )


def by_distinct(words: list[str]) -> list[str]:
    """Return lemmas, each distinct word looked up once."""
    distinct = list(dict.fromkeys(words))
    known = dict(zip(distinct, word_forms(distinct, "lemma", "ru"), strict=True))
    return [known[word] for word in words]


def russian_words(options: argparse.Namespace) -> list[str]:
    """Return the words of a CSV, or dictionary words with Zipf's frequencies."""
    if options.csv != DOCSTRINGS:
        texts = pd.read_csv(options.csv)[options.column].fillna("")
        found = texts.str.lower().str.findall(r"[а-яё]+").explode().dropna()
        return found.iloc[: options.words].tolist()
    import pymorphy3

    known = pymorphy3.MorphAnalyzer(lang="ru").dictionary.iter_known_words()
    vocabulary = [word for _, (word, *_) in zip(range(400_000), known, strict=False)]
    rng = np.random.default_rng(0)
    vocabulary = rng.permutation(vocabulary)[:30_000]
    shares = 1 / np.arange(1, len(vocabulary) + 1)
    return rng.choice(vocabulary, size=options.words, p=shares / shares.sum()).tolist()


def say(line: str) -> None:
    """Write one line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
