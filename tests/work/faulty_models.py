"""A model that goes wrong in a way of one's choice."""

import ctypes
import os
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from ensemble_kit.catalog import MODELS
from ensemble_kit.model_spec import UNMEASURED, ModelSpec


class FaultyClassifier(ClassifierMixin, BaseEstimator):
    """Fail as asked: in fit or in what is predicted."""

    def __init__(self, fault="none", number=0, marker=""):
        self.fault = fault
        self.number = number
        self.marker = marker

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        getattr(self, f"_{self.fault}", lambda X: None)(X)
        return self

    def predict_proba(self, X):
        predictions = np.full((len(X), len(self.classes_)), 1 / len(self.classes_))
        if self.fault == "nan":
            predictions[0] = np.nan
        if self.fault == "shape":
            predictions = predictions[1:]
        if self.fault == "range":
            predictions[0] = [2.0, -1.0]
        return predictions

    def _raise(self, X):
        raise ValueError("on purpose")

    def _one_fold(self, X):
        if np.isclose(np.asarray(X)[0, 0], self.number):
            raise ValueError("in this fold alone")

    def _memory(self, X):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    def _endless(self, X):
        kept = []
        while True:
            kept.append(np.ones(2**22))

    def _signal(self, X):
        os.kill(os.getpid(), self.number)

    def _segfault(self, X):
        ctypes.string_at(0)

    def _abort(self, X):
        os.abort()

    def _hang(self, X):
        ctypes.CDLL(None).sleep(3600)

    def _once(self, X):
        if not Path(self.marker).exists():
            Path(self.marker).touch()
            os.abort()


MODELS.add(
    ModelSpec(
        "faulty",
        "test",
        classifier="faulty_models:FaultyClassifier",
        accepts=frozenset({"nan"}),
        features="trees",
        seed_parameter=None,
        threads_parameter=None,
        cost=UNMEASURED,
    )
)
