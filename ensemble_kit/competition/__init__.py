"""From a competition's folder to a Competition, and from predictions to a file."""

from ensemble_kit.competition.checks.checking import check_competition
from ensemble_kit.competition.checks.finding import Finding
from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.declared.schema import Schema
from ensemble_kit.competition.declared.settings import (
    CompetitionSettings,
    dump_settings,
    load_settings,
)
from ensemble_kit.competition.describing import describe
from ensemble_kit.competition.loading import init_folder, load_competition
from ensemble_kit.competition.scoring import score_submission
from ensemble_kit.competition.submission import (
    check_submission,
    read_submission,
    write_submission,
)
from ensemble_kit.tables.reading import read_table

__all__ = [
    "Competition",
    "CompetitionSettings",
    "Finding",
    "Schema",
    "check_competition",
    "check_submission",
    "describe",
    "dump_settings",
    "init_folder",
    "load_competition",
    "load_settings",
    "read_submission",
    "read_table",
    "score_submission",
    "write_submission",
]
