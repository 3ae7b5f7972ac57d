"""The accuracy of a vote."""

from pathlib import Path
from typing import Annotated

import typer

# Shorter than the measures' own names, to fit 80 columns.
PAIR_TITLES = {
    "disagreement": "differ",
    "double_fault": "both wrong",
    "yule_q": "Yule Q",
    "correlation": "corr.",
}


def vote(
    voters: Annotated[
        list[str],
        typer.Argument(
            help="Accuracies like 0.7 0.7 0.7; with --truth, files of predictions.",
            show_default=False,
        ),
    ],
    correlation: Annotated[
        float | None,
        typer.Option(help="Mean correlation of two voters' being right."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="One per voter, as in 2,1,1.")
    ] = None,
    classes: Annotated[int, typer.Option(help="Number of classes.")] = 2,
    ties: Annotated[
        str, typer.Option(help="A tie is random (drawn), wrong or right.")
    ] = "random",
    abstain: Annotated[
        str | None,
        typer.Option(help="Chance to say nothing: one number, or one per voter."),
    ] = None,
    target: Annotated[
        float | None, typer.Option(help="Accuracy to reach: how many voters?")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw accuracy against voters (.svg, .png).")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="File of right labels: measure the voters.")
    ] = None,
) -> None:
    """Tell how accurate a vote is: computed, with dependence, or measured.

    Examples: ensemble-kit vote 0.7 0.7 0.7 --correlation 0.3 --target 0.9

    ensemble-kit vote a.csv b.csv c.csv --truth solution.csv
    """
    from ensemble_kit.cli.terminal.tables import check_output, numbers_of

    if plot is not None:
        check_output(plot, (".svg", ".png", ".pdf"))
    importance = numbers_of(weights, "--weights")
    silence = numbers_of(abstain, "--abstain")
    if truth is not None:
        accuracies, correlation = _measure(voters, truth, importance, ties)
    else:
        accuracies = numbers_of(" ".join(voters), "voters") or []
        _calculate(accuracies, correlation, importance, classes, ties, silence)
    if silence is None:
        _advise(accuracies, target, correlation, importance, classes)
    if plot is not None:
        _draw(accuracies, correlation, target, classes, plot)


def _calculate(
    accuracies: list[float],
    correlation: float | None,
    weights: list[float] | None,
    classes: int,
    ties: str,
    silence: list[float] | None,
) -> None:
    """Print the accuracy under different assumptions, and the cases of a small vote."""
    from ensemble_kit.cli.terminal.tables import show_table
    from ensemble_kit.voting.vote_summary import case_summary, summarize_vote

    alike = silence[0] if silence is not None and len(silence) == 1 else silence
    table = summarize_vote(accuracies, correlation, weights, classes, ties, alike)
    typer.echo(f"accuracy of the vote: {table['accuracy'].iloc[0]:.6g}")
    show_table("", table.rename(columns={"what": "assuming"}))
    if len(accuracies) <= 12 and silence is None:
        cases = case_summary(accuracies, correlation)
        if weights is not None or classes > 2:
            cases = cases.drop(columns="majority")
        show_table("How many are right", cases)


def _measure(
    files: list[str], truth: Path, weights: list[float] | None, ties: str
) -> tuple[list[float], float]:
    """Print what labelled rows tell; return accuracies and the mean correlation."""
    import pandas as pd

    from ensemble_kit.cli.terminal.tables import show_table
    from ensemble_kit.submissions.label_files import read_votes
    from ensemble_kit.voting.diversity import measure_diversity

    y, labels, names = read_votes(files, truth)
    diversity = measure_diversity(y, labels, list(names), weights, ties=ties)
    typer.echo(f"accuracy of the vote: {diversity.vote:.6g}")
    rows: list[tuple[str, float, float | None]]
    rows = [("the vote, observed", diversity.vote, diversity.standard_error)]
    rows += [("if the voters were independent", diversity.independent, None)]
    rows += [("what their dependence costs", diversity.cost, None)]
    rows += [
        (name, accuracy, (accuracy * (1 - accuracy) / diversity.n_rows) ** 0.5)
        for name, accuracy in zip(names, diversity.accuracies, strict=True)
    ]
    columns = ["what", "accuracy", "standard_error"]
    show_table(f"{diversity.n_rows} rows", pd.DataFrame(rows, columns=columns))
    show_table("Pairs", diversity.pairs.rename(columns=PAIR_TITLES))
    show_table("How many are right", diversity.cases)
    return diversity.accuracies.tolist(), max(diversity.correlation, 0.0)


def _advise(
    accuracies: list[float],
    target: float | None,
    correlation: float | None,
    weights: list[float] | None,
    classes: int,
) -> None:
    from ensemble_kit.voting.vote_summary import advise_vote

    for sentence in advise_vote(accuracies, target, correlation, weights, classes):
        typer.echo(sentence)


def _draw(
    accuracies: list[float],
    correlation: float | None,
    target: float | None,
    classes: int,
    path: Path,
) -> None:
    from ensemble_kit.voting.voting_plot import plot_vote

    lines = sorted({0.0, 0.1, 0.3, 0.6, round(correlation or 0.0, 3)})
    mean = round(sum(accuracies) / len(accuracies), 6)
    plot_vote(mean, lines, target=target, n_classes=classes, path=path)
    typer.echo(f"{path}: accuracy against the number of voters")
