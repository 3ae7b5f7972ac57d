"""A run's facts as a page of Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from ensemble_kit.quantities import format_score
from ensemble_kit.running.scores.member_noise import noise_line

LEAKY = (
    "leaky, as the usual scheme is: models below level 2 were fitted on some of them, "
    "so scores of level 2 may look a little better than they are. Neither those of "
    "level 1 nor the submission suffer."
)


def run_markdown(facts: Mapping[str, Any]) -> str:
    """Return report.md from the facts of report.json."""
    parts = [
        _head(facts),
        _holdout(facts.get("holdout")),
        "## Leaderboard\n\n" + _leaderboard(facts),
        _guard(facts),
        _validation(facts["validation"]),
        _likeness(facts),
        _weights(facts["weights"]),
        _correlation(facts["correlation"]),
        _list("Left out", [f"{n}: {why}" for n, why in facts["failures"].items()]),
        _list("Notes", facts["notes"]),
        _word_maps(facts.get("word_maps")),
        _environment(facts),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up as plain text too."""
    cells = [[_escape(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[at]) for row in cells) for at in range(len(header))]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _escape(cell: str) -> str:
    """Return a cell that cannot leave its place in the table or hold markup."""
    plain = " ".join(str(cell).split()).replace("|", "\\|")
    return plain.replace("<", "&lt;").replace(">", "&gt;")


def _head(facts: Mapping[str, Any]) -> str:
    competition = facts["competition"]
    roles = ", ".join(f"{n} {role}" for role, n in competition["columns"].items())
    classes = competition["classes"]
    task = competition["task"] + (f", {len(classes)} classes" if classes else "")
    stopped = facts.get("stopped")
    best = next(m for m in facts["leaderboard"] if m["name"] == facts["chosen"])
    return "\n".join(
        [
            f"# {_escape(competition['name'])}: pipeline {_escape(facts['pipeline'])}",
            "",
            *([f"- **{facts['stopped']}**: this is partial"] if stopped else []),
            f"- {'best so far' if stopped else 'submitted'}: "
            f"**{_escape(facts['chosen'])}** ({facts['reason']})",
            _score(facts, best),
            *_noise(facts),
            f"- task: {task}; {competition['rows_train']:,} training rows, "
            f"{competition['rows_test']:,} test rows; columns: {roles}",
            *(
                f"- text {_escape(name)}: {guess}"
                for name, guess in competition.get("languages", {}).items()
            ),
            f"- {facts['n_folds']} folds, seed {facts['seed']}; "
            f"{facts['n_fitted']} fits done in {facts['seconds']:.1f} s, "
            f"{facts['n_stored']} taken from the store",
            _memory(facts["memory"]),
        ]
    )


def _score(facts: Mapping[str, Any], best: Mapping[str, Any]) -> str:
    """Return the score of the chosen member, or why there is none."""
    competition = facts["competition"]
    if facts.get("unmeasured"):
        return f"- **{_escape(facts['unmeasured'])}**"
    better = "higher" if competition["greater_is_better"] else "lower"
    partial = " (partial)" if facts.get("stopped") else ""
    return (
        f"- {competition['metric']} on out-of-fold rows: "
        f"**{format_score(best['score'])}**{partial} ({better} is better; folds vary "
        f"by {format_score(best['spread'], best['score'])})"
    )


def _noise(facts: Mapping[str, Any]) -> list[str]:
    """Return what to expect of the test, and which members are as good."""
    line = noise_line(facts["chosen"], facts.get("within_noise", ()))
    lines = [_expected(facts), line]
    return [f"- {_escape(line)}" for line in lines if line]


def _expected(facts: Mapping[str, Any]) -> str:
    if not facts.get("expected"):
        return ""
    if any(one["is_alarm"] for one in facts.get("likeness", ())):
        return (
            "what the test will show cannot be told: validation does not look like it"
        )
    low, high = (format_score(end, end) for end in facts["expected"])
    return (
        f"to expect of the test: {low} to {high} in 95 of 100 draws of such rows "
        "(folds share training rows, and the test is a draw itself)"
    )


def _memory(memory: Mapping[str, Any]) -> str:
    limit = memory["limit"]
    allowed = "" if limit is None else f" of {limit:,.0f} MB allowed"
    return f"- memory: {memory['peak_megabytes']:,.0f} MB at most{allowed}"


def _promised(holdout: Mapping[str, Any]) -> str:
    """Return what the folds promised, and how far the holdout is from it."""
    if "difference" not in holdout:
        return ""
    gap, low, high = (format_score(d, holdout["score"]) for d in holdout["difference"])
    return (
        f" Out of fold it was {format_score(holdout['out_of_fold'])}: a difference of "
        f"{gap}, 95 % interval {low} to {high}."
    )


def _holdout(holdout: Mapping[str, Any] | None) -> str:
    if not holdout:
        return ""
    rows = [
        [name, format_score(score), "submitted" if name == holdout["chosen"] else ""]
        for name, score in holdout["scores"].items()
    ]
    low, high = (format_score(end, holdout["score"]) for end in holdout["interval"])
    return "\n".join(
        [
            "## Holdout",
            "",
            f"{holdout['n_rows']:,} rows with hidden labels "
            f"(fraction {holdout['fraction']:g}, seed {holdout['seed']}), scored once: "
            f"**{format_score(holdout['score'])}**, 95 % interval {low} to {high} "
            "(bootstrap over rows)." + _promised(holdout),
            "",
            table(["member", "holdout score", ""], rows),
        ]
    )


