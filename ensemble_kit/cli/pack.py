"""A run made ready for a Kaggle notebook without internet."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ensemble_kit.cli.options import Custom

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def pack(
    run: Annotated[Path, typer.Argument(help="A folder below runs/.", exists=True)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A folder that is not there yet.")
    ],
    python: Annotated[
        str, typer.Option(help="The version of the image's Python.")
    ] = HERE,
    competition: Annotated[
        str | None,
        typer.Option(help="Its name on Kaggle; that of the run's data by default."),
    ] = None,
    user: Annotated[str, typer.Option(help="Your name on Kaggle.")] = "USER",
    extra: Annotated[
        list[str] | None,
        typer.Option(help="Extras beside those that the run's models need."),
    ] = None,
    custom: Custom = None,
    train: Annotated[
        bool, typer.Option("--train", help="The notebook makes the run anew.")
    ] = False,
    wheels: Annotated[
        bool, typer.Option(help="Download what the run needs with pip.")
    ] = True,
) -> None:
    """Pack a run for a Kaggle notebook without internet.

    Writes OUTPUT/dataset (wheels of the kit and of what it needs, the run with its
    models) and OUTPUT/kernel (a notebook that installs from there and predicts the
    competition's test file), both with the metadata that Kaggle's own tool reads.
    """
    from ensemble_kit.custom_files import load_custom_files
    from ensemble_kit.packing.pack import pack_run
    from ensemble_kit.packing.requirements import download_wheels

    load_custom_files(custom or ())
    packed = pack_run(
        run,
        output,
        python=python,
        competition=competition,
        user=user,
        extras=extra or (),
        custom=custom or (),
        trains=train,
        download=download_wheels if wheels else None,
    )
    size = sum(p.stat().st_size for p in packed.dataset.rglob("*") if p.is_file())
    typer.echo(f"{packed.dataset}: {size / 1e6:.0f} MB\n{packed.kernel}\n\nnext:")
    typer.echo(f"  kaggle datasets create -p {packed.dataset} --dir-mode zip")
    typer.echo(f"  kaggle kernels push -p {packed.kernel}")
