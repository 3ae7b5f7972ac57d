import gzip
import zipfile

import pytest

from ensemble_kit.competition import read_table
from ensemble_kit.exceptions import CompetitionError

ROWS = [{"id": "007", "value": "x"}, {"id": "1e5", "value": ""}]
TEXT = "id,value\n007,x\n1e5,\n"


def rows(table):
    return table.frame.to_dict("records")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "^", "\x1f", "\x01"])
def test_the_separator_is_found_in_header_and_rows(table, separator):
    assert rows(table(TEXT.replace(",", separator))) == ROWS


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + TEXT,
        "\ufeff\ufeff" + TEXT,
        "\n  \n" + TEXT,
        TEXT + "\n   \n",
        TEXT.rstrip("\n"),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        TEXT.replace("id,value\n", "id,value\r\n"),
        "sep=,\n" + TEXT,
        "\ufeffsep=;\n" + TEXT.replace(",", ";"),
        "sep==\n" + TEXT.replace(",", "="),
        'id,value\n"007","x"\n1e5,""\n',
        "id,value\n007,x\n\n  \n1e5,\n",
        "id,value\n007,x,\n1e5,, \n",
        " id ,value\n007,x\n1e5,\n",
        'id,value\n007, "x"\n1e5,\n',
    ],
)
def test_spellings_of_one_table_give_that_table(table, text):
    assert rows(table(text)) == ROWS


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_marks_tell_the_encoding(table, encoding):
    assert rows(table(TEXT.encode(encoding))) == ROWS


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("word", ["value", "значение"])
def test_utf_16_without_its_mark_is_read(table, encoding, word):
    text = TEXT.replace("value", word)
    (first, second) = rows(table(text.encode(encoding)))
    assert (first["id"], second["id"], first[word]) == ("007", "1e5", "x")


@pytest.mark.parametrize("end", ["\x1a", "\0" * 100])
def test_what_old_systems_put_at_the_end_is_no_row(table, end):
    assert rows(table(TEXT + end)) == ROWS


@pytest.mark.parametrize("cell", ["NA", "None", "null", "nan", "007", "1_0", " a "])
def test_cells_stay_as_written(table, cell):
    assert table(f"id,value\n1,{cell}\n").frame["value"].tolist() == [cell]


@pytest.mark.parametrize(
    ("body", "cell"),
    [
        ('"a,b"', "a,b"),
        ('"ha ""ha"""', 'ha "ha"'),
        ('"two\nlines"', "two\nlines"),
        ('"two\r\nlines"', "two\r\nlines"),
        (r'"path C:\temp"', r"path C:\temp"),
        (r'"a\"b"', 'a"b'),
        ('5" pipe', '5" pipe'),
        ("a\rb", "a\rb"),
    ],
)
def test_quoted_cells_hold_what_they_held(table, body, cell):
    assert table(f"id,value\n1,{body}\n2,x\n").frame["value"].tolist() == [cell, "x"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (" \n\t\n", "empty"),
        ("sep=,\n", "empty"),
        ("a,a\n1,2\n", "'a' stands 2 times"),
        ("a,b\n1,2,3\n", "every row has 3 fields"),
        ("a,b\n1,2\n1,2,3\n", "line 3: 3 fields found, 2 expected"),
        ("a,b\n1,2\n1\n", "line 3: 1 fields found, 2 expected"),
        ('a,b\n1,"2\n', "line 2: a quote is opened and never closed"),
        ('a,b\n1,"2"x\n', "line 2: 'x' follows a closing quote"),
        ('a,b\n"1\n",2\n3,"4"x\n', "line 4: 'x' follows"),
        ("h1,h2;h3\n1,2;3\n", "',' or ';'"),
        ("a,b\n1\0,2\n", "NUL"),
        ("Report\nid,value\n1,2\n", "every row has 2 fields, the header 1"),
    ],
)
def test_no_table_is_an_error_that_names_file_and_line(table, text, words):
    with pytest.raises(CompetitionError, match="some.csv") as caught:
        table(text)
    assert words in str(caught.value)


