"""What there is: models, featurizers, functions, metrics and pipelines."""

from collections.abc import Sequence


def models() -> None:
    """List the models that a pipeline can name."""
    from ensemble_kit.catalog import MODELS

    rows = [(s.name, s.family, s.predicts, s.features, s.note) for s in MODELS.values()]
    _show(("model", "family", "predicts", "features", ""), rows)


def featurizers() -> None:
    """List the featurizers that a feature set can name."""
    from ensemble_kit.catalog import FEATURIZERS

    rows = [(s.name, s.role, s.output, s.note) for s in FEATURIZERS.values()]
    _show(("featurizer", "columns", "output", ""), rows)


def functions() -> None:
    """List the functions that expressions of columns can call."""
    from ensemble_kit.competition.derived.functions import FUNCTIONS

    rows = [(f.name, f.takes, f.about) for f in FUNCTIONS.values()]
    _show(("function", "arguments", "gives"), rows)


def metrics() -> None:
    """List the metrics, which way they get better, and their tasks."""
    from ensemble_kit.metrics import METRICS
    from ensemble_kit.metrics.registry import EXAMPLES

    rows = [
        (m.name, m.sign, m.consumes, ", ".join(sorted(m.tasks)))
        for m in (*METRICS.values(), *(METRICS[name] for name in EXAMPLES))
    ]
    _show(("metric", "", "reads", "tasks"), rows)


def pipelines() -> None:
    """List the pipelines that come with the kit."""
    from ensemble_kit.pipeline.loading import load_pipeline, shipped_pipelines

    loaded = {name: load_pipeline(name) for name in shipped_pipelines()}
    rows = [
        (name, str(len(p.members)), "-".join(map(str, p.levels)), p.note)
        for name, p in loaded.items()
    ]
    _show(("pipeline", "members", "levels", ""), rows)


def _show(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table that fits the terminal."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for at, name in enumerate(header):
        table.add_column(name, no_wrap=at == 0)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
