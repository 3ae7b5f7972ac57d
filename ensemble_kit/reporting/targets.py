"""One submission of several targets, each predicted by a run of its own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd

from ensemble_kit.competition.competition import Competition
from ensemble_kit.files import write_atomically
from ensemble_kit.hashing import fingerprint
from ensemble_kit.pipeline.spec import AUTO, Pipeline
from ensemble_kit.reporting.next_commands import SUBMISSION
from ensemble_kit.reporting.run_folder import work_folder
from ensemble_kit.reporting.submitting import Request, Sections, Written
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.store.store import Store
from ensemble_kit.tables.reading import read_table


def pipelines_of(
    pipeline: Pipeline, competitions: Sequence[Competition]
) -> list[Pipeline]:
    """Return the pipeline of each target's run; where there is one, as it is.

    Each is named after its target, so that run folders are, and all have the same
    folds.
    """
    if len(competitions) < 2:
        return [pipeline]
    shared = _with_shared_folds(pipeline, competitions[0])
    return [
        replace(shared, name=f"{pipeline.name}-{_plain(competition.target)}")
        for competition in competitions
    ]


def target_requests(
    pipeline: Pipeline,
    competitions: Sequence[Competition],
    store: Store,
    resources: Resources,
    place: Callable[[Competition, Pipeline], Path],
    sections: Sections,
) -> list[Request]:
    """Return what the run of each target is made of, and where it goes.

    Parameters
    ----------
    pipeline : Pipeline
        Of them all; see `pipelines_of`.
    competitions : sequence of Competition
        One for each target.
    store : Store
    resources : Resources
    place : callable
        Returns the folder of a run from its competition and its own pipeline.
    sections : callable
        More of each report; see `Request`.
    """
    return [
        Request(
            competition,
            own,
            store,
            resources,
            place(competition, own),
            sections=sections,
        )
        for competition, own in zip(
            competitions, pipelines_of(pipeline, competitions), strict=True
        )
    ]


@contextmanager
def shared_features(
    base: Path, competitions: Sequence[Competition]
) -> Iterator[Path | None]:
    """Yield a folder for what the runs of several targets have in common.

    It lasts as long as they do. There is none where there is one target.

    Parameters
    ----------
    base : Path
        The folder that ``runs`` is in.
    competitions : sequence of Competition
    """
    if len(competitions) < 2:
        yield None
        return
    with work_folder(base / "runs" / "shared") as folder:
        yield folder


def write_targets(written: Sequence[Written], base: Path, pipeline: Pipeline) -> Path:
    """Join the submissions of finished runs, and return the path of the whole.

    Columns and rows stand as in the sample. A report beside it names the runs.

    Parameters
    ----------
    written : sequence of Written
        One for each target.
    base : Path
        The folder that ``runs`` is in.
    pipeline : Pipeline
    """
    key = fingerprint([each.folder.name for each in written])
    folder = base / "runs" / f"{pipeline.name}-targets-{key[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    text = _joined(written).to_csv(index=False, lineterminator="\n")
    write_atomically(folder / SUBMISSION, text.encode())
    write_atomically(folder / "report.md", _report(written, pipeline).encode())
    return folder / SUBMISSION


def _with_shared_folds(pipeline: Pipeline, competition: Competition) -> Pipeline:
    """Return a pipeline whose folds do not hang on the target.

    They are stratified by it where nothing else is said. Folds in time, and those of
    a column, are the same for every target.
    """
    parts = (competition.times, competition.folds, competition.drawing)
    is_free = all(part is None for part in parts)
    if pipeline.folds.splitter != AUTO or not is_free:
        return pipeline
    splitter = "KFold" if competition.groups is None else "GroupKFold"
    return replace(pipeline, folds=replace(pipeline.folds, splitter=splitter))


def _plain(name: str) -> str:
    """Return a name that a folder can have."""
    return "".join(c if c.isalnum() else "_" for c in name)


def _joined(written: Sequence[Written]) -> pd.DataFrame:
    """Return the columns of all submissions, in the order of the sample's."""
    frame = pd.concat([read_table(each.submission).frame for each in written], axis=1)
    frame = frame.loc[:, ~frame.columns.duplicated()]
    competition = written[0].run.competition
    sample = read_table(competition.folder / str(competition.settings.sample))
    return frame[list(sample.columns)]


def _report(written: Sequence[Written], pipeline: Pipeline) -> str:
    """Return a table of the targets as Markdown."""
    rows = ["| target | metric | score | submitted | run |", "|---|---|---|---|---|"]
    for each in written:
        run, competition = each.run, each.run.competition
        score = run.result(run.chosen).score
        rows.append(
            f"| {competition.target} | {competition.metric.name} | {score:.5f} "
            f"| {run.chosen} | {each.folder.name} |"
        )
    return "\n".join([f"# {pipeline.name}: {len(written)} targets", "", *rows, ""])
