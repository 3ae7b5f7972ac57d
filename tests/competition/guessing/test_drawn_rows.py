import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition import load_competition
from ensemble_kit.competition.loading import add_folds, init_folder
from ensemble_kit.exceptions import CompetitionError, PipelineError
from ensemble_kit.pipeline.spec import FoldSpec
from ensemble_kit.running.preparing.sources import fold_line, make_folds
from ensemble_kit.running.scores.likeness import (
    APART,
    likeness_facts,
    likeness_notes,
    likeness_of,
)

N_ROWS = 600


@pytest.fixture
def load(tmp_path):
    """Return a function that loads a competition of a table and its test rows."""

    def load_(table, is_test, settings=""):
        rng = np.random.default_rng(5)
        table = table.assign(size=rng.normal(size=len(table)).round(3))
        table = table.assign(y=rng.normal(size=len(table)).round(3))
        table = table.sample(frac=1, random_state=0)
        is_test = np.asarray(is_test)[table.index]
        table[~is_test].to_csv(tmp_path / "train.csv", index=False)
        table[is_test].drop(columns="y").to_csv(tmp_path / "test.csv", index=False)
        text = 'target = "y"\n' + settings
        (tmp_path / "competition.toml").write_text(text, encoding="utf-8")
        return load_competition(tmp_path)

    return load_


def hours(n_rows=N_ROWS):
    return pd.date_range("2024-03-01", periods=n_rows, freq="h").strftime(
        "%Y-%m-%d %H:%M"
    )


def users(n_rows=N_ROWS, per_user=10):
    return [f"u{k // per_user:03d}" for k in range(n_rows)]


def test_blocks_along_an_id_that_is_a_date_are_found_and_hidden(load):
    is_test = np.arange(N_ROWS) % 100 >= 70
    competition = load(pd.DataFrame({"id": hours()}), is_test, 'id = "id"\n')
    assert competition.drawing.kind == "blocks"
    assert competition.notes[0].startswith("the test rows are 6 blocks, about 30 hours")
    assert "hide such blocks" in fold_line(competition, FoldSpec())
    # The date tells something, so it is a feature as well.
    assert competition.roles["id"] == "datetime" and "id" in competition.X
    assert len(make_folds(competition, FoldSpec())) == 5


def test_a_declared_id_stays_out_of_the_features(load):
    is_test = np.arange(N_ROWS) % 100 >= 70
    settings = 'id = "id"\n[columns]\nid = "drop"\n'
    competition = load(pd.DataFrame({"id": hours()}), is_test, settings)
    assert "id" not in competition.X


def test_blocks_along_ids_that_count_are_found(load):
    is_test = np.arange(N_ROWS) % 100 >= 70
    ids = [f"row{k:04d}" for k in range(N_ROWS)]
    competition = load(pd.DataFrame({"id": ids}), is_test, 'id = "id"\n')
    assert competition.drawing.kind == "blocks" and competition.drawing.length == 30


def test_ids_that_go_on_where_train_ends_mean_nothing(load):
    ids = [str(k) for k in range(N_ROWS)]
    competition = load(pd.DataFrame({"id": ids}), np.arange(N_ROWS) >= 400)
    assert competition.drawing is None and competition.notes == ()


@pytest.mark.parametrize("ids", [range(N_ROWS), range(N_ROWS, 0, -1)])
def test_nor_do_they_beside_a_column_whose_values_all_repeat(load, ids):
    shops = np.random.default_rng(0).choice([f"shop{k}" for k in range(15)], N_ROWS)
    table = pd.DataFrame({"id": [str(k) for k in ids], "shop": shops})
    competition = load(table, np.arange(N_ROWS) >= 400)
    assert competition.drawing is None and competition.notes == ()


def test_later_rows_are_found_and_how_far_they_reach(load):
    table = pd.DataFrame({"id": range(N_ROWS), "when": hours()})
    competition = load(table, np.arange(N_ROWS) >= 550)
    assert competition.drawing.kind == "later"
    assert competition.notes[0].endswith("along 'when' and reach 2 days on")
    assert [len(valid) for _, valid in make_folds(competition, FoldSpec())] == [50] * 5