def test_many_ragged_rows_are_counted_not_listed(table):
    with pytest.raises(CompetitionError, match="and 15 more rows"):
        table("a,b\n" + "1,2\n1,2,3\n" * 20)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n\n3,4\n", "1 blank rows skipped, the first on line 3"),
        ("a,b\n1,2,\n3,4\n", "1 rows with surplus empty fields"),
        ('a,b\n1,2"3\n', "1 rows with quotes or carriage returns"),
        ("a,b\n1,2\r3\n", "1 rows with quotes or carriage returns"),
        ('a,b"\n1,2\n', "column names hold quotes"),
        ("a,b\n1,2\na,b\n3,4\n", "1 rows that repeat the header skipped"),
        (
            "a,b,c\n" + "1,2,3\n" * 20 + "Total,,\n",
            "the last row is emptier",
        ),
        ("a,b,c\n" + "1,2,3\n" * 20 + "Total,40,60\n", "begins with 'Total'"),
        ("a,b\n---,:-:\n1,2\n3,4\n", "a row of dashes below the names skipped"),
        ("a,\n1,2\n", "column 2 has no name; called 'unnamed_1'"),
    ],
)
def test_repairs_are_said_with_counts(table, text, words):
    (warning,) = table(text).warnings
    assert words in warning and warning.startswith("some.csv")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id,слово\n1,привет из города\n2,ещё немного слов\n", "cp1251"),
        ("id,слово\n1,привет из города\n2,ещё немного слов\n", "koi8-r"),
        ("id,naïve\n1,café crème\n2,déjà vu à Paris\n", "cp1252"),
        ("id,город\n1,абвгд\n2,рстуфх\n3,хцч ё\n", "koi8-r"),
        ("id,город\n1,МОСКВА\n2,ОМСК\n3,ТВЕРЬ\n", "koi8-r"),
        ("id,город\n1,МОСКВА\n2,ОМСК\n3,ТВЕРЬ\n", "cp1251"),
        ("id,фамилия\n1,Щукин\n2,Иванов\n3,Юшин\n", "mac-cyrillic"),
        ("id,miasto\n1,Łódź\n2,źródło\n3,święto i jaźń\n", "cp1250"),
        ("id,miasto\n1,źródło\n2,święta ćma\n3,ślub i gęś\n", "iso8859-2"),
        ("id,місто\n1,їжак\n2,ґанок\n3,є надія\n", "koi8-u"),
        ("id,naïve\n1,café crème\n2,déjà vu à Paris\n", "mac-roman"),
        ("id,πόλη\n1,καλημέρα κόσμε\n2,Αθήνα\n", "cp1253"),
        ("id,price\n1,€ 12\n2,€ 9 – ±1\n", "cp1252"),
        ("id,şehir\n1,İstanbul\n2,Eskişehir\n3,Muğla\n", "cp1254"),
        ("id,bær\n1,Reykjavík\n2,Þingvellir\n3,Ísafjörður\n", "cp1252"),
        ("id,miasto\n1,Łódź\n2,Świnoujście\n3,Wrocław\n", "iso8859-2"),
        ("id,城市\n1,北京\n2,上海\n3,广州\n4,深圳\n5,成都\n", "gb18030"),
        ("id,도시\n1,서울\n2,부산\n3,대구\n4,인천\n", "cp949"),
        ("id,市\n1,東京です\n2,とても良い\n3,商品です\n4,カタカナ\n", "euc_jp"),
        ("id,商品\n1,北京市很好的商品\n2,价格便宜质量不错推荐购买\n", "gb18030"),
    ],
)
def test_legacy_encodings_are_told_by_their_letters(table, text, encoding):
    read = table(text.encode(encoding))
    assert read.encoding == encoding and encoding in read.warnings[0]
    assert ",".join(read.columns) == text.partition("\n")[0]


@pytest.mark.parametrize("stray", [b"", b"\x81", b"\x9d"])
def test_quotes_and_dashes_of_windows_never_become_control_characters(table, stray):
    text = "id,text\n" + "1,\u201cd\u00e9j\u00e0 vu\u201d \u2013 it\u2019s\u2026\n" * 9
    read = table(text.encode("cp1252") + b"2," + stray + b"\n")
    cells = "".join(read.frame["text"])
    assert not any("\x7f" < character < "\xa0" for character in cells)
    assert (
        "\u201cd\u00e9j\u00e0 vu\u201d \u2013" in cells and "cp1252" in read.warnings[0]
    )
    assert (read.encoding == "cp1252") == (stray == b"")


def test_one_broken_byte_does_not_turn_utf8_into_another_encoding(table):
    data = ("id,слово\n" + "1,привет\n" * 50).encode() + b"2,\xff\n"
    read = table(data)
    assert read.frame.iloc[-1, 1] == "\ufffd" and read.columns == ("id", "слово")
    assert "1 bytes are not UTF-8" in read.warnings[0]


def test_a_mark_without_its_encoding_is_an_error(table):
    with pytest.raises(CompetitionError, match="utf-16-le"):
        table(b"\xff\xfeid,value\nA,1\n")


def test_a_forced_encoding_that_does_not_fit_names_the_line(table):
    with pytest.raises(CompetitionError, match="line 3"):
        table("a\n1\né\n".encode("latin-1"), encoding="utf-8")


