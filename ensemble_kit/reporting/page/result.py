"""The first block: what was submitted and why, and how sure that is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ensemble_kit.metrics.jackknife import Estimate
from ensemble_kit.reporting.facts import GOES_ON
from ensemble_kit.reporting.next_commands import next_commands
from ensemble_kit.reporting.page.parts import Block, Bullets, Commands, Facts, Part
from ensemble_kit.reporting.page.scored_rows import (
    ScoredRows,
    between,
    ordered,
    written,
)
from ensemble_kit.running.run import Run
from ensemble_kit.running.scores.member_noise import noise_line
from ensemble_kit.running.scores.submission_choice import decision_of

MOST_WEIGHTS = 12


def result_block(
    run: Run, report: Mapping[str, Any], scores: ScoredRows, folder: Path
) -> Block:
    """Return the result in words.

    Parameters
    ----------
    run : Run
    report : mapping
        What report.json holds.
    scores : ScoredRows
    folder : Path
        The run's, for the commands that make sense now.
    """
    own = scores.estimate(run.chosen)
    best = _best_single(run, scores)
    rows = [
        ("best so far" if run.stopped else "submitted", f"{run.chosen}: {run.reason}"),
        (
            f"{_metric(run)} on out-of-fold rows",
            f"{written(own.value)}, {between(own)}",
        ),
    ]
    if report.get("expected"):
        rows.append(("to expect of the test", _expected(report)))
    if line := noise_line(run.chosen, report.get("within_noise", ())):
        rows.append(("as good, for all that is known", line))
    if best and best != run.chosen:
        gain = scores.gain(run.chosen, best)
        value = written(run.result(best).score)
        rows += [
            ("best single member", f"{best}, {value}"),
            ("gain over it", f"{_signed(gain.value)}, {_paired(gain)}"),
            ("how sure the order is", sureness(gain)),
        ]
    rows.append(("metric", _metric_reason(run)))
    if run.competition.task.is_classification and _decides(run):
        rows.append(("labels are decided by", _decision(run)))
    parts: list[Part] = [Facts(rows)]
    if run.failures:
        lines = [f"{name}: {reason}" for name, reason in run.failures.items()]
        parts.append(Bullets("Left out", lines))
    if run.notes:
        parts.append(Bullets("Notes", run.notes))
    if not run.stopped:
        parts.append(Commands(next_commands(run, folder)))
    return Block("result", "The result", _sentence(run, scores, own, best), parts)


def _expected(report: Mapping[str, Any]) -> str:
    """Return between what the test's score lies, as far as that is known."""
    if any(one["is_alarm"] for one in report.get("likeness", ())):
        return "not known: validation rows do not look like test rows (see the notes)"
    low, high = report["expected"]
    return (
        f"{written(low)} to {written(high)} in 95 of 100 draws of such rows; folds "
        "share training rows, and the test is a draw itself"
    )


def sureness(gain: Estimate) -> str:
    """Return in words how often other rows would give the same order."""
    if gain.standard_error is None:
        return "there are too few rows to tell"
    if gain.standard_error == 0:
        return "both are the same on every row" if gain.value == 0 else "certain"
    from scipy.special import ndtr

    share = float(ndtr(gain.value / gain.standard_error))
    if share > 0.99:
        return "in more than 99 of 100 draws of the rows it would be ahead"
    return f"in about {round(100 * share)} of 100 draws of the rows it would be ahead"


def _sentence(run: Run, scores: ScoredRows, own: Estimate, best: str | None) -> str:
    if run.stopped:
        return f"{run.stopped}: everything here is partial; {GOES_ON}."
    start = f"{run.chosen} was submitted with {_metric(run)} {written(own.value)}"
    if not best or best == run.chosen:
        return f"{start}; it is a single member."
    gain = scores.gain(run.chosen, best)
    if gain.interval is None:
        return f"{start}; whether it beats {best} cannot be told."
    low, high = gain.interval
    if low > 0:
        return f"{start}, better than {best} alone beyond the noise of the rows."
    if high < 0:
        return f"{start}, worse than {best} alone beyond the noise of the rows."
    return f"{start}; that it beats {best} alone cannot be told from noise."


def _best_single(run: Run, scores: ScoredRows) -> str | None:
    singles = ordered([r.name for r in run.results if r.level == 1], scores)
    return singles[0] if singles else None


def _metric(run: Run) -> str:
    return run.competition.metric.name


def _metric_reason(run: Run) -> str:
    metric, settings = run.competition.metric, run.competition.settings
    better = "higher" if metric.greater_is_better else "lower"
    reason = settings.reasons.get("metric")
    if reason is None:
        return f"{metric.name}, {better} is better; it was named"
    return (
        f"{metric.name}, {better} is better; a guess ({reason}): --metric NAME or "
        "competition.toml changes it"
    )


def _decides(run: Run) -> bool:
    return run.labels is not None or run.competition.metric.consumes == "label"


def _decision(run: Run) -> str:
    """Return how probabilities become labels."""
    oof, _ = run.matrix.member(run.chosen)
    decision = decision_of(run.result(run.chosen), run.competition, oof)
    classes = [str(label) for label in run.competition.task.classes]
    if decision.kind_ == "threshold":
        return f"a threshold: {classes[1]} from {decision.threshold_:.4f} on"
    if decision.kind_ == "cut_points":
        cuts = ", ".join(f"{cut:.3f}" for cut in decision.cut_points_)
        return f"cut points of the expected class number: {cuts}"
    if decision.kind_ == "expected_cost":
        return "the class of the least expected cost"
    if decision.kind_ == "class_weights":
        pairs = list(zip(classes, decision.class_weights_, strict=True))
        weights = ", ".join(f"{name} {w:.3f}" for name, w in pairs[:MOST_WEIGHTS])
        more = f" and {len(pairs) - MOST_WEIGHTS} more" * (len(pairs) > MOST_WEIGHTS)
        return f"weights of the classes: {weights}{more}"
    return "the likeliest class"


def _signed(value: float) -> str:
    return f"{value:+,.1f}" if abs(value) >= 10_000 else f"{value:+.5f}"


def _paired(gain: Estimate) -> str:
    if gain.interval is None:
        return "too few rows to tell an interval"
    low, high = gain.interval
    return (
        f"95 % interval {_signed(low)} to {_signed(high)} (paired, positive is better)"
    )
