import numpy as np
import pytest

from ensemble_kit.competition import load_competition
from ensemble_kit.exceptions import CompetitionError

N_ROWS = 60


def rows(*columns, n_rows=N_ROWS, start=0):
    """Return lines of cells, one function of the row's number per column."""
    lines = (
        ",".join(str(cell(i)) for cell in columns) for i in range(start, start + n_rows)
    )
    return "\n".join(lines) + "\n"


def number(i):
    return i


def size(i):
    return f"{i % 7 + 3}.{i % 10}"


def other(i):
    return f"{i % 5 + 100}.5"


def label(i):
    return ("no", "yes")[i % 2]


def load(folder, train, test, sample=None, toml=None):
    more = {"competition__toml": toml} if toml else {}
    return load_competition(folder(train, test, sample, **more))


def test_nameless_columns_are_paired_by_their_order_among_the_nameless(folder):
    train = "id,,target,,\n" + rows(number, size, label, other, size)
    test = "id,,,\n" + rows(number, size, other, size, n_rows=12, start=N_ROWS)
    c = load(folder, train, test)
    assert len(c.X.columns) == 3 and c.X_test.iloc[:, 1].min() >= 100
    assert c.X.iloc[:, 1].min() >= 100
    assert any("paired by their order" in note for note in c.notes)


def test_an_index_that_only_one_file_has_moves_no_other_column(folder):
    train = ",id,target,\n" + rows(number, number, label, size)
    test = "id,\n" + rows(number, size, n_rows=12, start=N_ROWS)
    c = load(folder, train, test)
    assert c.id_column == "id" and c.X_test.iloc[:, -1].between(3, 10).all()


def test_columns_that_stand_in_the_same_places_keep_names_and_key(folder):
    train = "id,,target\n" + rows(number, size, label)
    test = "id,\n" + rows(number, size, n_rows=12, start=N_ROWS)
    assert list(load(folder, train, test).X) == ["unnamed_1"]


TRAIN = rows(number, size, other, label)
TEST = rows(number, size, other, n_rows=12, start=N_ROWS)
SAMPLE = "id,target\n" + rows(number, lambda _: "no", n_rows=12, start=N_ROWS)


@pytest.mark.parametrize("sample", [None, SAMPLE])
def test_a_first_line_like_the_rows_below_it_is_an_error_that_asks(folder, sample):
    with pytest.raises(CompetitionError, match="looks like the rows .* header = false"):
        load(folder, TRAIN, TEST, sample)


@pytest.mark.parametrize("sample", [None, SAMPLE])
def test_files_without_names_are_read_whole_when_they_are_declared_so(folder, sample):
    toml = 'header = false\ntarget = "column_4"\n'
    c = load(folder, TRAIN, TEST, sample, toml)
    assert len(c.X) == N_ROWS and len(c.X_test) == 12
    assert c.task.classes == ("no", "yes") and "column_2" in c.X


def test_a_target_that_stands_first_moves_no_column_of_files_without_names(folder):
    train = rows(label, size, other)
    test = rows(size, other, n_rows=12, start=N_ROWS)
    c = load(folder, train, test, None, 'header = false\ntarget = "column_1"\n')
    assert c.X["column_2"].max() < 50 < 100 <= c.X_test["column_3"].min()


def test_files_without_names_ask_for_the_target(folder):
    with pytest.raises(CompetitionError, match='target = "column_4" for the last'):
        load(folder, TRAIN, TEST, None, "header = false\n")


def test_a_sample_without_names_is_an_error_that_asks_for_them(folder):
    train = "id,size,target\n" + rows(number, size, label)
    test = "id,size\n" + rows(number, size, n_rows=12, start=N_ROWS)
    sample = rows(number, lambda _: "0.5", n_rows=12, start=N_ROWS)
    with pytest.raises(CompetitionError, match="begin the file with a line of names"):
        load(folder, train, test, sample)


@pytest.mark.parametrize("names", [range(4), range(2001, 2005), (900, 905.5, 907, 910)])
def test_columns_that_are_named_by_numbers_have_names(folder, names):
    head = ",".join(map(str, names))
    train = f"{head},target\n" + rows(size, other, size, other, label)
    test = f"{head}\n" + rows(size, other, size, other, n_rows=12)
    c = load(folder, train, test)
    assert len(c.X) == N_ROWS and np.isfinite(c.X.to_numpy()).all()


def test_columns_that_differ_in_case_alone_are_one(folder):
    rows = "".join(f"{k},{k % 7}.5,{k % 3},{k % 2}\n" for k in range(60))
    tests = "".join(f"{60 + k},{k % 7}.5,{k % 3}\n" for k in range(9))
    path = folder("ID,Size,n,y\n" + rows, "id,SIZE,N\n" + tests, None)
    competition = load_competition(path)
    assert list(competition.X) == ["Size", "n"]
    assert any("another case" in note for note in competition.notes)
    twins = folder("id,a,A,y\n" + rows, "id,a,A\n" + tests, None)
    assert list(load_competition(twins).X) == ["a", "A"]
