"""The kit beside other systems on the same folders, in the same time.

    python benchmarks/duel.py FOLDER ... --limit 240 --peers autogluon lightautoml tfidf
        --environments autogluon=/path/to/python lightautoml=/path/to/python

The kit's run is the command line's own, `submit FOLDER --time-limit`, timed from the
start of its process to its exit. `tfidf` (TF-IDF of all texts with a linear model) is
fitted here, without a limit; other peers in environments of their own, by
`duel_peers.py`, which needs nothing of the kit. Every folder holds train.csv, test.csv,
sample_submission.csv and solution.csv, which is read after all predictions are there;
meta.json may name the metric. A ratio is the kit's error over the peer's, of 1 - score
where more is better: below 1 the kit is ahead. The last lines are geometric means.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from folders import read_folder
from time_limits import measure

from competitions import by_tfidf
from ensemble_kit.competition import Competition, score_submission, write_submission

HERE, TFIDF = Path(__file__).parent, "tfidf"
HEADER = ("folder", "metric", "system", "score", "ratio", "seconds")
WIDTHS = (23, 9, 12, 10, 7, 7)


def main() -> None:
    """Print the table, a line as soon as it is known."""
    arguments = read_arguments()
    warnings.simplefilter("ignore")
    say(HEADER)
    ratios: dict[str, list[float]] = {peer: [] for peer in arguments.peers}
    for folder in arguments.folders:
        own = measure(folder, arguments.limit)
        say((folder.name, own["metric"], "kit", own["score"], "", own["seconds"]))
        competition = read_folder(folder)
        for peer in arguments.peers:
            python = arguments.environments.get(peer)
            score, seconds = duel(peer, python, folder, competition, arguments.limit)
            ratio = ratio_of(float(own["score"]), score, competition)
            if math.isfinite(ratio):
                ratios[peer].append(ratio)
            cells = (f"{score:.5g}", f"{ratio:.3f}", f"{seconds:.1f}")
            say((folder.name, own["metric"], peer, *cells))
    for peer, found in ratios.items():
        if found:
            mean = math.exp(sum(map(math.log, found)) / len(found))
            say(("geometric mean", "", peer, "", f"{mean:.3f}", f"of {len(found)}"))


def read_arguments() -> argparse.Namespace:
    """Return the folders, peers and pythons of a command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, default=240)
    parser.add_argument("--peers", type=one_or_more, nargs="+", default=[[TFIDF]])
    parser.add_argument("--environments", nargs="*", default=[], metavar="PEER=PYTHON")
    arguments = parser.parse_args()
    arguments.peers = [peer for peers in arguments.peers for peer in peers]
    pairs = [pair.partition("=")[::2] for pair in arguments.environments]
    arguments.environments = dict(pairs)
    lost = set(arguments.peers) - {TFIDF} - arguments.environments.keys()
    if lost:
        parser.error(f"--environments: no python for {', '.join(sorted(lost))}")
    return arguments


def one_or_more(names: str) -> list[str]:
    """Return names with commas between them."""
    return names.split(",")


def duel(
    peer: str, python: str | None, folder: Path, competition: Competition, limit: int
) -> tuple[float, float]:
    """Return a peer's score on the hidden rows and its seconds; NaN where it failed."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        if python is None:
            found = by_tfidf(competition, place)
            values = None if found is None else found[0]
        else:
            values = by_peer(peer, python, folder, competition, limit, place)
        seconds = time.monotonic() - begin
        if values is None:
            return math.nan, seconds
        path = place / "submission.csv"
        write_submission(competition, values, path, None)
        solution, metric = folder / "solution.csv", competition.metric.name
        return score_submission(path, solution, metric, competition), seconds


def by_peer(
    peer: str,
    python: str,
    folder: Path,
    competition: Competition,
    limit: int,
    scratch: Path,
) -> np.ndarray | None:
    """Return what a peer predicts of the test rows, None where it failed.

    Of shape (n_test_rows, n_outputs): values, or probabilities of the classes in their
    order. A peer that is at work at four times the limit has failed.
    """
    facts: Mapping[str, object] = {
        "folder": str(folder.resolve()),
        "target": competition.target,
        "id": competition.id_column,
        "kind": competition.task.kind,
        "classes": [str(label) for label in competition.task.classes],
        "metric": competition.metric.name,
        "limit": limit,
    }
    command = [python, str(HERE / "duel_peers.py"), peer, json.dumps(facts)]
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=4 * limit, cwd=scratch
        )
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"{peer}: still at work after {4 * limit} s\n")
        return None
    if ended.returncode:
        sys.stderr.write(f"{peer}: {ended.stderr[-500:]}\n")
        return None
    return np.load(scratch / "predictions.npy")


def ratio_of(own: float, other: float, competition: Competition) -> float:
    """Return the kit's error over a peer's."""
    if competition.metric.greater_is_better:
        own, other = 1 - own, 1 - other
    return own / other if other > 0 and own > 0 else math.nan


def say(cells: tuple[str, ...]) -> None:
    """Print a line at once."""
    line = "".join(c.ljust(w) for c, w in zip(cells, WIDTHS, strict=True))
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
