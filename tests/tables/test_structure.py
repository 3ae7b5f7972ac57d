import csv
import io
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.tables.dialect import Dialect
from ensemble_kit.tables.parsing import parse
from ensemble_kit.tables.records import iter_records
from ensemble_kit.tables.structure import count_clean_rows

CELL = st.text(st.sampled_from('ab ,;"\n\rйŸ'), max_size=6)
ROWS = st.lists(st.tuples(CELL, CELL, st.sampled_from("xyz")), min_size=1, max_size=8)


def written(rows, ending, quoting=csv.QUOTE_MINIMAL):
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=ending, quoting=quoting).writerows(rows)
    return stream.getvalue()


def parsed(text, from_bytes):
    """Return what is read where pyarrow reads bodies from some size on."""
    with patch("ensemble_kit.tables.parsing.LARGE", from_bytes):
        return parse(text, Dialect(","), "f.csv")


@pytest.mark.parametrize("by_arrow_from", [0, 1 << 20])
@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.sampled_from([0, 1]))
def test_what_a_csv_writer_wrote_is_read_back(by_arrow_from, rows, ending, quoting):
    text = written([("a", "b", "c"), *rows], ending, quoting).rstrip("\r\n")
    cells, warnings = parsed(text, by_arrow_from)
    frame = cells.to_frame()
    assert frame.to_numpy().tolist() == [list(row) for row in rows]
    assert all("blank" in w or "carriage" in w for w in warnings)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('ab,"\n\r'), min_size=1, max_size=25))
def test_a_body_called_clean_is_what_the_exact_reader_reads(body):
    body = body.strip("\r\n")
    n_rows = count_clean_rows(body.encode(), ",", 2) if body else None
    if n_rows is not None:
        records = list(iter_records(body, Dialect(",")))
        assert len(records) == n_rows
        assert all(len(r.fields) == 2 and r.fault is None for r in records)


@pytest.mark.parametrize("by_arrow_from", [0, 1 << 20])
@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('ab,"\n\r'), max_size=25))
def test_the_fast_and_the_exact_reader_agree(by_arrow_from, body):
    text = ("x,y\n" + body).rstrip("\r\n \t")
    exact = [r.fields for r in iter_records(text, Dialect(","))][1:]
    try:
        cells, warnings = parsed(text, by_arrow_from)
    except CompetitionError:
        return
    if not warnings:
        assert cells.to_frame().to_numpy().tolist() == exact


@pytest.mark.parametrize(
    "body",
    ["1,2\n3", "1,2\n3,4,5", '1,"2', '1,2"x', '1,"2"x', "1,2\n\n3,4", "1,2\r3,4"],
)
def test_a_body_out_of_order_is_not_called_clean(body):
    assert count_clean_rows(body.encode(), ",", 2) is None


def test_rows_are_counted_over_chunks(monkeypatch):
    monkeypatch.setattr("ensemble_kit.tables.structure.CHUNK_BYTES", 64)
    body = "\n".join(f'{i},"a\n{i}, b"' for i in range(500))
    assert count_clean_rows(body.encode(), ",", 2) == 500
