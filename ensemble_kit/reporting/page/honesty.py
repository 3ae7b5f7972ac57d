"""The seventh block: how far the scores can be believed."""

from collections.abc import Mapping
from typing import Any

from ensemble_kit.reporting.markdown import LEAKY
from ensemble_kit.reporting.page.marks import Entry, dots
from ensemble_kit.reporting.page.parts import Block, Bullets, Facts, Part, Table
from ensemble_kit.reporting.page.scored_rows import ScoredRows, between, written
from ensemble_kit.running.run import Run

UNSEEN = (
    "Every out-of-fold prediction is by models that were not fitted on its row.",
    "Features learn from the training rows of each fold alone; those of the test file "
    "never had a target to be seen.",
    "Labels that a metric wants are decided for each fold by the rows of the others.",
)


def honesty_block(run: Run, report: Mapping[str, Any], scores: ScoredRows) -> Block:
    """Return the holdout beside the out-of-fold score, and how level 2 was checked."""
    holdout, validation = report.get("holdout"), run.validation
    parts: list[Part] = []
    if holdout:
        parts += _holdout(run, holdout, scores)
    if validation:
        parts += _validation(validation)
    unseen = UNSEEN[:1] + UNSEEN[2:] if run.pipeline.transductive else UNSEEN
    return Block(
        "honesty",
        "Honesty",
        _sentence(run, holdout, scores),
        [*parts, Bullets("What never saw the target", unseen)],
    )


def optimism(run: Run, holdout: Mapping[str, Any]) -> float:
    """Return how much better the out-of-fold score is than the holdout's."""
    gap = run.result(run.chosen).score - holdout["score"]
    return gap if run.competition.metric.greater_is_better else -gap


def _sentence(run: Run, holdout: Mapping[str, Any] | None, scores: ScoredRows) -> str:
    if not holdout:
        return (
            "The best of several members is a little lucky on the rows that chose it: "
            "only a holdout tells by how much (ensemble-kit holdout)."
        )
    low, high = holdout["interval"]
    value = run.result(run.chosen).score
    if low <= value <= high:
        return (
            "The out-of-fold score lies inside the holdout's interval: nothing says "
            "that it flatters."
        )
    worse = optimism(run, holdout) > 0
    return (
        "The out-of-fold score lies outside the holdout's interval, on the "
        f"{'flattering' if worse else 'modest'} side: believe the holdout."
    )


def _holdout(run: Run, holdout: Mapping[str, Any], scores: ScoredRows) -> list[Part]:
    metric, own = run.competition.metric.name, scores.estimate(run.chosen)
    low, high = holdout["interval"]
    entries = [
        Entry("out of fold", own.value, own.interval),
        Entry("holdout", holdout["score"], (low, high), is_marked=True),
    ]
    rows = [
        (
            "holdout",
            f"{written(holdout['score'])} on {holdout['n_rows']:,} rows with "
            f"hidden labels, 95 % interval {written(low)} to {written(high)}",
        ),
        ("out of fold", f"{written(own.value)}, {between(own)}"),
        (
            "optimism",
            f"{optimism(run, holdout):+.5g} (positive: the out-of-fold score flatters)",
        ),
    ]
    members = list(holdout["scores"].items())
    names = [name for name, _ in members]
    table = Table(
        "Every member on the hidden rows",
        ("member", "holdout", "out of fold"),
        [(name, score, run.result(name).score) for name, score in members],
        is_folded=True,
        marked=names.index(run.chosen),
    )
    description = "The submitted member on rows it was chosen by, and on hidden ones."
    return [
        Facts(rows),
        dots("Out of fold and holdout", description, entries, metric),
        table,
    ]


def _validation(validation: Mapping[str, Any]) -> list[Part]:
    fair = "fair: the models below level 2 never saw the rows that check it"
    rows = [
        (
            "level 2 was checked by",
            f"{validation['scheme']} on {validation['n_rows']:,} rows",
        ),
        ("which is", fair if validation["is_fair"] else LEAKY.rstrip(".")),
    ]
    if "twin" not in validation:
        return [Facts(rows)]
    rows.append(("beside it", f"{validation['twin']}, on the same rows"))
    header = ("member", "score", "beside it", "leaky flatters by", "±")
    keys = ("member", "score", "twin_score", "flattery", "standard_error")
    members = [tuple(row[key] for key in keys) for row in validation["members"]]
    return [Facts(rows), Table("Both schemes", header, members)]
