# make demo   a stacked submission for a demo competition, from nothing
# make test   the whole test suite, from nothing
# make quick  the tests without those marked slow
# make docs   the pages of docs/ with a reference, as a site in build/site
PYTHON ?= python3
DEMO ?= docstrings
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt

# What is checked without running it goes on beside the tests.
MAKEFLAGS += --jobs=2

.PHONY: demo test quick all-tests quick-tests check docs clean

demo: $(VENV)/.demo
	$(BIN)/python competitions/$(DEMO)/prepare.py
	$(BIN)/ensemble-kit submit competitions/$(DEMO) --pipeline quick

test: check all-tests

quick: check quick-tests

# Fits of the tests take one thread each, so that both halves of them go on at once.
# Each half goes from one end of the tests to the other, so that what the tests of a
# file share is made once, and takes what is left of the other when it is done.
# What is compiled is kept: the processes that tests start would compile it again.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest
HALVES := --numprocesses auto --dist worksteal

all-tests: $(VENV)/.test
	$(PYTEST) $(HALVES)

quick-tests: $(VENV)/.test
	$(PYTEST) $(HALVES) -m "not slow"

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy --package ensemble_kit

docs: $(VENV)/.docs
	$(BIN)/mkdocs build --strict

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python setup.cfg pyproject.toml constraints.txt
	$(PIP) --editable .
	touch $@

$(VENV)/.test: $(BIN)/python setup.cfg pyproject.toml constraints.txt
	$(PIP) --editable '.[test]'
	touch $@ $(VENV)/.demo

$(VENV)/.docs: $(BIN)/python setup.cfg pyproject.toml constraints.txt
	$(PIP) --editable '.[docs]'
	touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) build dist *.egg-info
