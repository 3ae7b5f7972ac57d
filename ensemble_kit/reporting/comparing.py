"""Finished runs side by side: scores with their noise, and what differs."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.exceptions import RunError
from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.quantities import format_score
from ensemble_kit.running.finished.loaded_run import LoadedRun, read_report
from ensemble_kit.running.finished.run_files import plain_file

Weights = NDArray[np.float64] | None
N_DRAWS = 1000
MOST_DRAWN = 20_000_000  # rows, in all draws together
MOST_TEXTS = 1_000_000
MOST_LINES = 20


@dataclass(frozen=True)
class Comparison:
    """The difference of two runs' out-of-fold scores on the rows both have validated.

    Parameters
    ----------
    names : tuple of str
        The runs' folders.
    chosen : tuple of str
        What each has submitted.
    metric : Metric
    n_rows : int
    scores : tuple of float
    interval : tuple of float
        95 % percentiles of the difference, the second less the first.
    differences : tuple of str
        What differs in data, pipeline and versions.
    """

    names: tuple[str, str]
    chosen: tuple[str, str]
    metric: Metric
    n_rows: int
    scores: tuple[float, float]
    interval: tuple[float, float]
    differences: tuple[str, ...]

    @property
    def difference(self) -> float:
        """Return the second score less the first."""
        return self.scores[1] - self.scores[0]

    @property
    def verdict(self) -> str:
        """Return in words what the interval says."""
        low, high = self.interval
        if low <= 0.0 <= high:
            return "no difference that can be told from noise"
        is_second = (low > 0) == self.metric.greater_is_better
        return f"the {'second' if is_second else 'first'} is better"

    def lines(self) -> list[str]:
        """Return the comparison for a terminal."""
        metric, beside = self.metric, self.scores[0]
        low, high = (format_score(end, beside, "+") for end in self.interval)
        difference = format_score(self.difference, beside, "+")
        better = "higher" if metric.greater_is_better else "lower"
        numbers = zip(
            ("first", "second"), self.names, self.chosen, self.scores, strict=True
        )
        return [
            *(
                f"{which:7}{name}: {chosen}, {metric.name} {format_score(score)}"
                for which, name, chosen, score in numbers
            ),
            f"difference {difference} ({better} is better), 95 % interval "
            f"{low} to {high} on {self.n_rows:,} rows: {self.verdict}",
            *(self.differences or ("data, pipeline and versions are the same",)),
        ]


def compare_runs(first: Path, second: Path) -> Comparison:
    """Return how two runs of one target compare.

    The interval is a paired bootstrap over rows: each draw scores both runs on the
    same rows (Efron and Tibshirani 1993, chapter 13).

    Raises
    ------
    RunError
        When a folder is no run's, or the runs have another metric, other classes or
        no row in common.
    """
    runs = tuple(LoadedRun(path, read_report(path)) for path in (first, second))
    facts = [run.facts["competition"] for run in runs]
    for name in ("metric", "task", "classes"):
        one, other = (str(part[name]) for part in facts)
        if one != other:
            raise RunError(f"the runs have another {name}: {one} and {other}")
    metric, is_text = METRICS[facts[0]["metric"]], facts[0]["task"] == "text"
    tables = _shared_rows(*(_texts(r) if is_text else r.oof() for r in runs))
    try:
        parts = [_scored(r, t, metric) for r, t in zip(runs, tables, strict=True)]
    except (ValueError, LookupError) as error:
        raise RunError(f"the runs' out-of-fold tables are damaged: {error}") from error
    seen = parts[0][2] & parts[1][2]
    if not seen.any():
        raise RunError("the runs have no row in common that both have validated")
    shared = [(y[seen], predictions[seen]) for y, predictions, _ in parts]
    weights = _weights(runs[0], tables[0])
    weights = None if weights is None else weights[seen]
    metric = _with_groups(metric, runs[0], tables[0]).at(seen)
    scores = tuple(_score(metric, y, values, weights) for y, values in shared)
    return Comparison(
        (str(first), str(second)),
        (runs[0].chosen, runs[1].chosen),
        metric,
        int(seen.sum()),
        (scores[0], scores[1]),
        _interval(metric, shared, weights),
        tuple(_differences(*runs)),
    )


def list_runs(folder: Path) -> pd.DataFrame:
    """Return the runs below a competition's folder, the newest first.

    Columns: ``run``, ``metric``, ``score`` out of fold (NaN where none can be
    measured), ``holdout`` (NaN without one), ``submitted``, ``members``, ``when``
    (UTC) and ``state``.
    """
    paths = [path for path in folder.glob("runs/*") if (path / "report.json").is_file()]
    paths.sort(key=lambda path: (path / "report.json").stat().st_mtime, reverse=True)
    return pd.DataFrame([_line(path) for path in paths])


def _line(path: Path) -> dict[str, Any]:
    facts = read_report(path)
    chosen = next(m for m in facts["leaderboard"] if m["name"] == facts["chosen"])
    when = pd.Timestamp((path / "report.json").stat().st_mtime, unit="s")
    return {
        "run": path.name,
        "metric": facts["competition"]["metric"],
        "score": np.nan if facts.get("unmeasured") else float(chosen["score"]),
        "holdout": float(facts.get("holdout", {}).get("score", np.nan)),
        "submitted": facts["chosen"],
        "members": len(facts["leaderboard"]),
        "when": f"{when:%Y-%m-%d %H:%M}",
        "state": "stopped" if facts.get("stopped") else "done",
    }


def _shared_rows(
    one: pd.DataFrame, other: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables with the rows of the same ids, in one order."""
    ids = [table.iloc[:, 0].fillna("") for table in (one, other)]
    if ids[0].tolist() == ids[1].tolist():
        return one, other
    if any(part.duplicated().any() for part in ids):
        raise RunError(
            "the runs' rows differ, and their ids repeat: no pairs to compare"
        )
    indexed = [t.set_axis(i) for t, i in zip((one, other), ids, strict=True)]
    shared = indexed[0].index.intersection(indexed[1].index)
    return indexed[0].loc[shared], indexed[1].loc[shared]


