"""What was understood of a competition, in lines for a terminal."""

from ensemble_kit.competition.competition import LOUD, Competition
from ensemble_kit.competition.declared.settings import ROLES

MAX_NAMES = 12
KEYS = ("id", "target", "task", "positive", "metric", "submission", "groups", "time")


def describe(competition: Competition) -> list[str]:
    """Return what was declared or guessed about a competition, one fact a line."""
    settings = competition.settings
    lines = [
        f"{competition.name}: {len(competition.X)} rows to learn from, "
        f"{len(competition.X_test)} to predict"
    ]
    for key in (*KEYS, "weights", "folds", "series"):
        value = getattr(settings, key)
        if isinstance(value, list):
            value = ", ".join(value)
        if value:
            reason = settings.reasons.get(key, "declared")
            lines.append(f"{key}: {value} ({reason})")
    for role in ROLES:
        names = [name for name, given in competition.roles.items() if given == role]
        if names:
            lines.append(f"{role}: {_listed(names)}")
    lines += [
        note if note.startswith(LOUD) else f"note: {note}" for note in competition.notes
    ]
    return [_printable(line) for line in lines]


def _printable(line: str) -> str:
    """Return a line that cannot steer a terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in line)


def _listed(names: list[str]) -> str:
    """Return names, the first ones in full and the rest as a count."""
    more = len(names) - MAX_NAMES
    tail = f" and {more} more" if more > 0 else ""
    return ", ".join(names[:MAX_NAMES]) + tail
