import gc

import numpy as np

from ensemble_kit.identity_memo import IdentityMemo


def test_what_was_worked_out_is_let_go_with_its_objects():
    calls = []
    memo = IdentityMemo(lambda a, b: calls.append(1) or float(a[0] + b[0]))
    one, other = np.array([1.0]), np.array([2.0])
    assert memo(one, other) == memo(one, other) == 3.0
    assert len(calls) == 1
    assert memo(other, one) == 3.0
    assert len(calls) == 2
    del one
    gc.collect()
    assert len(memo) == 0


def test_equal_objects_are_told_apart():
    memo = IdentityMemo(lambda array: array.sum())
    first, second = np.array([1.0]), np.array([1.0])
    memo(first)
    second[0] = 5.0
    assert memo(second) == 5.0
