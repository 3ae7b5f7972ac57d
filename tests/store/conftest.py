"""Faults to try on whatever lies in a store."""

import runpy
from pathlib import Path

import pytest

FAULTS = runpy.run_path(str(Path(__file__).with_name("damage.py")))["FAULTS"]


@pytest.fixture(params=FAULTS, ids=lambda fault: fault.__name__)
def fault(request):
    """Return a function that damages what lies at a path."""
    return request.param
