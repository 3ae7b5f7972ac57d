"""A run of a competition whose target is a text: fitted, voted and written."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import GroupKFold, KFold

from ensemble_kit.competition.declared.settings import dump_settings
from ensemble_kit.competition.text_competition import TextCompetition
from ensemble_kit.files import write_atomically
from ensemble_kit.hashing import fingerprint
from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.quantities import format_score
from ensemble_kit.reporting.facts import GOES_ON, environment
from ensemble_kit.reporting.markdown import table
from ensemble_kit.reporting.next_commands import SUBMISSION
from ensemble_kit.reporting.page.texts import declared, short_text, text_page
from ensemble_kit.reporting.run_folder import PAGE, PARTIAL, prepare_folder
from ensemble_kit.running.finished.text_models import export_text_models
from ensemble_kit.running.texts.text_fitting import TextFits, TextWork, fit_on_folds
from ensemble_kit.running.texts.text_folds import VOTE, TextBlend, TextRows, blend_texts
from ensemble_kit.splitting.folds import Folds

N_SPLITS = 4
N_DRAWS = 200  # of hidden rows, for an interval
SHOWN = 10  # rows with a wrong text that the report shows


@dataclass(frozen=True)
class TextRun:
    """A run that is done.

    Parameters
    ----------
    folder : Path
        Where its files are.
    facts : dict
        Those of report.json.
    blend : TextBlend
    """

    folder: Path
    facts: dict[str, Any]
    blend: TextBlend


def run_texts(
    competition: TextCompetition,
    members: Mapping[str, BaseEstimator],
    work: TextWork | None = None,
    *,
    name: str,
    output: Path,
    seed: int = 0,
    truth: NDArray[np.object_] | None = None,
    limit: float | None = None,
) -> TextRun:
    """Fit members on every fold, let them vote, and write the run's files.

    Parameters
    ----------
    competition : TextCompetition
    members : mapping of str to estimator
    work : TextWork, optional
        Where finished fits are kept, and until when members are fitted.
    name : str
        What the folder's name begins with.
    output : Path
    seed : int
        Of the folds.
    truth : ndarray of str objects, optional
        The texts of the test rows, where these were hidden: they are scored once.
    limit : float, optional
        The seconds that the run had, for its report.

    Returns
    -------
    TextRun
        With submission.csv, oof.csv, report.html, report.md, report.json and
        competition.toml in ``output/runs/NAME-KEY``, and with the models where these
        are kept. The same call without a limit gives the same folder and, but for
        seconds, the same bytes. One that was stopped leaves submission-partial.csv.

    Raises
    ------
    RunError
        When no member could be fitted.
    """
    began, work = time.monotonic(), work or TextWork()
    what = [competition.fingerprint, seed, {k: repr(v) for k, v in members.items()}]
    what += [] if limit is None else [limit]
    folder = prepare_folder(output / "runs" / f"{name}-{fingerprint(what)[:8]}")
    folds = text_folds(competition, seed)
    rows = TextRows(competition.X, competition.y, competition.X_test, folds)
    fits = fit_on_folds(members, rows, work, competition.fingerprint)
    blend = blend_texts(list(fits.written.values()), rows, competition.metric.name)
    facts = _facts(competition, blend, name, seed, len(folds))
    facts["notes"] += fits.notes
    facts |= _fit_facts(fits, members, limit)
    models = work.fitted_store
    if models is not None and not fits.stopped:
        reasons = export_text_models(competition, blend, fits, models, folder)
        facts["keeps_models"] = not reasons
        facts["notes"] += [f"later rows cannot be written: {why}" for why in reasons]
    if truth is not None:
        facts["holdout"] = _holdout_facts(competition, blend, truth, seed)
    facts["seconds"] = round(time.monotonic() - began, 1)
    _write(folder, competition, blend, facts)
    return TextRun(folder, facts, blend)


def text_folds(competition: TextCompetition, seed: int) -> Folds:
    """Return the folds of the training rows: declared ones, whole groups, or random."""
    if competition.folds is not None:
        return Folds.from_columns(competition.folds)
    groups, n_rows = competition.groups, len(competition.y)
    n_units = n_rows if groups is None else len(set(groups))
    n_splits = max(2, min(N_SPLITS, n_units))
    if groups is not None:
        numbers = np.unique(groups.astype(str), return_inverse=True)[1]
        return Folds.from_splitter(
            GroupKFold(n_splits), np.zeros(n_rows), groups=numbers
        )
    splitter = KFold(n_splits, shuffle=True, random_state=seed)
    return Folds.from_splitter(splitter, np.zeros(n_rows))


def _facts(
    competition: TextCompetition,
    blend: TextBlend,
    name: str,
    seed: int,
    n_folds: int,
) -> dict[str, Any]:
    """Return the facts of report.json."""
    weights = dict(zip(blend.vote.members_, blend.vote.weights_.tolist(), strict=True))
    return {
        "competition": {
            "name": competition.name,
            "task": "text",
            "metric": competition.metric.name,
            "classes": [],
            "fingerprint": competition.fingerprint,
        },
        "pipeline": name,
        "chosen": VOTE,
        "reason": "the members' vote over what they have written",
        "leaderboard": [
            {
                "name": each,
                "level": 2 if each == VOTE else 1,
                "model": each,
                "features": "",
                "score": score,
                "spread": None,
            }
            for each, score in blend.scores.items()
        ],
        "environment": environment(),
        "seed": seed,
        "folds": n_folds,
        "rows": [len(competition.y), len(competition.X_test)],
        "weights": {VOTE: weights},
        "notes": list(competition.notes),
    }


def _fit_facts(
    fits: TextFits, members: Mapping[str, BaseEstimator], limit: float | None
) -> dict[str, Any]:
    """Return the facts of report.json that tell how the fits went."""
    stopped = f"{fits.stopped}; {GOES_ON}" if fits.stopped else None
    return {
        "failures": fits.failures,
        "members": declared(members, list(members)),
        "member_seconds": {k: round(v, 1) for k, v in fits.seconds.items()},
        "time_limit": limit,
        "stopped": stopped,
    }


def _holdout_facts(
    competition: TextCompetition,
    blend: TextBlend,
    truth: NDArray[np.object_],
    seed: int,
) -> dict[str, Any]:
    """Return the scores on hidden rows, and a 95 % interval of the vote's."""
    metric = METRICS[competition.metric.name]
    voted = blend.vote.predict(blend.test)
    draw, n_rows = np.random.default_rng(0), len(truth)
    rows = (draw.integers(0, n_rows, n_rows) for _ in range(N_DRAWS))
    drawn = [metric(truth[part], voted[part]) for part in rows]
    scores = {each: metric(truth, blend.test.best(each)) for each in blend.test.members}
    return {
        "n_rows": n_rows,
        "fraction": n_rows / (n_rows + len(competition.y)),
        "seed": seed,
        "score": metric(truth, voted),
        "interval": np.percentile(drawn, [2.5, 97.5]).tolist(),
        "scores": scores,
    }


