"""The demo competitions: whole, the same bytes twice, and fair."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ensemble_kit.competition import load_competition
from ensemble_kit.competition.text_competition import load_text_competition

COMPETITIONS = Path(__file__).parents[2] / "competitions"
DEMOS = ["breast-cancer", "docstrings"]
FILES = ["sample_submission.csv", "solution.csv", "test.csv", "train.csv"]


def prepare(name, folder, hash_seed="0"):
    subprocess.run(
        [sys.executable, COMPETITIONS / name / "prepare.py", "--output", folder],
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": "1"},
        check=True,
    )
    return folder


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return {name: prepare(name, tmp_path_factory.mktemp(name)) for name in DEMOS}


@pytest.fixture(scope="module", params=DEMOS)
def demo(request, prepared):
    return request.param, prepared[request.param]


@pytest.fixture(scope="module")
def docstrings(prepared):
    folder = prepared["docstrings"]
    return pd.read_csv(folder / "train.csv"), pd.read_csv(folder / "test.csv")


def test_a_demo_consists_of_four_files(demo):
    assert sorted(path.name for path in demo[1].iterdir()) == FILES


def test_ids_of_sample_submission_solution_and_test_agree(demo):
    _, folder = demo
    test, sample, solution = (
        pd.read_csv(folder / f"{name}.csv")["id"].tolist()
        for name in ("test", "sample_submission", "solution")
    )
    assert test == sample == solution
    assert not set(test) & set(pd.read_csv(folder / "train.csv")["id"])


def test_a_demo_loads_as_its_settings_say(demo, tmp_path):
    name, folder = demo
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    shutil.copy(COMPETITIONS / name / "competition.toml", tmp_path)
    competition = load_competition(tmp_path)
    assert list(competition.X) == list(competition.X_test)
    assert not {"id", "family", "library", "malignant"} & set(competition.X)
    assert competition.metric.name == {"docstrings": "log_loss"}.get(name, "auc")


def test_the_same_bytes_come_out_of_another_process(demo, tmp_path):
    name, folder = demo
    again = prepare(name, tmp_path / "again", hash_seed="7")
    for file in FILES:
        assert (again / file).read_bytes() == (folder / file).read_bytes(), file


def test_every_class_stands_on_both_sides(demo):
    _, folder = demo
    solution = pd.read_csv(folder / "solution.csv")
    target = solution.columns[1]
    train = pd.read_csv(folder / "train.csv")
    assert set(train[target]) == set(solution[target])


def test_docstrings_are_several_thousand_rows_of_four_libraries(docstrings):
    train, test = docstrings
    assert len(train) > 3000
    assert len(test) > 1000
    assert set(train["library"]) == {"numpy", "pandas", "scikit-learn", "scipy"}


def test_no_family_and_no_text_stands_on_both_sides(docstrings):
    train, test = docstrings
    assert not set(train["family"]) & set(test["family"])
    assert not set(train["description"]) & set(test["description"])


def test_no_text_names_its_library(docstrings):
    given_away = re.compile(
        r"numpy|scipy|pandas|sklearn|scikit[- ]*learn|\b(?:np|pd|sp)\.", re.IGNORECASE
    )
    for table in docstrings:
        for column in ("description", "name", "returns"):
            found = table[column].dropna().str.contains(given_away)
            assert not found.any(), table[column].dropna()[found].tolist()[:5]


def test_signatures_have_numbers_categories_and_gaps(docstrings):
    train, _ = docstrings
    assert set(train["kind"]) == {"class", "function", "method"}
    assert 0 < train["n_parameters"].isna().mean() < 0.5
    assert train["first_parameter"].nunique() > 100


def test_spoken_numbers_are_whole_fair_and_the_same_bytes_twice(tmp_path):
    folder = prepare("spoken-numbers", tmp_path / "once")
    again = prepare("spoken-numbers", tmp_path / "again", hash_seed="7")
    for file in FILES:
        assert (again / file).read_bytes() == (folder / file).read_bytes(), file
    shutil.copy(COMPETITIONS / "spoken-numbers" / "competition.toml", folder)
    competition = load_text_competition(folder)
    assert not competition.notes  # no source stands on both sides
    assert (len(competition.X), len(competition.X_test)) == (4000, 1000)
    solution = pd.read_csv(folder / "solution.csv", dtype="str")
    assert solution["id"].tolist() == competition.ids.tolist()
    assert (competition.y == competition.X).mean() < 0.15


def request(n, **more):
    return {
        "request_id": f"t3_{n}",
        "request_title": f'[Request] "{n}", please',
        "requester_subreddits_at_request": ["food", "pics"],
        "unix_timestamp_of_request": 1317852607.0,
        **more,
    }


def test_pizza_requests_lose_what_was_recorded_afterwards(tmp_path):
    known_later = {"requester_received_pizza": True, "requester_user_flair": "shroom"}
    (tmp_path / "train.json").write_text(json.dumps([request(1, **known_later)]))
    (tmp_path / "test.json").write_text(json.dumps([request(2)]))
    prepare("random-acts-of-pizza", tmp_path)
    train, test = (pd.read_csv(tmp_path / f"{n}.csv") for n in ("train", "test"))
    assert list(train) == [*test, "requester_received_pizza"]
    assert train["requester_received_pizza"].tolist() == [1]
    assert test["requester_subreddits_at_request"].tolist() == ["food pics"]
    assert train["unix_timestamp_of_request"].tolist() == [1317852607]
