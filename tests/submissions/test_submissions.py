"""Submission files: aligned by id, averaged by definition, refused with reasons."""

import gzip
import itertools
import zipfile

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ensemble_kit.exceptions import SubmissionError
from ensemble_kit.submissions.submission_files import read_submissions
from ensemble_kit.submissions.submissions import (
    blend_submissions,
    compare_submissions,
    warnings_of_labels,
)

N_ROWS = 40


def write(path, table):
    table.to_csv(path, index=False)
    return path


@pytest.fixture(params=[3, 12])
def files(request, tmp_path):
    """Three files of class probabilities, rows and columns in different orders."""
    rng = np.random.default_rng(request.param)
    classes = [f"Class_{k}" for k in range(request.param)]
    tables, paths = [], []
    for file in range(3):
        chances = rng.dirichlet(np.ones(len(classes)), N_ROWS)
        table = pd.DataFrame(chances, columns=classes)
        table.insert(0, "id", [f"{row:05d}" for row in range(N_ROWS)])
        tables.append(table)
        moved = table.sample(frac=1, random_state=file) if file else table
        moved = moved[["id", *rng.permutation(classes)]] if file else moved
        paths.append(write(tmp_path / f"{file}.csv", moved))
    return paths, tables


def values(table):
    return table.iloc[:, 1:].to_numpy(float)


def test_rows_and_columns_are_matched_whatever_their_order(files):
    paths, tables = files
    blend = blend_submissions(paths)
    expected = np.mean([values(table) for table in tables], axis=0)
    assert blend["id"].tolist() == tables[0]["id"].tolist()
    assert list(blend) == list(tables[0])
    assert values(blend) == pytest.approx(expected)


DEFINITIONS = {
    "mean": lambda p: p.mean(axis=0),
    "median": lambda p: np.median(p, axis=0),
    "trimmed": lambda p: np.median(p, axis=0),
    "geometric": stats.gmean,
    "logit": lambda p: 1 / (1 + np.exp(-np.log(p / (1 - p)).mean(axis=0))),
    "power": lambda p: np.sqrt((p**2).mean(axis=0)),
    "rank": lambda p: stats.rankdata(p, axis=1).mean(axis=0) - 0.5,
    "vote": lambda p: (p == p.max(axis=2, keepdims=True)).mean(axis=0),
}


@pytest.mark.parametrize("how", sorted(DEFINITIONS))
def test_each_average_is_its_definition_made_to_sum_to_one(files, how):
    paths, tables = files
    expected = DEFINITIONS[how](np.array([values(table) for table in tables]))
    expected = expected / expected.sum(axis=1, keepdims=True)
    blend = blend_submissions(paths, how, trim=1 / 3)
    assert values(blend) == pytest.approx(expected, abs=1e-6)


def test_weights_count_a_file_so_many_times(files):
    paths, _ = files
    weighted = blend_submissions(paths, "weighted", [2, 1, 0])
    repeated = blend_submissions([paths[0], paths[0], paths[1]])
    assert values(weighted) == pytest.approx(values(repeated))


def one_column(folder, *columns, ids=("007", "08 ", "1e3")):
    paths = []
    for file, column in enumerate(columns):
        table = pd.DataFrame({"Id": ids, "target": column})
        paths.append(write(folder / f"f{file}.csv", table.iloc[:: 1 - 2 * (file % 2)]))
    return paths


def test_ids_keep_their_bytes(tmp_path):
    blend = blend_submissions(one_column(tmp_path, [1.0, 2, 3], [3.0, 2, 5]))
    assert blend["Id"].tolist() == ["007", "08 ", "1e3"]
    assert blend["target"].tolist() == [2.0, 2.0, 4.0]


def test_one_column_is_averaged_as_it_is(tmp_path):
    paths = one_column(tmp_path, [1.0, 10, 100], [100.0, 10, 1])
    assert blend_submissions(paths, "geometric")["target"].tolist() == pytest.approx(
        [10.0, 10.0, 10.0]
    )
    ranks = blend_submissions(paths, "rank")["target"]
    assert ranks.tolist() == pytest.approx([0.5, 0.5, 0.5])