def test_a_test_before_train_is_tried_backwards(load):
    table = pd.DataFrame({"id": range(N_ROWS), "when": hours()})
    competition = load(table, np.arange(N_ROWS) < 50)
    assert "come before all training rows" in competition.notes[0]
    when = competition.X["when"]
    train, valid = make_folds(competition, FoldSpec()).pairs[0]
    assert when[valid].max() < when[train].min()


def test_the_last_rows_of_users_are_found(load):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"user": users()})
    table["when"] = hours()
    table["when"] = pd.Series(hours()).sample(frac=1, random_state=1).to_numpy()
    order = table.groupby("user")["when"].rank()
    table.insert(0, "id", rng.permutation(N_ROWS) * 7 + 3)
    competition = load(table, order > 8)
    assert competition.drawing.kind == "last"
    assert "the last ones of each 'user' along 'when'" in competition.notes[0]


def test_partly_new_users_are_found(load):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"id": range(N_ROWS), "user": users()})
    new = np.isin(np.arange(N_ROWS) // 10, rng.permutation(60)[:15])
    competition = load(table, new | (rng.random(N_ROWS) < 0.1))
    assert competition.drawing.kind == "new groups"
    assert "'user' that train has not" in competition.notes[0]


def test_later_rows_of_new_users_are_both(load):
    table = pd.DataFrame({"id": range(N_ROWS), "when": hours()})
    # Users overlap in time, yet none is on both sides.
    table["user"] = [f"u{k // 40:02d}{k % 4}" for k in range(N_ROWS)]
    competition = load(table, np.arange(N_ROWS) >= 400)
    assert competition.drawing.kind == "later"
    assert "other values of 'user'" in competition.notes[0]
    known = np.array([f"{g}" for g in competition.drawing.groups])
    for train, valid in make_folds(competition, FoldSpec()):
        assert set(known[train]).isdisjoint(known[valid])


@pytest.mark.parametrize("seed", range(6))
def test_a_random_draw_raises_nothing(load, seed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"id": hours(), "user": users()})
    table["day"] = np.arange(N_ROWS) // 24
    table["code_id"] = rng.integers(0, 40, N_ROWS)
    competition = load(table, rng.random(N_ROWS) < 0.3, 'id = "id"\n')
    assert competition.drawing is None
    assert fold_line(competition, FoldSpec()) == ""


def test_random_folds_can_be_asked_for(load):
    is_test = np.arange(N_ROWS) % 100 >= 70
    competition = load(pd.DataFrame({"id": hours()}), is_test, 'id = "id"\n')
    spec = FoldSpec("random")
    assert (make_folds(competition, spec).times_validated == 1).all()
    assert "do not look like the test" in fold_line(competition, spec)
    declared = load(pd.DataFrame({"id": hours()}), is_test, 'id = "id"\nfolds = ""\n')
    assert declared.drawing is None


def test_what_is_declared_by_hand_goes_first(load):
    is_test = np.arange(N_ROWS) % 100 >= 70
    table = pd.DataFrame({"id": hours(), "user": [f"u{k % 60}" for k in range(N_ROWS)]})
    settings = 'id = "id"\ngroups = "user"\n'
    assert load(table, is_test, settings).drawing is None


def test_weightless_rows_do_not_cut_stretches(load):
    is_test = np.arange(N_ROWS) % 100 >= 70
    table = pd.DataFrame({"id": hours(), "weight": (np.arange(N_ROWS) % 3 > 0) * 1})
    competition = load(table, is_test, 'id = "id"\nweights = "weight"\n')
    blocks = competition.drawing
    assert len(blocks.order) == len(competition.y) and blocks.length > 28 * 3.6e9


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"id": ["2024-01-01"] * N_ROWS}),
        pd.DataFrame({"id": [f"word {k * 7919 % 5003}x" for k in range(N_ROWS)]}),
        pd.DataFrame({"id": range(N_ROWS), "user": ["abc"[k % 3] for k in range(600)]}),
        pd.DataFrame({"id": range(N_ROWS), "user": ["a"] * 595 + list("bcdef")}),
    ],
    ids=["a constant date", "ids of text", "three groups", "one group of all"],
)
def test_what_tells_nothing_raises_nothing(load, table):
    is_test = np.random.default_rng(0).random(N_ROWS) < 0.3
    settings = 'id = "id"\n' if table["id"].is_unique else 'id = ""\n'
    assert load(table, is_test, settings).drawing is None


