"""What a run scores with the time it is given, and whether it ends in that time.

    python benchmarks/time_limits.py FOLDER ... [--limits 30 120 600]
        [--table times.tsv] [--plot times.png]

Every run is the command line's own, `submit FOLDER --time-limit`, in a process of its
own, timed from its start to its exit. Every folder holds train.csv, test.csv,
sample_submission.csv and solution.csv (the true target of the test rows), and perhaps
meta.json with the metric's name; the solution is read after the command has ended.
The table grows a line at a time; what stands in it is not run again. ``late`` is the
share of the limit by which a run was late, below 0 where it was early. The plot has
a panel for every folder with more than one limit in the table.
"""

import argparse
import csv
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from folders import metric_of

from ensemble_kit.competition import load_competition, score_submission
from ensemble_kit.metrics import METRICS

COLUMNS = ("folder", "metric", "limit", "seconds", "late", "rows", "score")
WIDTHS = (23, 9, 6, 8, 6, 7, 10)
COMMAND = "from ensemble_kit.cli import main; main()"


def main() -> None:
    """Print the table, a line as soon as it is known."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--limits", type=int, nargs="+", default=[30, 120])
    parser.add_argument("--table", type=Path, default=Path("times.tsv"))
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    known = read_table(arguments.table)
    say(dict(zip(COLUMNS, COLUMNS, strict=True)))
    for limit in arguments.limits:
        for folder in arguments.folders:
            row = known.get((folder.name, str(limit)))
            if row is None:
                row = measure(folder, limit)
                append(arguments.table, row)
            say(row)
    if arguments.plot:
        draw(read_table(arguments.table), arguments.plot)


def measure(folder: Path, limit: int) -> dict[str, str]:
    """Run a folder under a limit and return its line."""
    name = metric_of(folder)
    options = ["--metric", name] if name else []
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-c", COMMAND, "submit", str(folder), *options]
        command += ["--time-limit", f"{limit}s", "--output", scratch]
        begin = time.monotonic()
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - begin
        found = list(Path(scratch).rglob("submission.csv"))
        if ended.returncode or len(found) != 1:
            raise SystemExit(f"{folder.name}: exit {ended.returncode}\n{ended.stderr}")
        competition = load_competition(folder, metric=name)
        metric, solution = competition.metric.name, folder / "solution.csv"
        score = score_submission(found[0], solution, metric, competition)
    values = (
        folder.name,
        metric,
        str(limit),
        f"{seconds:.1f}",
        f"{seconds / limit - 1:+.2f}",
        str(len(competition.X)),
        f"{score:.5g}",
    )
    return dict(zip(COLUMNS, values, strict=True))


def read_table(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Return the lines of a table by folder and limit; none where there is no file."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {(row["folder"], row["limit"]): row for row in rows}


def append(path: Path, row: dict[str, str]) -> None:
    """Add a line to the table, under its heading where it is the first."""
    is_new = not path.is_file()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def draw(rows: dict[tuple[str, str], dict[str, str]], path: Path) -> None:
    """Draw every folder's score against its seconds; higher is better everywhere."""
    from matplotlib.figure import Figure

    curves: dict[str, list[tuple[float, float]]] = {}
    for row in rows.values():
        point = float(row["seconds"]), float(row["score"])
        curves.setdefault(f"{row['folder']}\n{row['metric']}", []).append(point)
    curves = {name: sorted(c) for name, c in sorted(curves.items()) if len(c) > 1}
    n_columns = min(4, len(curves))
    n_rows = math.ceil(len(curves) / n_columns)
    figure = Figure(figsize=(2.6 * n_columns, 1.9 * n_rows), layout="constrained")
    panels = figure.subplots(n_rows, n_columns, squeeze=False)
    for panel in panels.flat[len(curves) :]:
        panel.set_axis_off()
    for panel, (name, curve) in zip(panels.flat, curves.items(), strict=False):
        panel.plot(*zip(*curve, strict=True), marker="o", color="black")
        panel.set_xscale("log")
        panel.set_xlim(20, 900)
        panel.set_xticks([30, 120, 600], ["30", "120", "600"])
        panel.set_xticks([], minor=True)
        panel.set_title(name.replace("\n", ", "), fontsize=8)
        panel.tick_params(labelsize=7, which="both")
        if not METRICS[name.split("\n")[1]].greater_is_better:
            panel.invert_yaxis()
    figure.supxlabel("seconds", fontsize=8)
    figure.savefig(path, dpi=80, metadata={"Software": None})


def say(row: dict[str, str]) -> None:
    """Print a line at once."""
    cells = (
        row[name].ljust(width) for name, width in zip(COLUMNS, WIDTHS, strict=True)
    )
    sys.stdout.write("".join(cells).rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