def test_equal_values_share_their_rank_whatever_the_order_of_rows(tmp_path):
    paths = one_column(tmp_path, [5.0, 5, 5], [1.0, 2, 3])
    ranks = blend_submissions(paths, "rank")["target"]
    assert ranks.tolist() == pytest.approx([(1 / 6 + 0.5) / 2, 0.5, (5 / 6 + 0.5) / 2])


def test_labels_are_decided_by_the_greater_weight(tmp_path):
    paths = one_column(tmp_path, list("abc"), list("abb"), list("bbc"))
    plain = blend_submissions(paths, "vote")["target"].tolist()
    assert plain == ["a", "b", "c"]
    weighted = blend_submissions(paths, "vote", [1, 1, 3])["target"].tolist()
    assert weighted == ["b", "b", "c"]


def test_a_tie_of_labels_goes_to_the_heaviest_then_the_first_file(tmp_path):
    paths = one_column(tmp_path, list("abc"), list("bca"), list("cab"))
    assert blend_submissions(paths, "vote")["target"].tolist() == ["a", "b", "c"]
    heavier = blend_submissions(paths[:2] + paths[:1], "vote", [1, 2, 1])
    assert heavier["target"].tolist() == ["b", "c", "a"]


def test_numbers_of_one_value_are_one_label(tmp_path):
    paths = one_column(tmp_path, ["1", "0", "1"], ["1.0", "1.0", "0.0"], list("011"))
    assert blend_submissions(paths, "vote")["target"].tolist() == ["1", "1", "1"]


def test_compressed_files_are_read(tmp_path):
    paths = one_column(tmp_path, [1.0, 2, 3], [3.0, 2, 5])
    packed = tmp_path / "f1.csv.gz"
    packed.write_bytes(gzip.compress(paths[1].read_bytes()))
    with zipfile.ZipFile(tmp_path / "f0.zip", "w") as archive:
        archive.write(paths[0], "f0.csv")
    pd.testing.assert_frame_equal(
        blend_submissions([archive.filename, packed]), blend_submissions(paths)
    )


