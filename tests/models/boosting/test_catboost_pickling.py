"""CatBoost models go through pickle as often as one likes."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd

from ensemble_kit.models.boosting.catboost_boosting import CatBoostClassifier

# In a process of its own: what is tested here has ended processes.
TWICE = """
import pickle, sys
model = pickle.loads(pickle.loads(sys.stdin.buffer.read()))
"""


def test_a_model_with_texts_survives_being_pickled_twice():
    rng = np.random.default_rng(0)
    words = [" ".join(rng.choice(["red", "green", "blue"], 4)) for _ in range(60)]
    X = pd.DataFrame({"number": rng.normal(size=60), "note": words})
    model = CatBoostClassifier(iterations=5, random_state=0).fit(X, X["number"] > 0)
    once = pickle.loads(pickle.dumps(model))
    data = pickle.dumps(pickle.dumps(once))
    subprocess.run([sys.executable, "-c", TWICE], input=data, check=True)
    twice = pickle.loads(pickle.dumps(once))
    assert np.array_equal(twice.predict_proba(X), model.predict_proba(X))