def _leaderboard(facts: Mapping[str, Any]) -> str:
    rows = [
        [
            m["name"],
            str(m["level"]),
            m["features"],
            *_scores(facts, m),
            f"{m['seconds']:.1f}",
        ]
        for m in facts["leaderboard"]
    ]
    header = ["member", "level", "features", facts["competition"]["metric"], "±", "s"]
    return table(header, rows)


def _scores(facts: Mapping[str, Any], member: Mapping[str, Any]) -> tuple[str, str]:
    """Return a member's score and spread, as far as they mean anything."""
    if facts.get("unmeasured"):
        return "?", "?"
    score = member["score"]
    return format_score(score), format_score(member["spread"], score)


def _guard(facts: Mapping[str, Any]) -> str:
    rows = [
        [
            row["member"],
            row["model"],
            format_score(row["score"]),
            format_score(row["loss_to_best"], row["score"]),
            format_score(row["standard_error"], row["score"]),
            "chosen" if row["chosen"] else "within noise" * row["within_noise"],
        ]
        for row in facts["guard"]
    ]
    if not rows:
        return ""
    header = ["member", "is", facts["competition"]["metric"], "loss to best", "±", ""]
    return (
        "## Stack guard\n\nCombinations on folds of the out-of-fold rows, blends "
        "fitted anew for each, the simplest first; chosen is the first within one "
        f"standard error (±) of the best.\n\n{table(header, rows)}"
    )


def _likeness(facts: Mapping[str, Any]) -> str:
    """Return how validation rows and test rows stand to their training rows.

    All of it where the test was not drawn at random, and else what is apart.
    """
    likeness, drawn = facts.get("likeness", []), facts.get("drawn")
    shown = [one for one in likeness if drawn or one["is_alarm"]]
    if not shown:
        return ""
    rows = [
        [
            one["name"],
            one["what"].removesuffix(": test"),
            f"{one['test']:.3g}{_ends(one.get('interval'))}",
            f"{one['valid']:.3g}{_ends(_lowest_and_highest(one))}",
            "apart" if one["is_alarm"] else "",
        ]
        for one in shown
    ]
    header = ["", "of a row", "test", "validation (folds)", ""]
    begin = f"{_escape(drawn[0].upper() + drawn[1:])}.\n\n" if drawn else ""
    return f"## Does validation look like the test?\n\n{begin}{table(header, rows)}"


def _validation(validation: Mapping[str, Any]) -> str:
    """Return how level 2 was checked, and what a leaky scheme adds to its scores."""
    if not validation:
        return ""
    scheme, fair, twin = (validation.get(n) for n in ("scheme", "is_fair", "twin"))
    lines = [
        f"Checked by {scheme} on {validation['n_rows']:,} rows: "
        + ("fair, the models below level 2 never saw them." if fair else LEAKY)
    ]
    if not twin and not fair:
        lines.append("`[validation] compare = true` measures how much that flatters.")
    if not twin:
        return "## Level 2\n\n" + " ".join(lines)
    other = "fair" if validation["twin_is_fair"] else "leaky"
    lines.append(f"Beside it, on the same rows, {twin}, which is {other}.")
    header = ["member", scheme, twin, "leaky flatters by", "±"]
    columns = ("score", "twin_score", "flattery", "standard_error")
    rows = [
        [row["member"], *(format_score(row[name], row["score"]) for name in columns)]
        for row in validation["members"]
    ]
    return f"## Level 2\n\n{' '.join(lines)}\n\n{table(header, rows)}"


def _lowest_and_highest(one: Mapping[str, Any]) -> tuple[float, float] | None:
    folds = one.get("by_fold", ())
    return (min(folds), max(folds)) if len(folds) > 1 else None


def _ends(ends: Sequence[float] | None) -> str:
    return "" if ends is None else f" ({ends[0]:.3g} to {ends[1]:.3g})"


def _weights(weights: Mapping[str, Mapping[str, float]]) -> str:
    blocks = []
    for blend, members in weights.items():
        ordered = sorted(members.items(), key=lambda item: -abs(item[1]))
        rows = [[name, f"{value:.3f}"] for name, value in ordered]
        blocks.append(f"### {_escape(blend)}\n\n{table(['member', 'weight'], rows)}")
    return "## Blend weights\n\n" + "\n\n".join(blocks) if blocks else ""


def _correlation(correlation: Mapping[str, Any]) -> str:
    """Return the lower triangle, members numbered to fit 80 columns."""
    names, values = correlation["members"], correlation["values"]
    if len(names) < 2:
        return ""
    rows = [
        [
            f"{at + 1} {name}",
            *(f"{values[at][b]:.2f}" if b < at else "" for b in _but_last(names)),
        ]
        for at, name in enumerate(names)
    ]
    header = ["", *(str(at + 1) for at in _but_last(names))]
    return (
        "## Correlation of members\n\nOf out-of-fold predictions; what differs is what "
        f"a blend lives on.\n\n{table(header, rows)}"
    )


def _but_last(names: Sequence[str]) -> range:
    return range(len(names) - 1)


def _list(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return f"## {title}\n\n" + "\n".join(f"- {_escape(line)}" for line in lines)


def _word_maps(pictures: Mapping[str, str] | None) -> str:
    """Return the pictures, which lie beside the report."""
    lines = [
        f"{_escape(column)}:\n\n![frequent words]({name})"
        for column, name in (pictures or {}).items()
    ]
    if not lines:
        return ""
    return (
        "## Frequent words\n\nEach text column's, near each other where they stand in "
        "like places (word2vec, no target seen).\n\n" + "\n\n".join(lines)
    )


def _environment(facts: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{n} {v}" for n, v in facts["environment"].items())
    return f"## Environment\n\n{versions}"
