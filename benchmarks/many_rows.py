"""What a run with a time limit finishes where a table has many rows.

    python benchmarks/many_rows.py [--rows 1000000] [--limit 240]

The made competition of `loading.py`, 30 columns and a binary target, through the
command line's own `submit --time-limit`: which members and blends were finished, the
AUC out of fold and of the test rows, of which the best possible is known, and the
processor's seconds, since the limit is one of the clock and the machine may be busy.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from loading import make_columns, tell
from sklearn.metrics import roc_auc_score

COMMAND = "from ensemble_kit.cli import main; main()"


def main() -> None:
    """Print the figures of one run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--limit", type=int, default=240)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, output = Path(scratch, "made"), Path(scratch, "output")
        folder.mkdir()
        truth, signal = write_competition(folder, arguments.rows)
        seconds, busy = submit(folder, arguments.limit, output)
        report = json.loads(next(output.rglob("report.json")).read_text())
        written = pd.read_csv(next(output.rglob("submission.csv")))["target"]
    tell(f"rows {arguments.rows:,}, limit {arguments.limit} s")
    tell(f"seconds {seconds:.1f}, of processors {busy:.0f}")
    for line in report["leaderboard"]:
        tell(f"level {line['level']} {line['name']}: {line['score']:.4f}")
    tell(f"chosen {report['chosen']}, test AUC {roc_auc_score(truth, written):.4f}")
    tell(f"best possible test AUC {roc_auc_score(truth, signal):.4f}")


def write_competition(folder: Path, n_rows: int) -> tuple["np.ndarray", "np.ndarray"]:
    """Write train and test; return the test's labels and the score behind them."""
    generator = np.random.default_rng(0)
    frame = make_columns(n_rows + n_rows // 10, generator)
    signal = frame["x0"] + frame["x1"] * frame["x2"] + frame["k0"] / 25 - 1
    labels = (signal + generator.normal(size=len(frame)) > 0).astype(int)
    train = frame[:n_rows].assign(target=labels[:n_rows])
    train.to_csv(folder / "train.csv", index_label="id")
    frame[n_rows:].to_csv(folder / "test.csv", index_label="id")
    sample = pd.DataFrame({"id": frame.index[n_rows:], "target": 0.5})
    sample.to_csv(folder / "sample_submission.csv", index=False)
    return labels[n_rows:].to_numpy(), signal[n_rows:].to_numpy()


def submit(folder: Path, limit: int, output: Path) -> tuple[float, float]:
    """Run the command; return its seconds, and those of all its processes."""
    options = ["--time-limit", f"{limit}s", "--seed", "0", "--output", str(output)]
    begin = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", COMMAND, "submit", str(folder), *options],
        check=True,
        capture_output=True,
    )
    seconds, used = (
        time.monotonic() - begin,
        resource.getrusage(resource.RUSAGE_CHILDREN),
    )
    return seconds, used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
