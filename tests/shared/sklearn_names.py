"""scikit-learn's names for our stacks, under which its own tests are run."""

import inspect
from importlib import util
from unittest.mock import patch

FIXED = {"test": "refit", "random_state": 0}  # as their stacks are fitted
NAMES = {"estimators": "members", "final_estimator": "final", "stack_method": "method"}


def renamed(stack, default):
    """Return a class with our stack's code and scikit-learn's arguments."""

    def ours(given):
        found = {NAMES.get(name, name): value for name, value in given.items()}
        raw = {True: {"original": "raw"}, False: {"original": None}, None: {}}
        return found | raw[found.pop("passthrough", None)]

    class Stack(stack):
        def __init__(self, estimators=(), final_estimator=None, **given):
            own = {"final": default if final_estimator is None else final_estimator}
            own |= {"estimators": estimators, **FIXED, **given}
            super().__init__(**ours(own))

        def set_params(self, **given):
            return super().set_params(**ours(given))

        __init__.__signature__ = inspect.signature(stack.__init__)
        final_estimator_ = property(lambda self: self.final_[0])
        stack_method_ = property(lambda self: [*self.member_methods_.values()])

    return type(f"Stacking{stack.__name__[7:]}", (Stack,), {})


def their_tests(module, classes):
    """Return the tests of a module of scikit-learn on our classes."""
    found = util.module_from_spec(spec := util.find_spec(module))
    with patch.multiple("sklearn.ensemble", **{c.__name__: c for c in classes}):
        spec.loader.exec_module(found)
    return {name: t for name, t in vars(found).items() if name.startswith("test_")}
