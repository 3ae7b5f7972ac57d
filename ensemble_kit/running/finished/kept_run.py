"""A finished run that predicts later rows: its folder, its plan, and the rows' ids."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.exceptions import CompetitionError, PredictionWarning, problems
from ensemble_kit.pipeline.member import library_versions
from ensemble_kit.running.finished.exporting import VERSIONED

MAX_NAMED = 5


@dataclass(frozen=True)
class KeptRun:
    """What predictors of tables and of texts have in common.

    Parameters
    ----------
    folder : Path
        The run's.
    facts : mapping
        The plan, as plain data.
    """

    folder: Path
    facts: Mapping[str, Any]

    def _ids(self, rows: pd.DataFrame, where: str) -> NDArray[np.object_]:
        """Return the rows' ids, or their numbers where there is no such column."""
        name = self.facts["id_column"]
        if not name:  # the run's own rows have none either
            return _numbers(rows)
        if name not in rows:
            warnings.warn(
                f"{where} has no column {name!r}: its rows are numbered from 0",
                PredictionWarning,
                stacklevel=4,
            )
            return _numbers(rows)
        ids = rows[name]
        lines = [
            f"the id {one!r} stands in several rows"
            for one in ids[ids.duplicated() & (ids != "")].unique()[:MAX_NAMED]
        ]
        empty = np.flatnonzero(ids == "")
        if len(empty):
            first = ", ".join(str(row + 1) for row in empty[:MAX_NAMED])
            lines.append(f"{len(empty)} rows have no id in {name!r}: rows {first}")
        if lines:
            raise CompetitionError(problems(where, lines))
        return np.asarray(ids, dtype=object)


def _numbers(rows: pd.DataFrame) -> NDArray[np.object_]:
    """Return the numbers of rows, from 0, as ids."""
    return np.arange(len(rows)).astype(str).astype(object)


def warn_of_versions(then: Mapping[str, str]) -> None:
    """Warn when another version may predict something else."""
    now = library_versions(*VERSIONED)
    changed = [
        f"{name} {version} then, {now.get(name, 'missing')} now"
        for name, version in then.items()
        if now.get(name) != version
    ]
    if changed:
        warnings.warn(
            f"predictions may differ from the run's: {'; '.join(changed)}",
            PredictionWarning,
            stacklevel=4,
        )
