"""Ids that the sample writes otherwise than test: 120.0 and 120, a7 and A7."""

from dataclasses import replace

from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.paired_ids import by_key

MAX_FEW = 30


def with_ids_of_sample(tables: Tables, settings: CompetitionSettings) -> Tables:
    """Return tables whose test ids are spelled as in the sample, where these differ.

    They are paired by what they say, where each stands for one alone; it is told.
    """
    names = _id_columns(tables, settings)
    if tables.sample is None or names is None:
        return tables
    in_sample, in_test = names
    wanted, ids = tables.sample.cells[in_sample], tables.test.cells[in_test]
    if set(ids.tolist()).issuperset(wanted.tolist()):
        return tables
    spelled = by_key(wanted)
    written = by_key(ids)
    if spelled is None or written is None or not spelled.keys() <= written.keys():
        return tables
    key = next(iter(spelled))
    line = (
        f"{tables.test.path.name}: ids are written otherwise than in "
        f"{tables.sample.path.name}, and are paired by what they say: "
        f"{written[key][:MAX_FEW]!r} is {spelled[key][:MAX_FEW]!r}"
    )
    named = {cell: spelled[key] for key, cell in written.items() if key in spelled}
    respelled = ids.map(lambda cell: named.get(cell, cell))
    test = replace(
        tables.test,
        cells=tables.test.cells.assign({in_test: respelled}),
        warnings=(*tables.test.warnings, line),
    )
    return replace(tables, test=test)


def _id_columns(
    tables: Tables, settings: CompetitionSettings
) -> tuple[str, str] | None:
    """Return the id's column in the sample and in test, by its name."""
    if tables.sample is None:
        return None
    columns = tables.sample.columns
    first = settings.id if settings.id in columns else columns[0]
    alike = [c for c in tables.test.columns if c.lower() == str(first).lower()]
    named = [c for c in (settings.id, first) if c and c in tables.test] or alike
    return (str(first), named[0]) if named else None