def _write(
    folder: Path, competition: TextCompetition, blend: TextBlend, facts: dict[str, Any]
) -> None:
    """Write the files of a run; the report last."""
    chosen, is_partial = blend.vote.predict(blend.test), bool(facts["stopped"])
    (folder / PARTIAL).unlink(missing_ok=True)
    name = PARTIAL if is_partial else SUBMISSION
    competition.write_submission(chosen, folder / name)
    files = {
        "oof.csv": _oof_frame(competition, blend).to_csv(
            index=False, lineterminator="\n"
        ),
        "competition.toml": dump_settings(competition.settings),
        "report.md": text_report(competition, blend, facts),
        PAGE: text_page(competition, blend, facts, folder),
        "report.json": json.dumps(facts, indent=1, ensure_ascii=False) + "\n",
    }
    for file, text in files.items():
        write_atomically(folder / file, text.encode("utf-8", "surrogatepass"))


def _oof_frame(competition: TextCompetition, blend: TextBlend) -> pd.DataFrame:
    """Return what was written for the training rows, by member and by the vote."""
    columns = {
        competition.id_column or "id": competition.train_ids[blend.rows],
        competition.target: competition.y[blend.rows],
        "vote": blend.voted,
    }
    columns |= {name: blend.oof.best(name) for name in blend.oof.members}
    return pd.DataFrame(columns)


def _weight(weights: Mapping[str, float], name: str) -> str:
    """Return a member's weight in the vote; the vote itself has none."""
    return f"{weights[name]:.2f}" if name in weights else ""


def text_report(
    competition: TextCompetition, blend: TextBlend, facts: Mapping[str, Any]
) -> str:
    """Return report.md of a run."""
    parts = [
        f"# {competition.name}: {facts['pipeline']}",
        f"{len(competition.y)} training rows, {len(competition.X_test)} test rows; "
        f"{competition.target} is written for {', '.join(competition.columns)}; "
        f"{facts['folds']} folds, seed {facts['seed']}.",
        _scores_part(competition.metric, blend, facts["weights"][VOTE]),
    ]
    if facts["stopped"]:
        parts.insert(1, f"{facts['stopped']}: everything here is partial.")
    if "holdout" in facts:
        parts.insert(2, _holdout_line(competition.metric, facts["holdout"]))
    if examples := _wrong_texts(competition, blend):
        parts.append(
            "## Texts that are wrong\n\n" + table(["source", "true", "vote"], examples)
        )
    if facts["failures"]:
        lines = [f"- {each}, {why}" for each, why in facts["failures"].items()]
        parts.append("## Left out\n\n" + "\n".join(lines))
    if facts["notes"]:
        parts.append("## Notes\n\n" + "\n".join(f"- {n}" for n in facts["notes"]))
    return "\n\n".join(parts) + "\n"


def _scores_part(metric: Metric, blend: TextBlend, weights: Mapping[str, float]) -> str:
    """Return the members' scores, the best first."""
    sign = -1 if metric.greater_is_better else 1
    rows = [
        [name, format_score(score), _weight(weights, name)]
        for name, score in sorted(blend.scores.items(), key=lambda pair: sign * pair[1])
    ]
    return (
        f"## Scores on out-of-fold rows\n\n{metric.name} {metric.sign}; the vote's is "
        "that of weights learnt on the other folds.\n\n"
        + table(["member", metric.name, "weight"], rows)
    )


def _holdout_line(metric: Metric, hidden: Mapping[str, Any]) -> str:
    low, high = (format_score(end) for end in hidden["interval"])
    return (
        f"On {hidden['n_rows']} hidden rows the vote has {metric.name} "
        f"{format_score(hidden['score'])} (95 % interval {low} to {high})."
    )


def _wrong_texts(competition: TextCompetition, blend: TextBlend) -> list[list[Any]]:
    """Return some sources, with their texts and what was voted for instead."""
    y = competition.y[blend.rows]
    wrong = np.flatnonzero(y != blend.voted)[:SHOWN]
    X = competition.X[blend.rows]
    return [
        [short_text(text) for text in (X[row], y[row], blend.voted[row])]
        for row in wrong
    ]