def _scored(
    run: LoadedRun, table: pd.DataFrame, metric: Metric
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
    """Return the target, what is scored of a run's member, and which rows have it."""
    if metric.consumes == "text":
        y, texts = (table[name].to_numpy(object) for name in table.columns[1:3])
        return y, texts, np.ones(len(y), dtype=bool)
    target, classes = table.iloc[:, 2], run.facts["competition"]["classes"]
    if not classes:
        values = table[run.chosen].to_numpy(dtype=np.float64)
        return target.to_numpy(dtype=np.float64), values, np.isfinite(values)
    y = _codes(target, classes)
    if metric.consumes == "label":
        codes = _codes(table[run.chosen], classes)
        return y, codes, codes >= 0
    columns = [f"{run.chosen}:{label}" for label in classes]
    values = table[columns].to_numpy(dtype=np.float64)
    return y, values, np.isfinite(values).all(axis=1)


def _texts(run: LoadedRun) -> pd.DataFrame:
    """Return the table of a run of texts: ids, true texts, those of the vote."""
    path = plain_file(run.folder, "oof.csv")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except ValueError as error:
        raise RunError(f"{path} is damaged: {error}") from error
    if len(table.columns) < 3:
        raise RunError(f"{path} is damaged: no column of texts")
    return table


def _weights(run: LoadedRun, table: pd.DataFrame) -> Weights:
    """Return the weights of a run's rows, which stand behind their target."""
    if "weights" not in run.facts["competition"]:
        return None
    return table.iloc[:, 3].to_numpy(dtype=np.float64)


def _with_groups(metric: Metric, run: LoadedRun, table: pd.DataFrame) -> Metric:
    """Return the metric with the groups of a run's rows, which stand in its table."""
    if not metric.is_grouped:
        return metric
    try:
        return metric.grouped(table[run.facts["competition"]["metric_groups"]])
    except LookupError as error:
        raise RunError(
            f"{run.folder}: oof.csv has no groups of rows, and {metric.name!r} goes "
            "by them"
        ) from error


def _codes(cells: pd.Series, classes: list[str]) -> NDArray[np.int64]:
    """Return class numbers, -1 where a cell is empty."""
    known = {label: code for code, label in enumerate(classes)}
    alike = {float(label): code for label, code in known.items() if _is_number(label)}
    codes = [
        known.get(cell, -1) if isinstance(cell, str) else alike.get(float(cell), -1)
        for cell in cells
    ]
    return np.array(codes, dtype=np.int64)


def _is_number(label: str) -> bool:
    try:
        float(label)
    except ValueError:
        return False
    return True


def _score(
    metric: Metric, y: NDArray[Any], predictions: NDArray[Any], weights: Weights
) -> float:
    if metric.consumes == "label":
        return metric.score_labels(y, predictions, weights)
    return metric(y, predictions, weights)


def _interval(
    metric: Metric, parts: list[tuple[NDArray[Any], NDArray[Any]]], weights: Weights
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the difference over resampled rows."""
    n_rows, generator = len(parts[0][0]), np.random.default_rng(0)
    is_slow = metric.consumes == "text"
    most, fewest = (MOST_TEXTS, 100) if is_slow else (MOST_DRAWN, 200)
    n_draws = int(np.clip(most // n_rows, fewest, N_DRAWS))
    gaps = []
    for _ in range(n_draws):
        rows = generator.integers(0, n_rows, n_rows)
        drawn = None if weights is None else weights[rows]
        own = metric.at(rows)
        one, other = (_score(own, y[rows], p[rows], drawn) for y, p in parts)
        gaps.append(other - one)
    low, high = np.quantile(gaps, [0.025, 0.975])
    return float(low), float(high)


def _differences(first: LoadedRun, second: LoadedRun) -> Iterator[str]:
    """Yield what differs between two runs, one fact a line."""
    data = [run.facts["competition"]["fingerprint"][:12] for run in (first, second)]
    if data[0] != data[1]:
        yield f"data: {data[0]} and {data[1]}"
    texts = [_pipeline(run) for run in (first, second)]
    changed = [
        line
        for line in difflib.ndiff(texts[0], texts[1])
        if line.startswith(("- ", "+ ")) and line[2:].strip()
    ]
    yield from (f"pipeline: {line}" for line in changed[:MOST_LINES])
    if len(changed) > MOST_LINES:
        yield f"pipeline: and {len(changed) - MOST_LINES} more lines"
    one, other = (run.facts["environment"] for run in (first, second))
    for name in sorted(one.keys() | other.keys()):
        if one.get(name) != other.get(name):
            versions = one.get(name, "missing"), other.get(name, "missing")
            yield f"version of {name}: {versions[0]} and {versions[1]}"


def _pipeline(run: LoadedRun) -> list[str]:
    """Return the lines of what a run fits."""
    members = run.facts.get("members")
    if isinstance(members, dict):  # of a run of texts
        return [f"{name} = {what}" for name, what in members.items()]
    path = plain_file(run.folder, "pipeline.toml")
    return path.read_text(encoding="utf-8", errors="replace").splitlines()
