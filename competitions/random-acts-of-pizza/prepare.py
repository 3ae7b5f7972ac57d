"""Write train.csv and test.csv from the competition's JSON files.

Run ``python prepare.py`` after the download; ``train.json`` and ``test.json`` may
also still be zipped (``train.json.zip``).
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

TARGET = "requester_received_pizza"
SUBREDDITS = "requester_subreddits_at_request"


def read(folder, name):
    """Return the records of name.json, or of name.json.zip, as a table."""
    found = [folder / f"{name}.json", folder / f"{name}.json.zip"]
    path = next((path for path in found if path.exists()), None)
    if path is None:
        sys.exit(f"neither {found[0]} nor {found[1].name} is there; download it first")
    # Timestamps stay the numbers that they are.
    table = pd.read_json(path, convert_dates=False, dtype={"request_id": str})
    table[SUBREDDITS] = table[SUBREDDITS].str.join(" ")
    return table


def main():
    """Write both tables beside this file, or into --output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    folder = parser.parse_args().output
    train, test = read(folder, "train"), read(folder, "test")
    # Whatever the test file lacks was recorded after the outcome.
    train = train[[*test.columns, TARGET]].astype({TARGET: int})
    for name, table in {"train": train, "test": test}.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    sys.stdout.write(f"{folder}: {len(train)} training and {len(test)} test rows\n")


if __name__ == "__main__":
    main()
