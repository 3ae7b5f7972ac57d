"""The sixth block: which columns mattered, once `explain` has measured it."""

import shlex
from pathlib import Path

from ensemble_kit.reporting.page.parts import Block, Commands


def importance_block(folder: Path) -> Block:
    """Return how to have it measured: a run leaves it out, as it takes a while."""
    return Block(
        "importance",
        "What mattered",
        "Not measured yet: this command does, and adds it here.",
        [Commands([f"ensemble-kit explain {shlex.quote(str(folder))}"])],
    )