def test_all_mistakes_of_all_files_come_at_once(files, tmp_path):
    paths, tables = files
    twice = pd.concat([tables[0], tables[0].iloc[:1]])
    other = tables[1].rename(columns={"Class_1": "Class_l"}).iloc[5:]
    strange = tables[2].replace("00003", "x3")
    bad = [
        write(tmp_path / f"{name}.csv", table)
        for name, table in (("twice", twice), ("other", other), ("strange", strange))
    ]
    with pytest.raises(SubmissionError) as caught:
        blend_submissions([paths[0], *bad, tmp_path / "nowhere.csv"])
    assert str(caught.value).splitlines() == [
        "the set of files has 7 problems:",
        "  twice.csv: ids that come more than once: 00000",
        "  nowhere.csv: no such file",
        "  other.csv: no column 'Class_1'; did you mean 'Class_l'?",
        "  other.csv: column 'Class_l' that the first file does not have",
        "  other.csv: missing ids: 00000, 00001, 00002 and 2 more",
        "  strange.csv: missing ids: 00003",
        "  strange.csv: ids that the first file does not have: x3",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is empty"),
        ("Id,target\n", "no rows below the header"),
        ("Id\n1\n", "at least one column of predictions"),
        ("Id,target,target\n1,2,3\n", "column 'target' stands 2 times"),
        ("Id,target\n1,2\n2\n", "a.csv: line 3: 1 fields found, 2 expected"),
        ("Id,target\n1,2\n\n2,3,4\n", "a.csv: line 4: 3 fields found, 2 expected"),
        ("Id,target\n1,\n", "not a number: '' (id 1, column target)"),
        ("Id,target\n1,inf\n", "not a number: 'inf'"),
        ("Id,target\n1,cat\n", "by vote only"),
    ],
)
def test_files_that_are_no_submission_are_refused(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "b.csv").write_text("Id,target\n1,2\n" if "(" not in message else text)
    with pytest.raises(SubmissionError) as caught:
        blend_submissions([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert message in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_id_column(tmp_path):
    paths = one_column(tmp_path, [1.0, 2, 3], [3.0, 2, 5])
    paths[0].write_bytes(b"\xef\xbb\xbf" + paths[0].read_bytes())
    assert list(blend_submissions(paths)) == ["Id", "target"]


def test_words_of_a_legacy_encoding_are_read(tmp_path):
    (tmp_path / "a.csv").write_bytes("Id,target\n1,été\n2,été\n".encode("latin-1"))
    (tmp_path / "b.csv").write_text("Id,target\n1,été\n2,non\n", encoding="utf-8")
    blend = blend_submissions([tmp_path / "a.csv", tmp_path / "b.csv"], "vote")
    assert blend["target"].tolist() == ["été", "été"]


def test_files_of_any_separator_and_parquet_are_read(tmp_path):
    table = pd.DataFrame({"Id": ["a", "b", "c"], "target": [0.1, 0.2, 0.3]})
    table.to_csv(tmp_path / "a.csv", index=False, sep=";")
    table.to_csv(tmp_path / "b.tsv", index=False, sep="\t")
    table.to_parquet(tmp_path / "c.parquet")
    blend = blend_submissions([tmp_path / n for n in ("a.csv", "b.tsv", "c.parquet")])
    assert blend["target"].tolist() == pytest.approx([0.1, 0.2, 0.3])


def broken_files(folder):
    """Files that end or are packed wrong, and what is said of each."""
    whole = gzip.compress(b"Id,target\n1,2\n" * 50)
    (folder / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    (folder / "plain.csv.gz").write_bytes(b"Id,target\n1,2\n")
    zipfile.ZipFile(folder / "none.zip", "w").close()
    (folder / "torn.zip").write_bytes(b"PK\x03\x04")
    (folder / "false.parquet").write_bytes(b"PAR1")
    (folder / "folder.csv").mkdir()
    return {
        "cut.csv.gz": "cannot be read",
        "plain.csv.gz": "cannot be read",
        "none.zip": "one text table is expected in a zip, found 0",
        "torn.zip": "cannot be read",
        "false.parquet": "no Parquet file",
        "folder.csv": "no such file",
    }


def test_every_broken_file_is_named_at_once(tmp_path):
    expected = broken_files(tmp_path)
    with pytest.raises(SubmissionError) as caught:
        blend_submissions([tmp_path / name for name in expected])
    lines = str(caught.value).splitlines()[1:]
    for line, (name, words) in zip(lines, expected.items(), strict=True):
        assert line.startswith(f"  {name}: ")
        assert words in line


LABELS = [0, 1, 1, 0, 1, 1, 0, 0]


@pytest.mark.parametrize("how", ["mean", "weighted", "median", "rank", "geometric"])
def test_labels_are_not_averaged(tmp_path, how):
    others = ([1 - label for label in LABELS], LABELS)
    paths = one_column(tmp_path, LABELS, *others, ids=range(8))
    with pytest.raises(SubmissionError, match="the files hold labels"):
        blend_submissions(paths, how, [1, 1, 1])
    assert blend_submissions(paths, "vote")["target"].astype(int).tolist() == LABELS


def test_counts_are_averaged_when_they_are_said_to_be_numbers(tmp_path):
    paths = one_column(tmp_path, LABELS, [2 + x for x in LABELS], ids=range(8))
    with pytest.raises(SubmissionError, match="labels-as-numbers"):
        blend_submissions(paths)
    blend = blend_submissions(paths, labels_as_numbers=True)
    assert blend["target"].tolist() == [1.0 + x for x in LABELS]


def test_several_columns_of_labels_are_voted_on_each_by_itself(tmp_path):
    paths = []
    for file, (a, b) in enumerate([(LABELS, LABELS[::-1])] * 2 + [(LABELS[::-1],) * 2]):
        table = pd.DataFrame({"Id": range(8), "a": a, "b": b})
        paths.append(write(tmp_path / f"{file}.csv", table))
    with pytest.raises(SubmissionError, match="the files hold labels"):
        blend_submissions(paths)
    blend = blend_submissions(paths, "vote")
    assert blend["a"].astype(int).tolist() == LABELS
    assert blend["b"].astype(int).tolist() == LABELS[::-1]


def test_probabilities_beside_labels_are_averaged(tmp_path):
    paths = one_column(tmp_path, LABELS, [0.25] * 8, ids=range(8))
    assert blend_submissions(paths)["target"][0] == 0.125


def test_labels_beside_probabilities_are_named(tmp_path):
    mixed = one_column(tmp_path, LABELS, [0.25] * 8, ids=range(8))
    (line,) = warnings_of_labels(read_submissions(mixed))
    assert mixed[0].name in line and mixed[1].name not in line
    numbers = one_column(tmp_path, [2.0] * 8, [0.25] * 8, ids=range(8))
    assert warnings_of_labels(read_submissions(numbers)) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"how": "geometrc"}, "did you mean 'geometric'"),
        ({"how": "weighted"}, "needs one for every file"),
        ({"weights": [1, 2, 3]}, "expected 2, one per file, found 3"),
        ({"weights": [1, -1]}, "at least 0"),
        ({"weights": [0, 0]}, "not all of them 0"),
        ({"how": "trimmed", "trim": 0.5}, "below 0.5"),
        ({"how": "logit"}, "needs 0 to 1"),
    ],
)
def test_calls_that_make_no_sense_are_refused(tmp_path, call, message):
    paths = one_column(tmp_path, [1.0, 2, 3], [3.0, 2, 5])
    with pytest.raises(SubmissionError, match=message):
        blend_submissions(paths, **call)


