"""Numbers are spelled alike with pyarrow and without it."""

import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ensemble_kit.tables.decimals import decimal_lines

ODD = [0.0, -0.0, 1.0, -3.0, 1e-4, 9.9999e-5, 1e15, 1e16, 1e22, 5e-324, 1e308, np.nan]


@given(st.lists(st.floats(allow_infinity=False), min_size=1, max_size=40))
def test_pyarrow_spells_floats_as_python_does(values):
    matrix = np.array([values, values]).T
    wanted = ["" if value != value else repr(value) for value in values]
    for many in (0, 10**9):
        assert decimal_lines(matrix, many) == [f"{one},{one}" for one in wanted]


def test_probabilities_and_odd_numbers_read_back_as_the_same():
    matrix = np.random.default_rng(0).random((5000, 3)) ** 4
    matrix[: len(ODD), 1] = ODD
    lines = decimal_lines(matrix, 0)
    assert lines == decimal_lines(matrix, 10**9)
    read = [[float(cell or "nan") for cell in line.split(",")] for line in lines]
    assert np.array_equal(np.array(read), matrix, equal_nan=True)


def test_without_pyarrow_there_is_another_way(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert decimal_lines(np.array([[0.25, 1e-7]]), 0) == ["0.25,1e-07"]
