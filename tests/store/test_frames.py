import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from ensemble_kit.store.frames import (
    read_matrix,
    settle_matrix,
    take_rows,
    write_matrix,
)


def frame():
    return pd.DataFrame(
        {
            "number": [1.5, np.nan, -np.inf],
            "category": pd.Categorical(["b", None, "a"], categories=["a", "b", "c"]),
            "text": pd.Series(["héllo", None, ""], dtype="str"),
            "date": pd.to_datetime(["2020-01-01", None, "1999-12-31"]).as_unit("ns"),
        }
    )


def test_a_frame_reads_back_equal(tmp_path):
    write_matrix(tmp_path / "m", frame())
    pd.testing.assert_frame_equal(
        read_matrix(tmp_path / "m"), frame(), check_dtype=False
    )


@pytest.mark.parametrize("names", [["number"], list(frame())])
@pytest.mark.parametrize("n_rows", [0, 1, 3])
def test_a_frame_settled_in_memory_is_the_one_read_back(tmp_path, n_rows, names):
    table = frame()[names].set_axis([5, 7, 9])[:n_rows].rename_axis(columns="name")
    write_matrix(tmp_path / "m", table)
    expected, found = read_matrix(tmp_path / "m"), settle_matrix(table)
    pd.testing.assert_frame_equal(found, expected)


def test_a_settled_frame_of_numbers_shares_no_memory_with_what_was_given():
    given = pd.DataFrame(np.ones((3, 2)), columns=["a", "b"])
    settled = settle_matrix(given)
    assert not np.may_share_memory(settled.to_numpy(), given.to_numpy())


def test_a_frame_keeps_its_roles(tmp_path):
    write_matrix(tmp_path / "m", frame())
    roles = [str(dtype) for dtype in read_matrix(tmp_path / "m").dtypes]
    assert roles == ["float64", "category", "str", "datetime64[ns]"]


@given(texts=st.lists(st.one_of(st.none(), st.text()), max_size=8))
def test_texts_keep_every_character(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("texts") / "m"
    write_matrix(folder, pd.DataFrame({"t": pd.Series(texts, dtype=object)}))
    back = read_matrix(folder)["t"]
    assert [None if pd.isna(t) else t for t in back] == texts


def test_an_empty_frame_reads_back(tmp_path):
    write_matrix(tmp_path / "m", frame().iloc[:0])
    assert read_matrix(tmp_path / "m").shape == (0, 4)


@pytest.mark.parametrize("matrix", [np.arange(6.0).reshape(2, 3), np.zeros((0, 3))])
def test_an_array_reads_back_equal(tmp_path, matrix):
    write_matrix(tmp_path / "m", matrix)
    assert np.array_equal(read_matrix(tmp_path / "m"), matrix)


def test_a_sparse_matrix_reads_back_equal(tmp_path):
    matrix = sparse.random(20, 9, 0.3, format="csr", random_state=0)
    write_matrix(tmp_path / "m", matrix)
    assert (read_matrix(tmp_path / "m") != matrix).nnz == 0


def test_nothing_is_pickled(tmp_path):
    write_matrix(tmp_path / "m", frame())
    for path in (tmp_path / "m").glob("*.npy"):
        np.load(path, allow_pickle=False)


@pytest.mark.parametrize("kind", [pd.DataFrame, np.asarray, sparse.csr_matrix])
def test_rows_are_taken_by_position(kind):
    matrix = kind(np.arange(6.0).reshape(3, 2))
    taken = take_rows(matrix, np.array([2, 0]))
    dense = taken.toarray() if sparse.issparse(taken) else np.asarray(taken)
    assert dense.tolist() == [[4, 5], [0, 1]]