def test_a_single_file_is_no_blend(tmp_path):
    with pytest.raises(SubmissionError, match="two submissions or more"):
        blend_submissions(one_column(tmp_path, [1.0, 2, 3]))


def test_the_order_of_files_changes_no_average(files):
    paths, _ = files
    for how in ("mean", "median", "rank", "geometric"):
        blends = [
            values(blend_submissions([paths[0], *rest], how))
            for rest in itertools.permutations(paths[1:])
        ]
        assert blends[0] == pytest.approx(blends[1], rel=1e-12)


def test_likeness_of_files_is_scipys(files):
    paths, tables = files
    pair = compare_submissions(paths).iloc[0]
    first, second = values(tables[0]), values(tables[1])
    columns = range(first.shape[1])
    for name, function in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
        found = [function(first[:, c], second[:, c])[0] for c in columns]
        assert pair[name] == pytest.approx(np.mean(found))
    same = first.argmax(axis=1) == second.argmax(axis=1)
    assert pair["agreement"] == pytest.approx(same.mean())
    assert pair["difference"] == pytest.approx(np.abs(first - second).mean())


def test_likeness_of_labels_is_their_agreement(tmp_path):
    pairs = compare_submissions(one_column(tmp_path, list("abc"), list("abb")))
    assert list(pairs) == ["first", "second", "agreement"]
    assert pairs["agreement"].tolist() == pytest.approx([2 / 3])


def test_ids_that_are_written_otherwise_are_paired_and_told(files):
    paths, tables = files
    expected = blend_submissions(paths)
    other = tables[1].assign(id=[f"{int(name)}.0" for name in tables[1]["id"]])
    write(paths[1], other)
    pd.testing.assert_frame_equal(blend_submissions(paths), expected)
    (told,) = read_submissions(paths).warnings
    assert "paired by what they say: '" in told
