"""Pipelines read from and written to TOML; every mistake is told at once."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from ensemble_kit.catalog import FEATURIZERS, MODELS
from ensemble_kit.catalog.feature_sets import FEATURE_SETS
from ensemble_kit.competition.declared.settings import settings_mistakes
from ensemble_kit.exceptions import (
    MissingDependencyError,
    PipelineError,
    RegistryError,
    did_you_mean,
    problems,
)
from ensemble_kit.names import as_name
from ensemble_kit.pipeline.foreign_member import FOREIGN, ForeignMember
from ensemble_kit.pipeline.foreign_member import KEYS as FOREIGN_KEYS
from ensemble_kit.pipeline.gates import written_out
from ensemble_kit.pipeline.member import ROLES, Block, Member, Recipe
from ensemble_kit.pipeline.parameters import parameter_mistakes
from ensemble_kit.pipeline.pseudo_labels import (
    PseudoLabels,
    pseudo_members,
    pseudo_mistakes,
)
from ensemble_kit.pipeline.scheme_names import scheme_mistakes
from ensemble_kit.pipeline.spec import (
    FoldSpec,
    Pipeline,
    Submit,
    Validation,
)
from ensemble_kit.pipeline.value_types import type_mistakes, well_typed
from ensemble_kit.pipeline.wiring import wiring_mistakes

SHIPPED = Path(__file__).with_name("shipped")
CHECKOUT = Path(__file__).parents[2] / "pipelines"
TOP = (
    "name",
    "note",
    "seed",
    "text_filter",
    "transductive",
    "folds",
    "features",
    "validation",
    "submit",
    "competition",
    "columns",
    "pseudo",
)
NAMED_BEFORE = {"text_gate": "text_filter"}
MEMBER = (
    "model",
    "features",
    "texts",
    "original",
    "inputs",
    "params",
    "seeds",
    "probe",
    "offset",
    "sampler",
    "folds",
)

Flat = TypeVar("Flat", FoldSpec, Submit, Validation, PseudoLabels)


def shipped_pipelines() -> dict[str, Path]:
    """Return the files of the pipelines that come with the kit, by name."""
    folder = SHIPPED if SHIPPED.is_dir() else CHECKOUT
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_pipeline(name: str | Path) -> Pipeline:
    """Return a pipeline by its shipped name or from a file.

    Raises
    ------
    PipelineError
        With every mistake in the file, or when there is no such pipeline.
    """
    shipped = shipped_pipelines()
    path = shipped.get(str(name), Path(name))
    if not path.is_file():
        raise PipelineError(
            f"no pipeline named {str(name)!r} and no such file"
            f"{did_you_mean(str(name), shipped)} (list: ensemble-kit pipelines)"
        )
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PipelineError(f"{path} is not valid TOML: {error}") from error
    except RecursionError as error:
        raise PipelineError(f"{path} nests its values too deeply") from error
    is_own = path in shipped.values()
    return parse_pipeline(tables, str(path), as_name(path.stem), is_trusted=is_own)


def parse_pipeline(
    tables: Mapping[str, Any],
    where: str,
    default_name: str = "pipeline",
    is_trusted: bool = False,
) -> Pipeline:
    """Return the pipeline that the tables of a TOML file describe.

    Parameters
    ----------
    tables : mapping
    where : str
        What messages call the file.
    default_name : str
        Of a pipeline that says no name.
    is_trusted : bool
        Whether parameters are known to be right: looking imports the estimators.

    Raises
    ------
    PipelineError
        With every mistake found.
    """
    given = {NAMED_BEFORE.get(key, key): value for key, value in tables.items()}
    tables, mistakes = well_typed(given), type_mistakes(given)
    mistakes += _unknown_keys(tables)
    pipeline = _described(tables, default_name, mistakes)
    mistakes += scheme_mistakes(pipeline.validation)
    mistakes += _competition_mistakes(pipeline.competition)
    if not any(map(_is_level, tables)):
        mistakes.append("level1: missing; a pipeline needs at least one member")
    added = _pseudo_members(pipeline)
    members = tuple(sorted((*pipeline.members, *added), key=lambda m: m.level))
    declared = [*_declared(given), *((1, member.name) for member in added)]
    mistakes += wiring_mistakes(members, pipeline.recipes, pipeline.submit, declared)
    if not is_trusted:
        mistakes += [line for m in members for line in parameter_mistakes(m)]
    if mistakes:
        raise PipelineError(problems(where, mistakes))
    return replace(pipeline, members=members)


def _described(
    tables: Mapping[str, Any], default_name: str, mistakes: list[str]
) -> Pipeline:
    """Return the pipeline that well-typed tables describe, right or not."""
    own = _recipes(tables.get("features", {}), mistakes)
    members = _members(tables, mistakes)
    return Pipeline(
        name=tables.get("name", default_name),
        members=members,
        recipes={**standard_recipes(), **own},  # what a file says wins
        pseudo=_pseudo(tables, members, mistakes),
        folds=_simple(FoldSpec, "folds", tables, mistakes),
        submit=_simple(Submit, "submit", tables, mistakes),
        validation=_simple(Validation, "validation", tables, mistakes),
        seed=tables.get("seed", 0),
        note=tables.get("note", ""),
        text_filter=tables.get("text_filter", False),
        transductive=tables.get("transductive", False),
        competition=_competition(tables),
    )


def _unknown_keys(tables: Mapping[str, Any]) -> list[str]:
    return [
        f"{key}: unknown{did_you_mean(key, [*TOP, 'level1'])}"
        for key in tables
        if key not in TOP and not _is_level(key)
    ]


def _members(
    tables: Mapping[str, Any], mistakes: list[str]
) -> tuple[Member | ForeignMember, ...]:
    """Return the members of all levels, from the lowest."""
    levels = {int(k[5:]): v for k, v in tables.items() if _is_level(k)}
    return tuple(
        member
        for level in sorted(levels)
        for name, table in levels[level].items()
        if (member := _member(name, level, table, mistakes)) is not None
    )


def _competition_mistakes(competition: Mapping[str, Any]) -> list[str]:
    return [
        line if line.startswith("columns") else f"competition.{line}"
        for line in settings_mistakes(competition)
    ]


def standard_recipes() -> dict[str, Recipe]:
    """Return the kit's own feature sets."""
    return dict(_standard_recipes(tuple(FEATURE_SETS)))


