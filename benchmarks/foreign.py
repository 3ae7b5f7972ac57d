"""How often predictions made elsewhere are told to have seen their rows, or not.

    python benchmarks/foreign.py [--cases 100]

Every case is a made table of 300 to 600 training rows with noise, a run's own members
(a linear model and a small forest, of a part of the columns at times) and a member of
somebody else's, of a family drawn at random. Its predictions of the training rows are
out of fold once, by five folds, and of a model fitted on these very rows once; those of
the test rows are of one model or the mean over folds. Printed is how many of either
kind are refused, by family. Families that remember little of each row stand apart: what
they make in sample differs little from what is honest.
"""

import argparse
import os
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import make_classification, make_friedman1, make_regression
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ensemble_kit.oof.in_sample import is_in_sample, weigh_evidence

Array = NDArray[Any]
Pair = tuple[Array, Array]
REMEMBER = ("forest", "soft forest", "extra trees", "boosting", "tree", "nearest row")
FORGET = ("ten neighbours", "linear")


def estimator(family: str, classes: bool, seed: int) -> BaseEstimator:
    """Return an unfitted model of a family."""
    forest = RandomForestClassifier if classes else RandomForestRegressor
    extra = ExtraTreesClassifier if classes else ExtraTreesRegressor
    boosting = LGBMClassifier if classes else LGBMRegressor
    neighbours = KNeighborsClassifier if classes else KNeighborsRegressor
    tree = DecisionTreeClassifier if classes else DecisionTreeRegressor
    made: dict[str, Callable[[], BaseEstimator]] = {
        "forest": lambda: forest(20, random_state=seed),
        "soft forest": lambda: forest(20, min_samples_leaf=3, random_state=seed),
        "extra trees": lambda: extra(20, random_state=seed),
        "boosting": lambda: boosting(
            n_estimators=100, verbose=-1, n_jobs=1, random_state=seed
        ),
        "tree": lambda: tree(random_state=seed),
        "nearest row": lambda: neighbours(1),
        "ten neighbours": lambda: neighbours(10),
        "linear": lambda: LogisticRegression() if classes else Ridge(),
    }
    return made[family]()


class Case:
    """A made table, and what models predict of it."""

    def __init__(self, seed: int):
        self.rng = rng = np.random.default_rng(seed)
        self.n, n_test = int(rng.integers(300, 600)), int(rng.integers(150, 400))
        n_rows, width = self.n + n_test, int(rng.integers(6, 20))
        self.classes = seed % 2 == 0
        if self.classes:
            self.X, self.y = make_classification(
                n_rows,
                width,
                n_informative=max(3, width // 2),
                n_redundant=0,
                flip_y=rng.uniform(0.05, 0.3),
                class_sep=rng.uniform(0.5, 1.5),
                random_state=seed,
            )
        elif rng.random() < 0.5:
            noise = rng.uniform(1, 3)
            self.X, self.y = make_friedman1(
                n_rows, width, noise=noise, random_state=seed
            )
        else:
            self.X, self.y = make_regression(
                n_rows,
                width,
                n_informative=width // 2 + 1,
                noise=rng.uniform(30, 150),
                random_state=seed,
            )

    def truth(self) -> Array:
        """Return the target of the training rows, a column for each output."""
        y = self.y[: self.n]
        return np.eye(2)[y] if self.classes else y[:, None].astype(float)

    def honest(self, model: BaseEstimator, X: Array, by_folds: bool) -> Pair:
        """Return out-of-fold predictions, and those of the test rows."""
        found: Array | None = None
        tests = []
        for train, valid in KFold(5, shuffle=True, random_state=0).split(X[: self.n]):
            fitted = clone(model).fit(X[train], self.y[train])
            part = self.predict(fitted, X[valid])
            found = np.zeros((self.n, part.shape[1])) if found is None else found
            found[valid] = part
            tests.append(self.predict(fitted, X[self.n :]))
        assert found is not None
        test = np.mean(tests, axis=0) if by_folds else self.seen(model, X)[1]
        return found, test

    def seen(self, model: BaseEstimator, X: Array) -> Pair:
        """Return predictions of a model that was fitted on the training rows."""
        fitted = clone(model).fit(X[: self.n], self.y[: self.n])
        whole = self.predict(fitted, X)
        return whole[: self.n], whole[self.n :]

    def predict(self, fitted: BaseEstimator, X: Array) -> Array:
        """Return canonical predictions."""
        return fitted.predict_proba(X) if self.classes else fitted.predict(X)[:, None]

    def own(self) -> Pair:
        """Return the mean of the run's own members."""
        share = self.rng.choice([0.6, 0.8, 1.0])
        columns = self.rng.permutation(self.X.shape[1])
        X = self.X[:, columns[: max(2, int(share * len(columns)))]]
        models = [
            estimator("linear", self.classes, 0),
            estimator("soft forest", self.classes, 1),
        ]
        train, test = zip(*(self.honest(m, X, True) for m in models), strict=True)
        return np.mean(train, axis=0), np.mean(test, axis=0)

    def verdicts(self, family: str) -> tuple[bool, bool]:
        """Return whether honest predictions, and those in sample, are refused."""
        model = estimator(family, self.classes, int(self.rng.integers(1000)))
        own, by_folds = self.own(), bool(self.rng.random() < 0.5)
        honest, seen = self.honest(model, self.X, by_folds), self.seen(model, self.X)
        weighed = (weigh_evidence(self.truth(), own, each) for each in (honest, seen))
        first, second = map(is_in_sample, weighed)
        return first, second


def tell(row: tuple[object, ...]) -> None:
    """Print a row of the table."""
    name, cases, honest, seen = row
    sys.stdout.write(f"{name:<16}{cases:>6}{honest:>16}{seen:>19}\n")
    sys.stdout.flush()


def main() -> None:
    """Print how many cases are refused, by family."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=100)
    warnings.simplefilter("ignore")
    n_cases = parser.parse_args().cases
    for families in (REMEMBER, FORGET):
        found: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
        for seed in range(n_cases):
            family = families[seed // 2 % len(families)]
            found[family].append(Case(seed).verdicts(family))
        tell(("family", "cases", "honest refused", "in sample refused"))
        for family in families:
            honest, seen = np.sum(found[family], axis=0)
            tell((family, len(found[family]), honest, seen))
        honest, seen = np.sum([v for each in found.values() for v in each], axis=0)
        tell(("all", n_cases, honest, seen))


if __name__ == "__main__":
    main()
