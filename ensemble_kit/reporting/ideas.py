"""What a run's own figures suggest to try next."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.competition import Competition
from ensemble_kit.quantities import format_score
from ensemble_kit.reporting.page.columns import binned
from ensemble_kit.running.finished.loaded_run import LoadedRun
from ensemble_kit.visible_text import shown

ALIKE = 0.98
UNLIKE = 0.85
NO_WEIGHT = 0.02
FEWEST_ROWS = 20
SURELY = 4.0  # standard errors: many parts are looked at
OWN_CLASS = 0.05
MOST_PARTS = 3


def improvement_ideas(
    run: LoadedRun, holdout: LoadedRun | None = None, data: Path | str | None = None
) -> list[str]:
    """Return what to try next, each with the figure that suggests it.

    Parameters
    ----------
    run : LoadedRun
    holdout : LoadedRun, optional
        The same run with hidden labels: ``ensemble_kit.run(..., holdout=0.2)``.
    data : path, optional
        The competition's folder, when it has moved since.

    Returns
    -------
    list of str
        Ideas about the data first, then about members, then about the check.
    """
    competition = run.competition(data)
    return [
        *_parts(run, competition, data),
        *_labels(run, competition, data),
        *_members(run),
        *_order(run),
        *_honesty(run, holdout),
    ]


def _parts(
    run: LoadedRun, competition: Competition, data: Path | str | None
) -> Iterator[str]:
    """Yield the parts of the rows where the loss is surely larger than elsewhere."""
    worst = run.errors(len(competition.X), data)["loss"]
    loss = worst.reindex(competition.train_ids).to_numpy()
    if not worst.index.is_unique or np.isnan(loss).all():
        return
    leads = []
    for name in competition.X:
        codes, _, labels = binned(competition.X[name], competition.X[name][:0])
        for code, label in enumerate(labels):
            part = loss[(codes == code) & ~np.isnan(loss)]
            rest = loss[(codes != code) & ~np.isnan(loss)]
            if min(len(part), len(rest)) >= FEWEST_ROWS:
                ahead = _standard_errors(part, rest)
                leads.append((ahead, str(name), label.name, part, rest))
    leads.sort(key=lambda one: -one[0])
    named: set[str] = set()
    for ahead, name, level, part, rest in leads:
        if ahead > SURELY and name not in named and len(named) < MOST_PARTS:
            named.add(name)
            where = f"where {shown(name, 40)} is {shown(level, 40)}"
            yield (
                f"{where} ({len(part):,} rows) the mean loss is {part.mean():.3g}, "
                f"elsewhere {rest.mean():.3g}: look for a feature that tells them "
                "apart"
            )


def _standard_errors(part: NDArray[np.float64], rest: NDArray[np.float64]) -> float:
    """Return by how many standard errors a mean is above another one."""
    error = np.sqrt(part.var(ddof=1) / len(part) + rest.var(ddof=1) / len(rest))
    return float((part.mean() - rest.mean()) / error) if error else 0.0


def _labels(
    run: LoadedRun, competition: Competition, data: Path | str | None
) -> Iterator[str]:
    """Yield how many rows contradict their label."""
    if not competition.task.is_classification:
        return
    loss = run.errors(len(competition.X), data)["loss"]
    doubted = int((loss > -np.log(OWN_CLASS)).sum())
    if doubted:
        yield (
            f"{doubted:,} rows get less than {OWN_CLASS:.0%} for their own label: read "
            "them (errors()); either labels are wrong or a feature is missing"
        )


def _members(run: LoadedRun) -> Iterator[str]:
    """Yield members that say the same, that say something else, and that do nothing."""
    alike = run.facts["correlation"]
    names, values = alike["members"], np.array(alike["values"], dtype=float)
    if len(names) > 1:
        yield from _twins(names, values)
    weights = run.weights.get(run.chosen, {})
    idle = [name for name, weight in weights.items() if abs(weight) < NO_WEIGHT]
    if idle and len(idle) < len(weights):
        yield (
            f"{', '.join(sorted(idle))}: no weight in {run.chosen}; leave out, or give "
            "other features"
        )


def _twins(names: list[str], values: NDArray[np.float64]) -> Iterator[str]:
    pairs = [
        (values[i, j], names[i], names[j])
        for i in range(len(names))
        for j in range(i + 1, len(names))
    ]
    twins = [pair for pair in sorted(pairs, reverse=True) if pair[0] > ALIKE]
    for value, one, other in twins[:MOST_PARTS]:
        yield (
            f"{one} and {other} say nearly the same (correlation {value:.3f}): a model "
            "of another kind in the place of one adds more"
        )
    others = (values.sum(axis=1) - 1) / (len(names) - 1)
    if others.min() < UNLIKE:
        name = names[int(others.argmin())]
        yield (
            f"{name} is least like the others (correlation {others.min():.2f} on "
            "average): more members of its kind, on other features, help a blend most"
        )


def _order(run: LoadedRun) -> Iterator[str]:
    """Yield whether the blend's gain over the best single member is more than noise."""
    rows = {row["name"]: row for row in run.facts["leaderboard"]}
    chosen = rows[run.chosen]
    single = next((r for r in run.facts["leaderboard"] if r["level"] == 1), None)
    if single is None or single["name"] == run.chosen:
        return
    gains = _gains(chosen, single, run.facts["competition"]["greater_is_better"])
    if len(gains) < 2:
        return
    # Folds share training rows: see `standard_error`.
    shared = run.facts.get("valid_per_train", 0.0)
    mean, error = gains.mean(), gains.std(ddof=1) * np.sqrt(1 / len(gains) + shared)
    reason = (
        f"{run.chosen} is ahead of {single['name']} by {mean:.4g} ± {error:.2g} over "
        f"{len(gains)} folds"
    )
    if mean < 2 * error:
        yield (
            f"{reason}, which may be chance: repeat the folds (`[folds] steady = "
            "true`) before more members are weighed against each other"
        )


def _gains(
    one: Mapping[str, Any], other: Mapping[str, Any], greater_is_better: bool
) -> NDArray[np.float64]:
    """Return by how much one member is ahead of another in each fold."""
    pairs = pd.DataFrame({"one": one["fold_scores"], "other": other["fold_scores"]})
    gains = (pairs["one"] - pairs["other"]).to_numpy(dtype=float)
    return gains if greater_is_better else -gains


def _honesty(run: LoadedRun, holdout: LoadedRun | None) -> Iterator[str]:
    """Yield what the hidden rows say of the out-of-fold score."""
    facts = (holdout or run).facts.get("holdout")
    if not facts:
        yield "no labels were hidden: only a holdout tells how much the scores flatter"
        return
    score = run.leaderboard.loc[run.chosen, "score"]
    low, high = facts["interval"]
    if not low <= score <= high:
        yield (
            f"the out-of-fold score {format_score(score)} lies outside the interval of "
            f"the hidden rows, {format_score(low)} to {format_score(high)}: choose "
            "among fewer members, or look for a difference between the rows"
        )
