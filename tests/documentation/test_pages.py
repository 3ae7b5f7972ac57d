"""What the pages say can be typed, pasted and followed."""

import ast
import configparser
import re
import shlex
import tomllib
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer

import ensemble_kit
from ensemble_kit.cli import app
from ensemble_kit.competition.declared.settings import SCALARS, parse_settings
from ensemble_kit.pipeline.loading import (
    TOP,
    load_pipeline,
    parse_pipeline,
    shipped_pipelines,
)
from ensemble_kit.quantities import parse_duration, parse_size
from ensemble_kit.running.finished.loaded_run import LoadedRun

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
COMMANDS = typer.main.get_command(app)
ADDING = ROOT / "docs" / "adding.md"  # test_adding.py runs it as a whole
BRINGING = ROOT / "docs" / "bring_your_own.md"  # and test_bringing.py this one
MEMBERS = {"boosted": {"model": "lightgbm"}, "linear": {"model": "ridge"}}
READERS = {
    "time_limit": parse_duration,
    "older_than": parse_duration,
    "memory_limit": parse_size,
    "keep": parse_size,
}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`]+)`")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PATH = re.compile(r"`((?:benchmarks|competitions|docs|ensemble_kit|examples)/[\w./-]+)")


def lay_out(words, folder):
    """Make the files and folders that a command line names."""
    for word in words:
        if re.fullmatch(r"[\w-]+\.(csv|zip|toml|py)", word):
            (folder / word).touch()
        elif re.fullmatch(r"[A-Z]+(/[\w-]+)*", word):
            (folder / word).mkdir(parents=True, exist_ok=True)


def parse(words):
    """Parse a call of ensemble-kit as the command line does, and its values too."""
    command = COMMANDS
    while isinstance(command, typer.core.TyperGroup):
        name, *words = words
        assert name in command.commands, f"no command {name}"
        command = command.commands[name]
    values = command.make_context(name, list(words)).params
    for option, read in READERS.items():
        if values.get(option) is not None:
            read(values[option])
    pipeline = values.get("pipeline")
    if pipeline is not None and not pipeline.endswith(".toml"):
        load_pipeline(pipeline)


def parse_dask(words):
    from distributed.cli import dask_scheduler, dask_worker

    program = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
    program[words[0]].make_context(words[0], words[1:])


def parse_ray(words):
    from ray.scripts.scripts import cli

    cli.commands[words[0]].make_context(words[0], words[1:])


def parse_make(words):
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in words:
        assert re.search(rf"^{target}:", rules, re.MULTILINE), f"no target {target}"


def parse_python(words):
    assert (ROOT / words[0]).is_file(), f"no file {words[0]}"


PROGRAMS = {
    "ensemble-kit": parse,
    "dask": parse_dask,
    "ray": parse_ray,
    "make": parse_make,
    "python": parse_python,
}


def test_every_command_line_parses(page, blocks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [line for code in blocks(page, "console") for line in code.splitlines()]
    for line in lines:
        program, *words = shlex.split(line, comments=True)
        lay_out(words, tmp_path)
        if page != ADDING or program != "python":
            PROGRAMS[program](words)


def test_every_command_in_a_sentence_parses(page, prose, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for quoted in QUOTED.findall(prose(page)):
        program, _, rest = " ".join(quoted.split()).partition(" ")
        words = shlex.split(rest) if program in ("ensemble-kit", "make") else ()
        lay_out(words, tmp_path)
        if program == "ensemble-kit" and len(words) == 1:  # it speaks of the command
            assert words[0] in COMMANDS.commands, quoted
        elif words:
            PROGRAMS[program](words)


def test_every_toml_block_is_read_without_a_mistake(page, blocks):
    for code in blocks(page, "toml") if page != ADDING else ():
        if page == BRINGING and code.startswith("# "):
            continue
        tables = tomllib.loads(code)
        if tables.keys() <= {*SCALARS, "columns"}:
            parse_settings(code)
            continue
        assert any(key in TOP or key.startswith("level") for key in tables), code
        level1 = {**MEMBERS, **tables.get("level1", {})}
        parse_pipeline({**tables, "level1": level1}, page.name)


def execute(path, codes):
    """Run a page's Python one after another, with a small table at hand."""
    rows = np.random.default_rng(0).normal(size=(60, 2))
    X = pd.DataFrame(rows, columns=["a", "b"])
    names = {"X": X, "y": (rows.sum(axis=1) > 0).astype(int), "X_new": X[:5]}
    for code in codes:
        exec(compile(code, path.name, "exec"), names)


@pytest.mark.slow
def test_python_blocks_run(page, blocks):
    if page not in (README, ADDING, BRINGING, ROOT / "docs" / "runs.md"):
        execute(page, blocks(page, "python"))


@pytest.mark.slow
def test_the_notebook_of_the_readme_runs(blocks):
    (code,) = blocks(README, "python")
    execute(README, [code])


def test_a_run_has_what_its_page_names(blocks):
    (code,) = blocks(ROOT / "docs" / "runs.md", "python")
    asked = {
        node.attr
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "run"
    }
    assert {"leaderboard", "predict", "errors"} <= asked
    assert {name for name in asked if not hasattr(LoadedRun, name)} == set()


def anchors(path):
    """Return the anchors of a page's headings."""
    titles = HEADING.findall(path.read_text(encoding="utf-8"))
    kept = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.replace(" ", "-") for title in kept}


def test_every_link_leads_somewhere(page, prose):
    for link in LINK.findall(prose(page)):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


def test_every_file_that_a_page_names_is_there(page, prose):
    named = PATH.findall(prose(page))
    made = {"competitions/docstrings", "competitions/breast-cancer"}
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert all((ROOT / name).is_dir() for name in made)


def test_every_page_is_listed():
    index = ROOT / "docs" / "index.md"
    listed = {Path(link).name for link in LINK.findall(index.read_text("utf-8"))}
    assert {path.name for path in (ROOT / "docs").glob("*.md")} - listed == {"index.md"}
    assert "(docs/index.md)" in README.read_text("utf-8")


def test_the_readme_names_every_command():
    text = README.read_text(encoding="utf-8")
    listed = text[text.index("## The commands") :]
    quoted = {word for words in QUOTED.findall(listed) for word in words.split()}
    assert set(COMMANDS.commands) - quoted == set()
    assert set(COMMANDS.commands["store"].commands) - quoted == set()


def test_the_readme_and_the_figures_show_one_table_of_scores():
    tables = [
        [
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if "↑ |" in line
        ]
        for path in (README, ROOT / "docs" / "figures.md")
    ]
    assert len(tables[0]) > 5
    assert set(tables[0]) <= set(tables[1])


@pytest.mark.parametrize("page", [README, ROOT / "docs" / "first_competition.md"])
def test_every_extra_that_is_named_exists(page):
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    extras = set(config["options.extras_require"])
    named = re.findall(r"\.\[([\w,]+)\]", page.read_text(encoding="utf-8"))
    assert named
    assert {extra for names in named for extra in names.split(",")} <= extras


def test_the_page_of_pipelines_names_all_that_are_shipped():
    text = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    assert [name for name in shipped_pipelines() if f"`{name}`" not in text] == []


def test_the_reference_names_what_there_is_and_every_public_class():
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    named = re.findall(r"^::: ([\w.]+)$", text, re.MULTILINE)
    for path in named:
        module, _, name = path.rpartition(".")
        assert hasattr(import_module(module), name) or import_module(path)
    classes = [getattr(ensemble_kit, name) for name in ensemble_kit.__all__]
    homes = {f"{c.__module__}.{c.__qualname__}" for c in classes if callable(c)}
    covered = {path for path in homes if any(path.startswith(n) for n in named)}
    assert homes == covered
