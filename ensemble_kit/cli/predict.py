"""Rows that come later, predicted by a finished run."""

from pathlib import Path
from typing import Annotated

import typer

from ensemble_kit.cli.options import Custom, ForeignRows, parse_foreign_rows
from ensemble_kit.visible_text import shown


def predict(
    run: Annotated[Path, typer.Argument(help="A folder below runs/.", exists=True)],
    rows: Annotated[
        Path,
        typer.Argument(
            metavar="NEW.csv", help="Rows with the columns of test.csv.", exists=True
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where the predictions go.")
    ],
    interval: Annotated[
        str | None,
        typer.Option(
            metavar="90%",
            help="Add what values lie between, in that share of new rows "
            "(extra intervals).",
        ),
    ] = None,
    custom: Custom = None,
    oof: ForeignRows = None,
) -> None:
    """Predict rows that come later with the models of a run.

    Needs neither the training data nor a network; the run's folder may have been
    moved. The output has the form of the run's submission.
    """
    import warnings

    from ensemble_kit.cli.text_submission import refuse_options
    from ensemble_kit.custom_files import load_custom_files
    from ensemble_kit.exceptions import PredictionWarning
    from ensemble_kit.quantities import parse_share
    from ensemble_kit.running.finished.loaded_run import LoadedRun, read_report
    from ensemble_kit.running.finished.predicting import load_predictor
    from ensemble_kit.running.finished.text_models import (
        is_text_run,
        load_text_predictor,
    )

    load_custom_files(custom or ())
    foreign = parse_foreign_rows(oof)
    level = None if interval is None else parse_share(interval)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", PredictionWarning)
        if is_text_run(run):
            refuse_options({"--interval": interval, "--oof": oof})
            path = load_text_predictor(run).predict_file(rows, output)
        elif level is None:
            path = load_predictor(run).predict_file(rows, output, foreign)
        else:
            whole = LoadedRun(run, read_report(run))
            path = whole.predict_file(rows, output, foreign, level)
    for warning in caught:
        typer.echo(f"warning: {shown(warning.message, 2000)}", err=True)
    typer.echo(str(path))
