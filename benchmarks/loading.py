"""What loading a large competition takes, beside what reads the same files plainly.

    python benchmarks/loading.py [--rows 100000 1000000]

A made competition (20 columns of decimals, 5 of whole numbers, 5 of categories, an id),
one process for each reader, CPU seconds and the largest memory of each:

pyarrow   pyarrow.csv, columns typed by it, as a pandas frame
pandas    pandas.read_csv, columns typed by it
kit       load_competition: every check and guess, cells told apart as written
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

READERS = ("pyarrow", "pandas", "kit")
FILES = ("train.csv", "test.csv")


def main() -> None:
    """Print a table, or read one folder with one reader (in a process of its own)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--read", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        return measure(*arguments.read)
    tell("| rows | MB | reader | CPU seconds | times pyarrow | GB |")
    tell("|---:|---:|---|---:|---:|---:|")
    for n_rows in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            compare(Path(folder), n_rows)
    return None


def tell(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def compare(folder: Path, n_rows: int) -> None:
    """Print the rows of the table for one number of training rows."""
    write_competition(folder, n_rows)
    size = sum((folder / name).stat().st_size for name in FILES) / 1e6
    first = None
    for reader in READERS:
        command = [sys.executable, __file__, "--read", reader, str(folder)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds, gigabytes = map(float, printed.stdout.split())
        first = first or seconds
        told = f"{seconds:.1f} | {seconds / first:.1f} | {gigabytes:.2f}"
        tell(f"| {n_rows:,} | {size:.0f} | {reader} | {told} |")


def measure(reader: str, folder: str) -> None:
    """Print the CPU seconds and the gigabytes that one reader takes for a folder."""
    read = {"pyarrow": read_by_arrow, "pandas": read_by_pandas, "kit": read_by_kit}
    importing = read[reader](None)
    begin = time.process_time()
    kept = read[reader](Path(folder))
    seconds = time.process_time() - begin
    del importing, kept
    tell(f"{seconds} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}")


def read_by_arrow(folder: Path | None) -> object:
    """Return both tables as pyarrow reads them; without a folder, import alone."""
    from pyarrow import csv

    return folder and [csv.read_csv(folder / name).to_pandas() for name in FILES]


def read_by_pandas(folder: Path | None) -> object:
    """Return both tables as pandas reads them."""
    return folder and [pd.read_csv(folder / name) for name in FILES]


def read_by_kit(folder: Path | None) -> object:
    """Return the competition."""
    from ensemble_kit.competition.loading import load_competition

    return folder and load_competition(folder)


def write_competition(folder: Path, n_rows: int) -> None:
    """Write train, a test of a tenth of its rows, and a sample."""
    generator = np.random.default_rng(0)
    train, test = (make_columns(n, generator) for n in (n_rows, n_rows // 10))
    signal = train["x0"] + train["x1"] * train["x2"] + train["k0"] / 25 - 1
    train["target"] = (signal + generator.normal(size=n_rows) > 0).astype(int)
    train.to_csv(folder / "train.csv", index_label="id")
    test.index += n_rows
    test.to_csv(folder / "test.csv", index_label="id")
    sample = pd.DataFrame({"target": 0.5}, index=test.index)
    sample.to_csv(folder / "sample_submission.csv", index_label="id")


def make_columns(n_rows: int, generator: np.random.Generator) -> pd.DataFrame:
    """Return decimals, whole numbers and categories of up to 2,560 levels."""
    columns = {f"x{k}": generator.normal(size=n_rows).round(4) for k in range(20)}
    columns |= {f"k{k}": generator.integers(0, 50 + 200 * k, n_rows) for k in range(5)}
    for k in range(5):
        levels = np.array([f"level {level}" for level in range(10 * 4**k)])
        columns[f"c{k}"] = levels[generator.integers(0, len(levels), n_rows)]
    return pd.DataFrame(columns)


if __name__ == "__main__":
    main()
