"""The sixth block: which columns mattered, once `explain` has measured it."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ensemble_kit.reporting.page.marks import Entry, dots
from ensemble_kit.reporting.page.parts import Block, Bullets, Commands, Part, Table

NAME, TITLE = "importance", "What mattered"
MOST_DRAWN = 30
MOST_NAMED = 3


def importance_block(folder: Path) -> Block:
    """Return how to have it measured: a run leaves it out, as it takes a while."""
    return Block(
        NAME,
        TITLE,
        "Not measured yet: this command does, and adds it here.",
        [Commands([f"ensemble-kit explain {shlex.quote(str(folder))}"])],
    )


def explained_block(facts: Mapping[str, Any]) -> Block:
    """Return what shuffling each column loses, and the words that push most.

    Parameters
    ----------
    facts : mapping
        From `ExplainedRun.importance`.
    """
    columns = facts["columns"]
    entries = [
        Entry(column_name(one), one["loss"], interval_of(one), is_marked=is_sure(one))
        for one in columns[:MOST_DRAWN]
    ]
    description = (
        f"What {facts['metric']} loses when a column is shuffled, on "
        f"{facts['n_rows']:,} out-of-fold rows by models that have not seen them, "
        f"{facts['repeats']} shuffles each; lines are 95 % intervals. Marked: columns "
        "that surely matter."
    )
    parts: list[Part] = [dots("Loss by column", description, entries, "loss")]
    if len(columns) > MOST_DRAWN:
        parts.append(_all(columns))
    parts += [_words(one) for one in facts["words"]]
    if facts["notes"]:
        parts.append(Bullets("", facts["notes"]))
    return Block(NAME, TITLE, _sentence(columns), parts)


def column_name(one: Mapping[str, Any]) -> str:
    """Return the columns that were shuffled together, in one line."""
    return " with ".join(one["columns"])


def interval_of(one: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the interval of a loss, if there is one."""
    return None if one["low"] is None else (one["low"], one["high"])


def is_sure(one: Mapping[str, Any]) -> bool:
    """Return whether a loss is beyond noise."""
    return one["low"] is not None and one["low"] > 0


def _all(columns: Sequence[Mapping[str, Any]]) -> Table:
    rows = [(column_name(c), c["loss"], c["low"], c["high"]) for c in columns]
    header = ("column", "loss", "95 % from", "to")
    return Table("All columns", header, rows, is_folded=True)


def _words(one: Mapping[str, Any]) -> Table:
    rows = [(word["word"], word["weight"], word["share"]) for word in one["words"]]
    heading = f"{one['member']}: words of {one['column']} towards {one['towards']}"
    return Table(heading, ("word", "weight", "share of rows"), rows, is_folded=True)


def _sentence(columns: Sequence[Mapping[str, Any]]) -> str:
    sure = [column_name(one) for one in columns if is_sure(one)]
    if not sure:
        return "No column's loss can be told from noise on these rows."
    more = f" and {len(sure) - MOST_NAMED} more" * (len(sure) > MOST_NAMED)
    rest = len(columns) - len(sure)
    sentence = f"The score surely needs {', '.join(sure[:MOST_NAMED])}{more}"
    return f"{sentence}; what the other {rest} give cannot be told from noise."