def test_dates_that_are_missing_in_half_the_rows_still_tell(load):
    table = pd.DataFrame({"id": range(N_ROWS), "when": hours()})
    table.loc[np.random.default_rng(0).random(N_ROWS) < 0.4, "when"] = ""
    competition = load(table, np.arange(N_ROWS) % 100 >= 70)
    assert competition.drawing.kind == "blocks"
    folds = make_folds(competition, FoldSpec())
    assert competition.X["when"][np.flatnonzero(folds.times_validated)].notna().all()


def test_ties_in_time_do_not_hide_blocks(load):
    days = pd.date_range("2024-01-01", periods=60).repeat(10).strftime("%Y-%m-%d")
    table = pd.DataFrame({"id": range(N_ROWS), "when": days})
    is_test = np.arange(N_ROWS) // 10 % 10 >= 7
    competition = load(table, is_test)
    assert competition.drawing.kind == "blocks"
    when = competition.X["when"]
    for train, valid in make_folds(competition, FoldSpec()):
        assert set(when[train]).isdisjoint(when[valid])


def test_equal_test_rows_are_no_error(load):
    table = pd.DataFrame({"id": range(N_ROWS), "when": hours()})
    is_test = np.arange(N_ROWS) >= 500
    table.loc[is_test, "when"] = table["when"].iloc[-1]
    assert load(table, is_test).drawing.kind == "later"


def test_folds_like_the_test_are_written_beside_the_settings(load):
    table = pd.DataFrame({"id": range(N_ROWS), "when": hours()})
    competition = load(table, np.arange(N_ROWS) % 100 >= 70)
    made = make_folds(competition, FoldSpec())
    (competition.folder / "competition.toml").unlink()
    text = init_folder(competition.folder).read_text()
    assert 'folds = "folds.csv"' in text and "# the test rows are 6 blocks" in text
    again = load_competition(competition.folder)
    assert make_folds(again, FoldSpec()).fingerprints == made.fingerprints
    assert fold_line(again, FoldSpec()) == "folds: those of folds.csv"
    # A holdout hides blocks all the same.
    shown, _ = again.hide(0.2, 0)
    assert len(make_folds(shown, FoldSpec())) > 1


def test_a_file_of_yours_keeps_its_comments_and_its_order(load):
    table = pd.DataFrame({"id": range(N_ROWS), "when": hours()})
    settings = (
        '# why\nmetric = "mae"  # said so\n\n[columns]\n# not known\nsize = "drop"\n'
    )
    competition = load(table, np.arange(N_ROWS) % 100 >= 70, settings)
    before = (competition.folder / "competition.toml").read_text().splitlines()
    add_folds(competition.folder)
    after = (competition.folder / "competition.toml").read_text().splitlines()
    assert [line for line in after if "folds" not in line] == before
    with pytest.raises(CompetitionError, match="there already"):
        add_folds(competition.folder)


def test_no_folds_are_written_where_the_test_may_be_random(load):
    table = pd.DataFrame({"id": range(N_ROWS), "when": hours()})
    competition = load(table, np.random.default_rng(0).random(N_ROWS) < 0.3)
    with pytest.raises(CompetitionError, match="no folds are like the test"):
        add_folds(competition.folder)
    (competition.folder / "competition.toml").unlink()
    init_folder(competition.folder)
    assert not (competition.folder / "folds.csv").exists()


