"""A model that goes wrong in a way of one's choice."""

import ctypes
import os
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from ensemble_kit.catalog import MODELS
from ensemble_kit.registry import ModelSpec


class FaultyClassifier(ClassifierMixin, BaseEstimator):
    """Fail as asked: in fit or in what is predicted."""

    def __init__(self, fault="none", number=0, marker=""):
        self.fault = fault
        self.number = number
        self.marker = marker

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        if self.fault == "raise":
            raise ValueError("on purpose")
        if self.fault == "memory":
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        if self.fault == "signal":
            os.kill(os.getpid(), self.number)
        if self.fault == "hang":
            ctypes.CDLL(None).sleep(3600)
        if self.fault == "once" and not Path(self.marker).exists():
            Path(self.marker).touch()
            os.abort()
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


MODELS.add(
    ModelSpec(
        "faulty",
        "test",
        classifier="faulty_models:FaultyClassifier",
        accepts=frozenset({"nan"}),
        features="trees",
        seed_parameter=None,
        threads_parameter=None,
    )
)
