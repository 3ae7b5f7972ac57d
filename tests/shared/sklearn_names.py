"""scikit-learn's names for our ensembles, under which its own tests are run."""

import inspect
from functools import partial
from importlib import util
from unittest.mock import patch

from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.neural_network import MLPClassifier

NAMES = {"estimators": "members", "final_estimator": "final", "stack_method": "method"}
# Members of their ensembles whose defaults are dear: what is tested is the ensemble.
FORESTS = {
    kind.__name__: partial(kind, n_estimators=23)
    for kind in (RandomForestClassifier, RandomForestRegressor)
}
NETWORKS = {"MLPClassifier": partial(MLPClassifier, max_iter=20)}
RAW = {True: {"original": "raw"}, False: {"original": None}, None: {}}


def renamed(kind, default=None, **fixed):
    """Return a class with our code and scikit-learn's arguments."""

    def ours(given):
        found = {NAMES.get(name, name): value for name, value in given.items()}
        return found | RAW[found.pop("passthrough", None)]

    class Theirs(kind):
        def __init__(self, estimators=(), final_estimator=None, **given):
            own = {"estimators": estimators, "random_state": 0, **fixed, **given}
            final = default if final_estimator is None else final_estimator
            super().__init__(**ours(own if final is None else {"final": final} | own))

        def set_params(self, **given):
            return super().set_params(**ours(given))

        __init__.__signature__ = inspect.signature(kind.__init__)
        estimators = property(lambda self: self.members)
        final_estimator_ = property(lambda self: self.final_[0])
        stack_method_ = property(lambda self: [*self.member_methods_.values()])

    return type(kind.__name__.replace("ed", "ing"), (Theirs,), {})


def their_tests(module, classes):
    """Return the tests of a module of scikit-learn on our classes."""
    found = util.module_from_spec(spec := util.find_spec(module))
    ours = {c.__name__: c for c in classes}
    with (
        patch.multiple("sklearn.ensemble", **ours, **FORESTS),
        patch.multiple("sklearn.neural_network", **NETWORKS),
    ):
        spec.loader.exec_module(found)
    return {name: t for name, t in vars(found).items() if name.startswith("test_")}
