"""The notebook of a competition runs, draws, and holds whatever names there are."""

import json
import re

import nbclient
import nbformat
import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.reporting.project_notebook import plain, project_notebook
from hostile_words import WORDS, table_of

HOSTILE = ["<script>alert(1)</script>", "a'b\"c\\", "{x}", "$1 $", "`rm`", "а́\u202e"]


def make_table(kind, n_rows):
    rng = np.random.default_rng(0)
    number = rng.normal(size=n_rows)
    words = np.where(number > 0, "bright warm light", "dark cold dim")
    table = pd.DataFrame(
        {
            "id": [f"r{at}" for at in range(n_rows)],
            "number": np.where(rng.random(n_rows) < 0.1, np.nan, number),
            "colour": rng.choice(["red", "green", "$1 $"], n_rows),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(n_rows), "D"),
            "note": [
                f"{w} day of {at % 7} hours and more" for at, w in enumerate(words)
            ],
        }
    )
    noisy = number + rng.normal(scale=0.5, size=n_rows)
    cuts = {"binary": [0.0], "multiclass": [-0.5, 0.5]}
    names = np.array(["low", "middle", "high"])
    table["target"] = (
        noisy.round(3)
        if kind == "regression"
        else names[np.searchsorted(cuts[kind], noisy)]
    )
    return table if kind == "binary" else table.drop(columns=["day", "note"])


@pytest.fixture
def folder_of(tmp_path):
    """Return a function that writes a table as a competition's folder."""

    def write(table, n_test=20):
        folder = tmp_path / "made"
        folder.mkdir()
        train, test = table[:-n_test], table[-n_test:].drop(columns=table.columns[-1])
        train.to_csv(folder / "train.csv", index=False)
        test.to_csv(folder / "test.csv", index=False)
        sample = test.iloc[:, :1].assign(**{table.columns[-1]: 0.5})
        sample.to_csv(folder / "sample_submission.csv", index=False)
        return folder

    return write


def read(text):
    notebook = nbformat.reads(text, 4)
    nbformat.validate(notebook)
    return notebook


def with_quick_fits(notebook):
    """Fit few trees, in the kernel itself: workers take longer to start than that."""
    for cell in notebook.cells:
        here = re.sub(r"(run\(FOLDER.*?metric=METRIC)", r"\1, jobs=0", cell.source)
        few = r"\g<0>\nparams = { n_estimators = 20 }"
        cell.source = re.sub('model = "(lightgbm|extra_trees)"', few, here)
    return notebook


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "metric"),
    [("binary", "auc"), ("multiclass", "log_loss"), ("regression", "rmse")],
)
def test_the_notebook_runs_and_ends_in_a_submission_and_ideas(
    folder_of, tmp_path, kind, metric
):
    folder = folder_of(make_table(kind, 120))
    competition = load_competition(folder, metric=metric)
    text = project_notebook(competition, folder, metric)
    notebook = with_quick_fits(read(text))
    client = nbclient.NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    pictures = [out for out in outputs if "image/png" in out.get("data", {})]
    assert len(pictures) >= 5
    printed = "".join(out.text for out in outputs if out.output_type == "stream")
    assert "submission.csv" in printed and "hidden rows" in printed
    ideas = "".join(out.text for out in notebook.cells[-1].outputs)
    assert ideas and all(line.startswith("- ") for line in ideas.splitlines())
    told = [out.text for out in outputs if out.get("name") == "stderr"]
    assert [text for text in told if "font cache" not in text] == []


def test_hostile_names_stay_names(folder_of):
    table = make_table("regression", 60)
    table = table.rename(columns={"number": HOSTILE[0], "colour": HOSTILE[1]})
    table.insert(1, HOSTILE[2], table[HOSTILE[0]] ** 2)
    table = table.rename(columns={"target": HOSTILE[3]})
    folder = folder_of(table)
    competition = load_competition(folder)
    notebook = read(project_notebook(competition, folder))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            compile(cell.source, cell.id, "exec")
        else:
            assert "<" not in cell.source
    drawn = "".join(cell.source for cell in notebook.cells)
    assert all(repr(name) in drawn for name in HOSTILE[:3])


@pytest.mark.parametrize("at", range(0, len(WORDS), 32))
def test_whatever_words_columns_classes_and_cells_have_stay_words(at, folder_of):
    words = WORDS[at : at + 32]
    train, _, target = table_of(words, 4 * len(words), len(words))
    folder = folder_of(train[[*train.columns.drop(target), target]])
    notebook = read(project_notebook(load_competition(folder), folder))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            compile(cell.source, cell.id, "exec")
            assert not cell.source.lstrip().startswith(("%", "!"))
        else:
            assert "<" not in cell.source


@pytest.mark.parametrize("name", [*HOSTILE, *WORDS])
def test_markdown_prints_a_name_as_it_is(name):
    told = plain(name)
    assert "<" not in told and "\u202e" not in told
    assert "`" not in told.replace("\\`", "") and "$" not in told.replace("\\$", "")


def test_the_same_data_give_the_same_notebook_without_outputs(folder_of):
    folder = folder_of(make_table("binary", 60))
    texts = {project_notebook(load_competition(folder), folder) for _ in range(2)}
    cells = json.loads(texts.pop())["cells"]
    assert texts == set()
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] for cell in code)
    assert max(len(cell["source"].splitlines()) for cell in code) <= 20
