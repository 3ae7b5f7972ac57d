"""From a competition's folder to a Competition, and from predictions to a file.

Names are imported when they are first used, so that a light command does not pay
for the rest.
"""

from typing import Any

from ensemble_kit.registry import lazy_attribute

_HOMES = {
    "Competition": "ensemble_kit.competition.competition",
    "CompetitionSettings": "ensemble_kit.competition.declared.settings",
    "Finding": "ensemble_kit.competition.checks.finding",
    "Schema": "ensemble_kit.competition.declared.schema",
    "check_competition": "ensemble_kit.competition.checks.checking",
    "check_submission": "ensemble_kit.competition.submission",
    "describe": "ensemble_kit.competition.describing",
    "dump_settings": "ensemble_kit.competition.declared.settings",
    "init_folder": "ensemble_kit.competition.loading",
    "load_competition": "ensemble_kit.competition.loading",
    "load_settings": "ensemble_kit.competition.declared.settings",
    "read_submission": "ensemble_kit.competition.submission",
    "read_table": "ensemble_kit.tables.reading",
    "score_submission": "ensemble_kit.competition.scoring",
    "write_submission": "ensemble_kit.competition.submission",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import the module of a public name."""
    return lazy_attribute(__name__, _HOMES, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
