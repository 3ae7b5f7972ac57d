"""Coded cells, as they come from large files, are the cells that plain columns hold."""

from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_kit.competition import load_competition
from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.tables.cells import Cells, CodedCells

ODD = ["", " ", "a", " a", "a ", "A", "1", "01", "1.0", "-1", "NA", "?", "é", "\u00a0a"]
CELLS = st.lists(st.sampled_from(ODD), min_size=1, max_size=12)
MORE_ODD = ["1", "2.5", "-3", "1e3", "1,5", "NA", "", "x", " x", "2020-01-02", "é", "?"]
ROWS = st.lists(
    st.tuples(*[st.sampled_from(MORE_ODD)] * 3, st.sampled_from(["0", "1"])),
    min_size=8,
    max_size=40,
)


def series(cells):
    return pd.Series(cells, dtype="str")


@given(CELLS, st.none() | CELLS)
def test_coded_columns_are_joined_as_plain_ones_are(train, test):
    plain = [series(cells) for cells in (train, test) if cells is not None]
    coded = [CodedCells.of(cells) for cells in plain]
    expected = JointColumn.of("a", plain[0], plain[1] if test else None)
    for first in (plain[0], coded[0]):
        column = JointColumn.of("a", first, coded[1] if test else None)
        assert column.cells.tolist() == expected.cells.tolist()
        assert column.codes.tolist() == expected.codes.tolist()
        assert column.n_train == expected.n_train


@given(CELLS)
def test_a_coded_column_is_written_out_as_it_was(cells):
    plain = series(cells)
    coded = Cells({"a": CodedCells.of(plain)}, len(cells))
    pd.testing.assert_series_equal(coded["a"], plain.rename("a"))
    pd.testing.assert_frame_equal(coded.to_frame(), plain.to_frame("a"))
    assert coded.rows(slice(-3, None))["a"].tolist() == cells[-3:]
    assert list(coded.in_turn("a")) == cells
    assert coded.n_distinct("a") == Cells.of(plain.to_frame("a")).n_distinct("a")
    assert [coded.has("a", cell) for cell in ODD] == [cell in cells for cell in ODD]


def test_cells_change_in_the_columns_that_are_named_alone():
    cells = Cells({"a": CodedCells.of(series(["x", "y"])), "b": series(["1", "2"])}, 2)
    renamed = cells.rename({"a": "c"})
    assert renamed.columns == ("c", "b")
    assert renamed.assign({"b": series(["3", "4"])})["b"].tolist() == ["3", "4"]
    assert renamed.drop(["c"]).columns == ("b",)
    assert (cells.columns, len(cells)) == (("a", "b"), 2)


def loaded(folder, large):
    """Return what a folder gives where pyarrow reads files from some size on."""
    with patch("ensemble_kit.tables.parsing.LARGE", large):
        try:
            competition = load_competition(folder)
        except CompetitionError as error:
            return str(error)
    return competition


@pytest.mark.parametrize("many_rows", [0, 1 << 20])
@settings(max_examples=8)  # each loads two competitions
@given(rows=ROWS, test_rows=ROWS)
def test_a_large_file_gives_the_competition_that_a_small_one_does(
    tmp_path_factory, many_rows, rows, test_rows
):
    folder = tmp_path_factory.mktemp("made")
    names = ["x", "y y", "z", "target"]
    train = pd.DataFrame(rows, columns=names)
    test = pd.DataFrame(test_rows, columns=names).drop(columns="target")
    train.to_csv(folder / "train.csv", index_label="id")
    test.to_csv(folder / "test.csv", index_label="id")
    with patch("ensemble_kit.competition.declared.schema.MANY_ROWS", many_rows):
        coded = loaded(folder, 0)
    plain = loaded(folder, 1 << 30)
    if isinstance(plain, str):
        assert coded == plain
        return
    pd.testing.assert_frame_equal(coded.X, plain.X)
    pd.testing.assert_frame_equal(coded.X_test, plain.X_test)
    assert np.array_equal(coded.y, plain.y)
    assert coded.ids.tolist() == plain.ids.tolist()
    assert coded.train_ids.tolist() == plain.train_ids.tolist()
    pd.testing.assert_frame_equal(coded.beside, plain.beside)
    for name in ("settings", "schema", "template", "notes", "fingerprint"):
        assert getattr(coded, name) == getattr(plain, name), name
