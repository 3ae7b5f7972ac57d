"""Which rows are taken for series, and what a declared series makes of its columns."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.describing import describe
from ensemble_kit.competition.loading import init_folder, load_competition
from ensemble_kit.exceptions import CompetitionError

DAYS = pd.date_range("2024-01-01", periods=40)


def write(folder, table, is_test, settings=""):
    """Write a competition of a table with an id and a target y."""
    folder.mkdir()
    table = table.reset_index(drop=True)
    table.insert(0, "row", [f"r{number}" for number in range(len(table))])
    table[~is_test].to_csv(folder / "train.csv", index=False)
    table[is_test].drop(columns="y").to_csv(folder / "test.csv", index=False)
    sample = table.loc[is_test, ["row"]].assign(y=0.5)
    sample.to_csv(folder / "sample_submission.csv", index=False)
    if settings:
        (folder / "competition.toml").write_text(settings)
    return folder


def shops(n_shops, n_depts=1):
    """Return days of shops, or of pairs of a shop and a department."""
    grid = pd.MultiIndex.from_product(
        [DAYS, [f"s{k}" for k in range(n_shops)], [f"d{k}" for k in range(n_depts)]],
        names=["day", "shop", "dept"],
    )
    table = grid.to_frame(index=False)
    random = np.random.default_rng(0)
    return table.assign(
        promo=random.integers(0, 2, len(table)), y=random.normal(size=len(table))
    )


@pytest.mark.parametrize(
    ("n_shops", "n_depts", "expected"),
    [(1, 1, ["day"]), (6, 1, ["day", "shop"]), (6, 3, ["day", "shop", "dept"])],
)
def test_the_fewest_columns_that_part_rows_of_one_time_are_taken(
    tmp_path, n_shops, n_depts, expected
):
    table = shops(n_shops, n_depts)
    folder = write(tmp_path / "shops", table, table.day >= DAYS[30])
    competition = load_competition(folder)
    assert list(competition.series) == expected
    told = [line for line in describe(competition) if line.startswith("series: ")]
    assert len(told) == 1 and ", ".join(expected) in told[0]
    written = init_folder(folder).read_text()
    assert "series = " in written and "the test comes later" in written
    assert load_competition(folder).series == competition.series


def test_rows_that_share_times_and_random_tests_are_no_series(tmp_path):
    table = pd.concat([shops(6), shops(6)])
    later = write(tmp_path / "sales", table, (table.day >= DAYS[30]).to_numpy())
    assert load_competition(later).series == ()
    table = shops(6)
    random = write(tmp_path / "random", table, np.arange(len(table)) % 4 == 0)
    assert load_competition(random).series == ()


def test_none_is_said_by_an_empty_string(tmp_path):
    table = shops(3)
    folder = write(tmp_path / "none", table, table.day >= DAYS[30], 'series = ""')
    assert load_competition(folder).series == ()


def test_an_id_that_counts_is_a_time_where_a_series_is_declared_along_it(tmp_path):
    table = pd.DataFrame({"t": range(60), "y": np.sin(np.arange(60.0))})
    folder = tmp_path / "counted"
    folder.mkdir()
    table[:50].to_csv(folder / "train.csv", index=False)
    table[50:][["t"]].to_csv(folder / "test.csv", index=False)
    table[50:].assign(y=0.5).to_csv(folder / "sample_submission.csv", index=False)
    (folder / "competition.toml").write_text('series = "t"')
    competition = load_competition(folder)
    assert competition.series == ("t",) and competition.X["t"].tolist()[:3] == [0, 1, 2]
    assert competition.drawing.kind == "later"


def test_repeated_times_of_a_declared_series_and_unknown_columns_are_told(tmp_path):
    table = pd.concat([shops(3), shops(3)[:5]])
    is_test = (table.day >= DAYS[30]).to_numpy()
    folder = write(tmp_path / "twice", table, is_test, 'series = ["day", "shop"]')
    notes = load_competition(folder).notes
    assert any("5 training rows share day and shop with another" in n for n in notes)
    (folder / "competition.toml").write_text('series = ["day", "shup"]')
    with pytest.raises(CompetitionError, match="'shup' is no column of train and test"):
        load_competition(folder)
    (folder / "competition.toml").write_text("series = [1]")
    with pytest.raises(CompetitionError, match="series: names of columns are expected"):
        load_competition(folder)