def test_an_alarm_says_where_validation_does_not_look_like_the_test(load):
    table = pd.DataFrame({"id": range(N_ROWS), "when": hours(), "user": users()})
    competition = load(table, np.arange(N_ROWS) % 100 >= 70)
    alike = likeness_of(competition, make_folds(competition, FoldSpec()))
    assert likeness_notes(alike) == ()
    random = likeness_of(competition, make_folds(competition, FoldSpec("random")))
    (note,) = likeness_notes(random)
    assert note.startswith(APART) and "'when': steps from the nearest" in note
    told = {fact["name"]: fact["is_alarm"] for fact in likeness_facts(random)}
    assert told["when"] and not told["size"]


def test_random_folds_of_whole_groups_are_an_alarm(load):
    table = pd.DataFrame({"id": range(N_ROWS), "user": users()})
    whole = np.random.default_rng(0).permutation(60) < 20
    competition = load(table, whole[np.arange(N_ROWS) // 10])
    assert competition.settings.groups == "user"
    alike = likeness_of(competition, make_folds(competition, FoldSpec()))
    assert likeness_notes(alike) == ()
    random = make_folds(competition, FoldSpec("random"))
    assert "'groups'" in likeness_notes(likeness_of(competition, random))[0]


def declared(load, table, settings):
    """Return a competition whose test rows are a random third."""
    is_test = np.random.default_rng(0).random(len(table)) < 0.3
    return load(table, is_test, settings)


def test_three_declared_groups_make_three_folds(load):
    table = pd.DataFrame(
        {"id": range(N_ROWS), "user": ["abc"[k % 3] for k in range(600)]}
    )
    competition = declared(load, table, 'groups = "user"\n')
    folds = make_folds(competition, FoldSpec())
    assert len(folds) == 3 and fold_line(competition, FoldSpec()) == ""
    for fitted, checked in folds:
        assert set(competition.groups[fitted]).isdisjoint(competition.groups[checked])


def test_one_group_of_nearly_all_rows_is_told(load):
    table = pd.DataFrame(
        {"id": range(N_ROWS), "user": ["a"] * 590 + list("bcdefghijk")}
    )
    competition = declared(load, table, 'groups = "user"\n')
    line = fold_line(competition, FoldSpec())
    assert "of the rows are of one 'user', 'a'" in line and 'groups = ""' in line
    assert len(make_folds(competition, FoldSpec())) > 1


def test_one_group_alone_is_told_or_refused_in_a_sentence(load):
    table = pd.DataFrame({"id": range(N_ROWS), "user": "a"})
    competition = declared(load, table, 'groups = "user"\n')
    assert "100% of the rows are of one 'user'" in fold_line(competition, FoldSpec())
    with pytest.raises(PipelineError, match="cannot split these rows"):
        make_folds(competition, FoldSpec())


def test_a_declared_time_that_is_constant_is_told(load):
    table = pd.DataFrame({"id": range(N_ROWS), "when": "2024-01-01"})
    competition = declared(load, table, 'time = "when"\n')
    line = fold_line(competition, FoldSpec())
    assert "the time 'when' has but one value" in line and 'time = ""' in line
    assert len(make_folds(competition, FoldSpec())) == 5


@pytest.mark.parametrize("cells", ["dates", "numbers"])
def test_rows_without_a_declared_time_come_first(load, cells):
    numbers = [str(k) for k in range(N_ROWS)]
    table = pd.DataFrame({"id": range(N_ROWS)})
    table["when"] = hours() if cells == "dates" else numbers
    table.loc[np.random.default_rng(1).random(N_ROWS) < 0.5, "when"] = ""
    competition = declared(load, table, 'time = "when"\n')
    folds = make_folds(competition, FoldSpec())
    checked = np.flatnonzero(folds.times_validated)
    first = folds.pairs[0][0]
    missing = pd.isna(pd.Series(competition.times)).to_numpy()
    assert missing[first].all() and not missing[folds.pairs[-1][1]].any()
    assert len(checked) > len(missing) / 2
