"""Submission files blended."""

from pathlib import Path
from typing import Annotated

import typer


def blend(
    files: Annotated[
        list[Path],
        typer.Argument(help="Two submissions or more.", show_default=False),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where the blend goes.")
    ],
    how: Annotated[
        str,
        typer.Option(
            help="mean, weighted, median, trimmed, geometric, logit, power, rank "
            "or vote."
        ),
    ] = "mean",
    weights: Annotated[
        str | None,
        typer.Option(help="One per file, as in 2,1,1; alike by default."),
    ] = None,
    trim: Annotated[
        float, typer.Option(help="Share that trimmed cuts from either end.")
    ] = 0.2,
    power: Annotated[float, typer.Option(help="Exponent of power.")] = 2.0,
    labels_as_numbers: Annotated[
        bool,
        typer.Option(
            "--labels-as-numbers",
            help="Average few whole numbers too: counts or ratings, not labels.",
        ),
    ] = False,
) -> None:
    """Blend submission files into one, row by row.

    Rows are matched by id, columns by name; a table tells how alike the files are.

    Example: ensemble-kit blend A.csv B.csv --how rank -o blend.csv
    """
    from ensemble_kit.cli.terminal.tables import check_output, numbers_of, show_table
    from ensemble_kit.submissions.submission_files import read_submissions
    from ensemble_kit.submissions.submissions import (
        blend_files,
        check_blend,
        compare_files,
        warnings_of_labels,
    )
    from ensemble_kit.tables.writing import WRITTEN, table_bytes

    check_output(output, WRITTEN)
    shares = check_blend(how, numbers_of(weights, "--weights"), len(files), trim)
    aligned = read_submissions(files)
    for warning in (*aligned.warnings, *warnings_of_labels(aligned)):
        typer.echo(warning, err=True)
    blended = blend_files(aligned, how, shares, trim, power, labels_as_numbers)
    data = table_bytes(blended, output)
    temporary = output.with_name(f".{output.name}.partial")
    temporary.write_bytes(data)
    temporary.replace(output)
    show_table("How alike the files are", compare_files(aligned))
    typer.echo(f"{output}: {len(blended)} rows, {how} of {len(files)} files")
