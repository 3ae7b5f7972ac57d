"""A metric that goes by groups: in runs, holdouts, files and stacks, by hand each."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeRegressor
from typer.testing import CliRunner

from ensemble_kit.cli import app
from ensemble_kit.competition import load_competition, score_submission
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.exceptions import CompetitionError, PipelineError, SubmissionError
from ensemble_kit.metrics.group_formulas import r2_within
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.reporting.comparing import compare_runs
from ensemble_kit.reporting.holdout import holdout_facts
from ensemble_kit.reporting.run_folder import prepare_folder, write_run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.stacking import StackedRegressor
from ensemble_kit.store.store import Store

NAME = "r2_within@colour"
TABLES = {
    "folds": {"n_splits": 2},
    "level1": {
        "linear": {"model": "ridge", "params": {"alpha": 2.0}},
        "near": {"model": "knn", "params": {"n_neighbors": 5}},
    },
    "level2": {"blend": {"model": "greedy_blend"}},
    "submit": {"member": "auto"},
}
MEMBERS = [("line", LinearRegression()), ("tree", DecisionTreeRegressor(max_depth=3))]


def finish(competition, tmp_path):
    """Return a run of two small members and what guards their blends."""
    pipeline = parse_pipeline(TABLES, "here")
    resources = Resources(0, tmp_path / "work")
    return run_pipeline(competition, pipeline, Store(tmp_path / "store"), resources)


def colours(folder):
    return pd.read_csv(folder / "train.csv")["colour"].to_numpy()


@pytest.mark.usefixtures("few_draws")
def test_every_score_of_a_run_goes_by_the_groups(competition_folder, tmp_path):
    folder = competition_folder("regression")
    competition, groups = load_competition(folder, metric=NAME), colours(folder)
    run = finish(competition, tmp_path)
    y = competition.y
    for result in run.results:
        oof = run.matrix.member(result.name)[0][:, 0]
        assert result.score == pytest.approx(r2_within(y, oof, None, groups))
        by_fold = [
            r2_within(y[valid], oof[valid], None, groups[valid])
            for _, valid in run.folds
        ]
        assert result.fold_scores == pytest.approx(by_fold)
    written = prepare_folder(tmp_path / "run")
    write_run(run, written)
    same = compare_runs(written, written)
    assert same.scores[0] == pytest.approx(run.result(run.chosen).score)


@pytest.mark.usefixtures("few_draws")
def test_a_holdout_scores_hidden_rows_by_their_groups(competition_folder, tmp_path):
    folder = competition_folder("regression")
    competition, groups = load_competition(folder, metric=NAME), colours(folder)
    hidden, y_hidden = competition.hide(0.3, 0)
    metric, rows = competition.hidden_metric(0.3, 0), competition.hidden_rows(0.3, 0)
    run = finish(hidden, tmp_path)
    facts = holdout_facts(run, y_hidden, 0.3, 0, None, metric)
    wanted = r2_within(y_hidden, run.test[:, 0], None, groups[rows])
    assert facts["score"] == pytest.approx(wanted)
    assert facts["interval"][0] < wanted < facts["interval"][1]


@pytest.mark.usefixtures("in_this_process", "few_draws")
def test_the_commands_take_it_from_competition_toml(competition_folder, tmp_path):
    folder = competition_folder("regression")
    toml = 'metric = "r2_within"\nmetric_groups = "colour"\n'
    (folder / "competition.toml").write_text(toml)
    (tmp_path / "small.toml").write_text(
        "[folds]\nn_splits = 2\n[level1.linear]\nmodel = 'ridge'\n"
    )
    small = ["--pipeline", str(tmp_path / "small.toml"), "-o", str(tmp_path / "out")]
    for command in (["submit", *map(str, [folder])], ["holdout", str(folder)]):
        done = CliRunner().invoke(app, [*command, *small])
        assert done.exit_code == 0, done.output
        assert NAME in done.output
    done = CliRunner().invoke(
        app, ["tune", str(folder), "ridge", "--trials", "1", *small]
    )
    assert done.exit_code == 0, done.output


def test_a_score_takes_the_groups_from_the_solution(tmp_path):
    given, solution = tmp_path / "given.csv", tmp_path / "solution.csv"
    given.write_text("id,y\n3,4\n1,1\n2,3\n4,8\n")
    solution.write_text("id,y,shop\n1,1,a\n2,3,a\n3,5,b\n4,9,b\n")
    expected = 1 - (1 + 1) / (2 + 8)
    assert score_submission(given, solution, "r2_within@shop") == pytest.approx(
        expected
    )


@pytest.mark.parametrize(
    ("solution", "metric", "said"),
    [
        ("id,y\n1,1\n2,3\n", "r2_within@shop", "no column 'shop'.*solution needs"),
        ("id,y,shop\n1,1,a\n2,3,\n", "r2_within@shop", "row 2: 'shop' is empty"),
        ("id,y,shop\n1,1,a\n2,3,a\n", "r2_within", "r2_within@COLUMN"),
    ],
)
def test_a_solution_without_groups_is_refused(tmp_path, solution, metric, said):
    (tmp_path / "given.csv").write_text("id,y\n1,1\n2,3\n")
    (tmp_path / "solution.csv").write_text(solution)
    with pytest.raises(SubmissionError, match=said):
        score_submission(tmp_path / "given.csv", tmp_path / "solution.csv", metric)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"metric": "r2_within"}, "no column is named.*r2_within@COLUMN"),
        ({"metric": "r2_within@color"}, "no column 'color'.*did you mean 'colour'"),
        ({"metric": "r2_within@gappy"}, "train, row .*'gappy' is empty"),
        ({"metric": "r2_within@id"}, "the target is the same in all rows of each"),
    ],
)
def test_groups_that_cannot_be_are_refused_at_once(competition_folder, settings, said):
    folder = competition_folder("regression")
    with pytest.raises(CompetitionError, match=said):
        load_competition(folder, CompetitionSettings(**settings))


def test_groups_of_one_row_are_told_of(competition_folder):
    folder = competition_folder("regression")
    train = pd.read_csv(folder / "train.csv", dtype="str")
    lonely = train.assign(shop=["one", "two", *["many"] * (len(train) - 2)])
    lonely.to_csv(folder / "train.csv", index=False)
    notes = load_competition(folder, metric="r2_within@shop").notes
    assert any("in 2 of 3 groups of 'shop'" in note for note in notes)


@pytest.mark.parametrize("cv", [3, [(np.arange(60), np.arange(60, 90))]])
def test_a_stack_takes_the_groups_from_a_column_or_from_fit(cv):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=90), "shop": np.arange(90) % 3})
    y = X["a"] + 5 * X["shop"] + rng.normal(size=90)
    by_column = StackedRegressor(MEMBERS, cv=cv, metric="r2_within@shop")
    by_column.random_state = 0
    by_column.fit(X, y)
    line = by_column.leaderboard_.set_index("member").loc["line", "score"]
    oof = by_column.oof_.member("line")[0][:, 0]
    seen = np.isfinite(oof)
    wanted = r2_within(y[seen], oof[seen], None, X["shop"][seen])
    assert line == pytest.approx(wanted)
    assert by_column.explain(X)["loss"].notna().all()
    given = StackedRegressor(MEMBERS, cv=3, metric="r2_within", random_state=0)
    given.fit(X, y, groups=np.arange(90) % 9)
    oof = given.oof_.member("line")[0][:, 0]
    board = given.leaderboard_.set_index("member")
    assert board.loc["line", "score"] == pytest.approx(
        r2_within(y, oof, None, np.arange(90) % 9)
    )


def test_a_saved_stack_keeps_its_groups(tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=60), "shop": np.arange(60) % 3})
    y = X["a"] + rng.normal(size=60)
    stack = StackedRegressor(["ridge", "knn"], cv=3, metric="r2_within@shop")
    stack.fit(X, y).save(tmp_path / "kept")
    loaded = StackedRegressor.load(tmp_path / "kept")
    pd.testing.assert_frame_equal(loaded._scored.table(), stack._scored.table())


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("r2_within", "hand them over, as in fit"),
        ("r2_within@ship", "no column 'ship'; did you mean 'shop'"),
        ("r2_within@hole", "1 rows have none, row 4 first"),
    ],
)
def test_a_stack_without_groups_says_what_it_needs(metric, said):
    X = pd.DataFrame({"a": np.arange(30.0), "shop": np.arange(30) % 3})
    X["hole"] = X["shop"].where(X.index != 4)
    with pytest.raises(PipelineError, match=said):
        StackedRegressor(["ridge"], metric=metric).fit(X, np.arange(30.0))
