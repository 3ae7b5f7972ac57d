"""Stacks in a notebook beside scikit-learn's and mlxtend's: predictions, scores, time.

    pip install '.[benchmarks]'
    OMP_NUM_THREADS=1 python benchmarks/notebook.py [--tsv benchmarks/notebook.tsv]

Ten lists of members on five data sets, all in one process and one thread, on the same
folds. ``same`` is the largest difference between our out-of-fold predictions and
those of scikit-learn's ``cross_val_predict`` (and mlxtend's own), for members with
probabilities, which all three stack alike. ``loss`` is the log loss of rows that were
held out: ours with the default blend, theirs with a logistic regression. ``worse`` says
where ours is behind by more than two standard errors of the difference, row by row.
``fit`` is the seconds of a processor of ours as a part of scikit-learn's: as it is by
default, and refitted on all rows as theirs is; the least of some fits in turn. The
last lines are the import and one row through ten members, beside the members' own
predictions.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mlxtend.classifier import StackingCVClassifier
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import (
    StratifiedKFold,
    cross_val_predict,
    train_test_split,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from ensemble_kit import StackedClassifier

Data = tuple[NDArray[np.float64], NDArray[np.int64]]
SLOW = 0.5  # seconds; what takes as long is fitted once
FITS = 5
COLUMNS = (
    "data",
    "members",
    "same",
    "loss",
    "sklearn",
    "mlxtend",
    "worse",
    "fit",
    "refit",
)
OURS = "from ensemble_kit import StackedClassifier"
THEIRS = "import sklearn.ensemble, pandas"


def linear() -> Any:
    """Return a logistic regression on scaled columns."""
    return make_pipeline(StandardScaler(), LogisticRegression())


def forest(kind: type, n_trees: int = 50) -> Any:
    """Return a forest of some trees."""
    return kind(n_trees, random_state=0)


MODELS: dict[str, Callable[[], Any]] = {
    "lr": linear,
    "nb": GaussianNB,
    "lda": LinearDiscriminantAnalysis,
    "tree": lambda: DecisionTreeClassifier(max_depth=5, random_state=0),
    "stump": lambda: DecisionTreeClassifier(max_depth=2, random_state=0),
    "knn": lambda: make_pipeline(StandardScaler(), KNeighborsClassifier(15)),
    "near": lambda: make_pipeline(StandardScaler(), KNeighborsClassifier(5)),
    "svm": lambda: make_pipeline(StandardScaler(), LinearSVC(random_state=0)),
    "svc": lambda: make_pipeline(StandardScaler(), SVC()),
    "ridge": RidgeClassifier,
    "forest": lambda: forest(RandomForestClassifier),
    "extra": lambda: forest(ExtraTreesClassifier),
    "boost": lambda: GradientBoostingClassifier(n_estimators=20, random_state=0),
    "hist": lambda: HistGradientBoostingClassifier(max_iter=20, random_state=0),
}
LISTS = (
    "lr nb",
    "svm forest",
    "lr tree knn",
    "nb lda tree knn",
    "ridge svc lr",
    "forest extra lr",
    "hist lr",
    "boost lr nb",
    "lr lda nb stump tree knn near",
    "lr lda nb stump tree knn near forest extra hist",
)


def data_sets() -> dict[str, Data]:
    """Return five tables of numbers with classes."""
    digits, labels = load_digits(return_X_y=True)
    made = make_classification(
        800, 20, n_informative=6, n_classes=3, flip_y=0.1, random_state=0
    )
    return {
        "cancer": load_breast_cancer(return_X_y=True),
        "wine": load_wine(return_X_y=True),
        "iris": load_iris(return_X_y=True),
        "digits": (digits[:600], labels[:600]),
        "made": made,
    }


def main() -> None:
    """Print a line for each list on each data set, and the sums."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tsv", type=Path, help="Where the table is written as well.")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = []
    tell("\t".join(COLUMNS))
    for name, data in data_sets().items():
        for members in LISTS:
            row = (name, members, *measure(members.split(), *data))
            tell("\t".join(row))
            rows.append(row)
    if arguments.tsv is not None:
        with arguments.tsv.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, delimiter="\t").writerows([COLUMNS, *rows])
    summarize(rows)
    measure_row(*data_sets()["cancer"])
    measure_import()


def tell(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def measure(names: Sequence[str], X: NDArray[Any], y: NDArray[Any]) -> list[str]:
    """Return one line's numbers."""
    X_fit, X_later, y_fit, y_later = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=0
    )
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X_fit, y_fit))
    members = [(name, MODELS[name]()) for name in names]
    final = LogisticRegression()
    stacks: dict[str, Any] = {
        "ours": StackedClassifier(members, cv=folds, random_state=0),
        "refit": StackedClassifier(members, final, cv=folds, test="refit"),
        "sklearn": StackingClassifier(members, final, cv=folds),
    }
    is_alike = all(hasattr(model, "predict_proba") for _, model in members)
    if is_alike:
        stacks["mlxtend"] = StackingCVClassifier(
            [model for _, model in members],
            final,
            use_probas=True,
            cv=folds,
            store_train_meta_features=True,
        )
    seconds, fitted = timed_fits(stacks, X_fit, y_fit)
    losses = {
        name: row_losses(fitted[name].predict_proba(X_later), y_later)
        for name in stacks
    }
    parts = seconds["ours"] / seconds["sklearn"], seconds["refit"] / seconds["sklearn"]
    mlxtend = f"{losses['mlxtend'].mean():.4f}" if is_alike else ""
    return [
        f"{difference(members, fitted, X_fit, y_fit, folds):.1e}" if is_alike else "",
        f"{losses['ours'].mean():.4f}",
        f"{losses['sklearn'].mean():.4f}",
        mlxtend,
        "worse" if is_behind(losses["ours"], losses["sklearn"]) else "",
        *(f"{part:.2f}" for part in parts),
    ]