def test_a_cell_of_a_megabyte_is_read(table):
    cell = 'x,"y"\n' * 200_000
    quoted = cell.replace('"', '""')
    assert table(f'id,text\n1,"{quoted}"\n').frame["text"][0] == cell


def test_gzip_and_zip_hold_the_same_table(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    with zipfile.ZipFile(tmp_path / "a.csv.zip", "w") as archive:
        archive.writestr("a.csv", TEXT)
        archive.writestr("__MACOSX/._a.csv", "x")
    for name in ("a.csv.gz", "a.csv.zip"):
        assert rows(read_table(tmp_path / name)) == ROWS


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.zip", "a.parquet"])
def test_a_cut_file_is_an_error_that_names_it(tmp_path, name):
    (tmp_path / name).write_bytes(gzip.compress(TEXT.encode())[:20])
    with pytest.raises(CompetitionError, match=name):
        read_table(tmp_path / name)


def test_a_zip_with_two_tables_is_an_error(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", TEXT)
        archive.writestr("b.csv", TEXT)
    with pytest.raises(CompetitionError, match=r"found 2: a\.csv, b\.csv"):
        read_table(tmp_path / "a.zip")


def test_parquet_gives_cells_as_a_text_file_would(tmp_path):
    import pandas as pd

    path = tmp_path / "a.parquet"
    frame = pd.DataFrame({"a": [1, 2], "b": [0.5, None], "c": ["x", None]})
    frame.to_parquet(path)
    read = read_table(path).frame.to_dict("list")
    assert read == {"a": ["1", "2"], "b": ["0.5", ""], "c": ["x", ""]}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CompetitionError, match=r"gone\.csv: there is no such file"):
        read_table(tmp_path / "gone.csv")


def patched_zip(path, place, value):
    """Write a zip whose one member is marked otherwise than it is, in both headers."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", TEXT)
    data = bytearray(path.read_bytes())
    for header, shift in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
        data[data.index(header) + place + shift] = value
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [(6, 1, "wants a password"), (8, 9, "Deflate64"), (8, 93, "Zstandard")],
)
def test_a_zip_that_python_does_not_unpack_gets_a_sentence(
    tmp_path, place, value, told
):
    patched_zip(tmp_path / "a.csv.zip", place, value)
    with pytest.raises(CompetitionError, match=told) as caught:
        read_table(tmp_path / "a.csv.zip")
    assert "unpack it beside" in str(caught.value)


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("ensemble_kit.tables.reading.RATIO_FROM", 1000)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"0,0\n" * 200_000))
    with pytest.raises(CompetitionError, match="200 times its packed size"):
        read_table(path)
    path.write_bytes(gzip.compress(b"a,b\n" + b"0,0\n" * 200))
    assert len(read_table(path).frame) == 200


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "a web page"),
        ('<?xml version="1.0"?>\n<rows/>\n', "XML"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n", "LFS"),
        ('{"id": "007", "value": "x"}\n{"id": "1e5"}\n', "JSON"),
        ('[{"id": "007", "value": "x"}]\n', "JSON"),
        (b"\xd0\xcf\x11\xe0" + bytes(range(99)), "a spreadsheet"),
    ],
)
def test_what_is_no_table_is_named(table, data, words):
    with pytest.raises(CompetitionError, match=f"some.csv: it holds no table.*{words}"):
        table(data)


def test_a_table_that_is_packed_under_a_plain_name_is_read(tmp_path):
    path = tmp_path / "some.csv"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert rows(read_table(path)) == ROWS
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.csv", TEXT)
    assert rows(read_table(path)) == ROWS
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(CompetitionError, match="a spreadsheet; save it as CSV"):
        read_table(path)


def test_blanks_part_columns_where_they_do_in_every_row(table):
    text = "id value\n" + "007 x\n" * 9
    assert table(text).columns == ("id", "value")
    sentences = "some words\n" + "".join(f"word{'s' * (k % 2)}\n" for k in range(9))
    assert table(sentences).columns == ("some words",)
    with pytest.raises(CompetitionError, match="runs of blanks part its columns"):
        table(text.replace(" ", "    "))


def test_comments_above_the_table_are_named(table):
    text = "# made by hand\n# in 2020\n" + TEXT + "008,y\n" * 30
    with pytest.raises(CompetitionError, match=r"nearly every row has 2 fields.*above"):
        table(text)


def test_a_row_of_units_is_told(table):
    rows = "".join(f"{k},{k}.5,{k * k}\n" for k in range(30))
    for units, n_told in (("-,kg,cm\n", 1), ("", 0), ("7,kg,3\n", 0)):
        told = table(f"id,weight,height\n{units}{rows}").warnings
        assert sum("does it hold units" in line for line in told) == n_told
