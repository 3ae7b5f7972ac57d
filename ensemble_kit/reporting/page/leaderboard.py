"""The third block: every member's score beside the submitted one's."""

from ensemble_kit.reporting.facts import leaderboard
from ensemble_kit.reporting.page.marks import Entry, dots
from ensemble_kit.reporting.page.member_details import member_details
from ensemble_kit.reporting.page.parts import Block, Cell, Figure, Part, Table
from ensemble_kit.reporting.page.scored_rows import ScoredRows
from ensemble_kit.running.run import MemberResult, Run

HEADER = (
    "member",
    "level",
    "features",
    "score",
    "95 % from",
    "to",
    "behind submitted",
    "from",
    "to",
    "folds vary by",
    "seconds",
    "MB",
)
MOST_DRAWN = 40


def leaderboard_block(run: Run, scores: ScoredRows) -> Block:
    """Return the members best first, as dots and as a table that can be sorted."""
    results = leaderboard(run)
    names = [result.name for result in results]
    table = Table(
        "Members",
        HEADER,
        [_row(result, run, scores) for result in results],
        marked=names.index(run.chosen),
    )
    sentence = _sentence(results, run, scores)
    parts: list[Part] = [_figure(run, scores), table, member_details(run, scores)]
    return Block("leaderboard", "Leaderboard", sentence, parts)


def _figure(run: Run, scores: ScoredRows) -> Figure:
    metric = run.competition.metric
    entries = [
        Entry(
            result.name,
            result.score,
            scores.estimate(result.name).interval,
            result.fold_scores,
            result.name == run.chosen,
        )
        for result in leaderboard(run)[:MOST_DRAWN]
    ]
    better = "right" if metric.greater_is_better else "left"
    description = (
        f"Large dots: {metric.name} of all out-of-fold rows with its 95 % interval; "
        f"small dots: single folds. Better is to the {better}."
    )
    return dots("Scores of the members", description, entries, metric.name)


def _row(result: MemberResult, run: Run, scores: ScoredRows) -> tuple[Cell, ...]:
    own, behind = scores.estimate(result.name), scores.gain(run.chosen, result.name)
    low, high = own.interval or (None, None)
    if result.name == run.chosen:
        gaps: tuple[Cell, ...] = (None, None, None)
    else:
        gaps = (behind.value, *(behind.interval or (None, None)))
    return (
        result.name,
        result.level,
        result.features,
        result.score,
        low,
        high,
        *gaps,
        result.spread,
        round(result.seconds, 1),
        round(result.peak_megabytes),
    )


def _sentence(results: list[MemberResult], run: Run, scores: ScoredRows) -> str:
    others = [result.name for result in results if result.name != run.chosen]
    if not others:
        return f"{run.chosen} is the only member."
    close = 0
    for name in others:
        interval = scores.gain(run.chosen, name).interval
        close += interval is None or interval[0] <= 0
    if not close:
        return f"Each of the other {len(others)} is behind {run.chosen} beyond noise."
    return (
        f"{close} of the other {len(others)} cannot be told from {run.chosen}, or are "
        "ahead of it, on these rows."
    )