@lru_cache(maxsize=1)
def _standard_recipes(names: tuple[str, ...]) -> Mapping[str, Recipe]:
    """Return the feature sets of these names, read once and never written to."""
    mistakes: list[str] = []
    recipes = _recipes(FEATURE_SETS, mistakes)
    if mistakes:
        raise PipelineError(problems("the kit's own feature sets", mistakes))
    return recipes


def _pseudo(
    tables: Mapping[str, Any], members: Sequence[Member], mistakes: list[str]
) -> PseudoLabels | None:
    """Return which test rows learn beside training rows, None where none do."""
    if "pseudo" not in tables:
        return None
    asked = _simple(PseudoLabels, "pseudo", tables, mistakes)
    asked = replace(
        asked, members=tuple(asked.members), labels_from=tuple(asked.labels_from)
    )
    mistakes += pseudo_mistakes(members, asked)
    return asked


def _pseudo_members(pipeline: Pipeline) -> tuple[Member, ...]:
    """Return the members that test rows teach, too, which no table declares."""
    if pipeline.pseudo is None:
        return ()
    return pseudo_members(pipeline.members, pipeline.pseudo)


def _competition(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of competition.toml that a file states, its columns among them.

    ``[columns]`` is short for ``[competition.columns]``.
    """
    stated = dict(tables.get("competition", {}))
    columns = stated.get("columns", {})
    if tables.get("columns") and isinstance(columns, Mapping):
        stated["columns"] = {**columns, **tables["columns"]}
    return stated


def _declared(tables: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Return level and name of every member that a file declares."""
    levels = {int(key[5:]): level for key, level in tables.items() if _is_level(key)}
    return [
        (number, name)
        for number, level in sorted(levels.items())
        if isinstance(level, Mapping)
        for name in level
    ]


def _is_level(key: str) -> bool:
    return key.startswith("level") and key[5:].isdigit() and int(key[5:]) >= 1


def _simple(
    kind: type[Flat], where: str, tables: Mapping[str, Any], mistakes: list[str]
) -> Flat:
    """Return a flat dataclass from its table; as it is by default without one."""
    table, known = tables.get(where, {}), [f.name for f in fields(kind)]
    if not isinstance(table, Mapping):
        mistakes.append(f"{where}: expected a table, found {table!r}")
        return kind()
    for key in table:
        if key not in known:
            mistakes.append(f"{where}.{key}: unknown{did_you_mean(key, known)}")
    return kind(**{key: value for key, value in table.items() if key in known})


def _recipes(tables: Mapping[str, Any], mistakes: list[str]) -> dict[str, Recipe]:
    """Return the feature sets of these tables, by name."""
    return {
        name: Recipe(name, tuple(_blocks(name, table, mistakes)))
        for name, table in tables.items()
    }


def _blocks(name: str, table: Mapping[str, Any], mistakes: list[str]) -> list[Block]:
    blocks = []
    for role, value in table.items():
        where = f"features.{name}.{role}"
        if role not in ROLES:
            mistakes.append(f"{where}: unknown role{did_you_mean(role, ROLES)}")
            continue
        for item in value if isinstance(value, list) else [value]:
            pairs = {item: {}} if isinstance(item, str) else item
            blocks += [
                Block(role, featurizer, params)
                for featurizer, params in pairs.items()
                if _is_featurizer(featurizer, role, where, mistakes)
                and _takes(featurizer, params, where, mistakes)
            ]
    return blocks


def _takes(
    name: str, params: Mapping[str, Any], where: str, mistakes: list[str]
) -> bool:
    """Return whether a featurizer has these parameters; say so where it has not.

    A value that it cannot have is told too.
    """
    try:
        FEATURIZERS[name].build(params)
    except MissingDependencyError:
        return True  # the run says which extra brings it
    except RegistryError as error:
        mistakes.append(f"{where}: {error}")
        return False
    wrong = FEATURIZERS[name].value_mistakes(params) if params else {}
    mistakes += [f"{where}.{name}: {line}" for line in wrong.values()]
    return True


def _is_featurizer(name: str, role: str, where: str, mistakes: list[str]) -> bool:
    """Return whether a name is a featurizer for a role; say so where it is not."""
    if name not in FEATURIZERS:
        mistakes.append(
            f"{where}: unknown featurizer {name!r}{did_you_mean(name, FEATURIZERS)} "
            "(list: ensemble-kit featurizers)"
        )
        return False
    if FEATURIZERS[name].role != role:
        mistakes.append(f"{where}: {name!r} is for {FEATURIZERS[name].role} columns")
        return False
    return True


def _foreign(
    name: str, level: int, table: Mapping[str, Any], mistakes: list[str]
) -> Member | None:
    """Return a member whose predictions were made elsewhere."""
    where = f"level{level}.{name}"
    own_mistakes = [
        f"{where}.{key}: unknown{did_you_mean(key, FOREIGN_KEYS)}; predictions made "
        f"elsewhere have {', '.join(FOREIGN_KEYS)}"
        for key in table
        if key not in FOREIGN_KEYS
    ]
    own_mistakes += [
        f"{where}.{key}: missing" for key in ("oof", "test") if key not in table
    ]
    if level != 1:
        own_mistakes.append(f"{where}: predictions made elsewhere stand in level 1")
    mistakes += own_mistakes
    return None if own_mistakes else ForeignMember(name, FOREIGN, **table)


def _member(name: str, level: int, table: object, mistakes: list[str]) -> Member | None:
    where = f"level{level}.{name}"
    if isinstance(table, Mapping) and {"oof", "test"} & table.keys():
        return _foreign(name, level, table, mistakes)
    if isinstance(table, Mapping):
        table = written_out(table)
    if not isinstance(table, Mapping) or "model" not in table:
        mistakes.append(f"{where}: expected a table with a model, found {table!r}")
        return None
    mistakes += [
        f"{where}.{key}: unknown{did_you_mean(key, MEMBER)}"
        for key in table
        if key not in MEMBER
    ]
    if table["model"] not in MODELS:
        mistakes.append(
            f"{where}.model: unknown model {table['model']!r}"
            f"{did_you_mean(table['model'], MODELS)} (list: ensemble-kit models)"
        )
        return None
    known = {key: value for key, value in table.items() if key in MEMBER}
    for key in ("inputs", "seeds", "texts"):
        if isinstance(known.get(key), list):
            known[key] = tuple(known[key])
    if isinstance(known.get("sampler"), str):
        known["sampler"] = {known["sampler"]: {}}
    return Member(name=name, level=level, **known)
