"""A run explained into its own folder: explain.json, and a block of report.html."""

import json
from collections.abc import Sequence
from typing import Any

from ensemble_kit.files import write_atomically
from ensemble_kit.reporting.page.importance import explained_block
from ensemble_kit.reporting.page.page import with_block
from ensemble_kit.reporting.run_folder import PAGE
from ensemble_kit.running.explaining.explained_run import ExplainedRun

EXPLAINED = "explain.json"


def explain_into(
    explained: ExplainedRun,
    groups: Sequence[Sequence[str]] = (),
    n_rows: int | None = None,
    repeats: int | None = None,
    end: float | None = None,
) -> dict[str, Any]:
    """Measure what mattered, write it into the run's folder, and return it.

    Parameters
    ----------
    explained : ExplainedRun
    groups, n_rows, repeats
        See `ExplainedRun.importance`.
    end : float, optional
        When measuring has to be over, on the monotonic clock.

    Raises
    ------
    RunError
        When models or data are missing, or the time is too short; nothing is written.
    """
    folder = explained.run.folder
    facts = explained.importance(groups, n_rows, repeats, end=end)
    text = json.dumps(facts, indent=1, sort_keys=True)
    write_atomically(folder / EXPLAINED, text.encode())
    page = folder / PAGE
    if page.is_file():
        text = page.read_text(encoding="utf-8")
        write_atomically(page, with_block(text, explained_block(facts)).encode())
    return facts