def timed_fits(
    stacks: dict[str, Any], X: NDArray[Any], y: NDArray[Any]
) -> tuple[dict[str, float], dict[str, Any]]:
    """Return each stack's least seconds of a processor, and what was fitted.

    They take turns, so that what else the machine does falls on all of them.
    """
    fitted: dict[str, Any] = {}
    seconds = dict.fromkeys(stacks, np.inf)
    for _ in range(FITS):
        for name, stack in stacks.items():
            begin = time.process_time()
            fitted[name] = clone(stack).fit(X, y)
            seconds[name] = min(seconds[name], time.process_time() - begin)
        if max(seconds.values()) > SLOW:
            break
    return seconds, fitted


def row_losses(
    probabilities: NDArray[np.float64], y: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the log loss of each row."""
    own = probabilities[np.arange(len(y)), y]
    return -np.log(np.clip(own, 1e-15, 1))


def is_behind(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> bool:
    """Return whether ours loses more by over two standard errors of the difference."""
    gap = ours - theirs
    return bool(gap.mean() > 2 * gap.std(ddof=1) / np.sqrt(len(gap)))


def difference(
    members: Sequence[tuple[str, Any]],
    fitted: dict[str, Any],
    X: NDArray[Any],
    y: NDArray[Any],
    folds: Any,
) -> float:
    """Return how far out-of-fold predictions of the three are from each other."""
    ours = fitted["ours"].oof_.oof
    theirs = [
        cross_val_predict(model, X, y, cv=folds, method="predict_proba")
        for _, model in members
    ]
    found = np.abs(ours - np.stack(theirs, axis=1)).max()
    # mlxtend keeps its rows in the order of the folds.
    order = np.concatenate([valid for _, valid in folds])
    others = fitted["mlxtend"].train_meta_features_.reshape(ours.shape)
    rows = ours if np.allclose(ours, others, atol=1e-6) else ours[order]
    return float(max(found, np.abs(rows - others).max()))


def summarize(rows: Sequence[Sequence[str]]) -> None:
    """Print sums over all lines."""
    tell("")
    same = [float(row[2]) for row in rows if row[2]]
    tell(f"out-of-fold predictions differ by at most {max(same):.1e}")
    behind = sum(row[6] == "worse" for row in rows)
    tell(f"better or equal within noise in {len(rows) - behind} of {len(rows)}")
    for at, what in ((7, "fit, by default"), (8, "fit, refitted on all rows")):
        found = sorted(float(row[at]) for row in rows)
        tell(
            f"{what}: {statistics.median(found):.2f} of scikit-learn's seconds in the "
            f"middle, {found[0]:.2f} to {found[-1]:.2f}"
        )


def measure_row(X: NDArray[Any], y: NDArray[Any]) -> None:
    """Print what one row takes beside the members' own predictions."""
    members = [(name, MODELS[name]()) for name in LISTS[-1].split()]
    stack = StackedClassifier(members, cv=5, test="refit", random_state=0).fit(X, y)
    theirs = StackingClassifier(members, LogisticRegression(), cv=5).fit(X, y)
    models, row = stack.estimators_, X[:1]
    ours, own, other = (
        milliseconds(call)
        for call in (
            lambda: stack.predict_proba(row),
            lambda: [model.predict_proba(row) for model in models],
            lambda: theirs.predict_proba(row),
        )
    )
    tell(
        f"one row through ten members: {ours:.1f} ms; the members' own predictions "
        f"{own:.1f} ms, {ours / own:.2f} times; scikit-learn's stack {other:.1f} ms"
    )


def milliseconds(call: Callable[[], object], repeats: int = 30) -> float:
    """Return the median time of some calls."""
    found = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        found.append(1000 * (time.perf_counter() - begin))
    return statistics.median(found)


def measure_import(repeats: int = 5) -> None:
    """Print what importing takes beside scikit-learn and pandas."""
    ours, theirs = (
        min(process_seconds(code) for _ in range(repeats)) for code in (OURS, THEIRS)
    )
    tell(
        f"import: {ours:.2f} s of a processor, {ours / theirs:.2f} times scikit-learn "
        "and pandas"
    )


def process_seconds(code: str) -> float:
    """Return the seconds of a processor that a process takes."""
    before = os.times()
    subprocess.run([sys.executable, "-c", code], check=True)
    after = os.times()
    return (
        after.children_user
        + after.children_system
        - before.children_user
        - before.children_system
    )


if __name__ == "__main__":
    main()
