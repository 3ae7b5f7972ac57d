"""Write the breast-cancer competition from the data that scikit-learn carries.

Is a tumour malignant? 30 measurements of the cell nuclei of 569 biopsies (the
Wisconsin diagnostic data of Wolberg, Street and Mangasarian, 1995).

Run ``python prepare.py``; it needs no network and gives the same bytes each time.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

TEST_SHARE = 0.3
SEED = 0


def collect():
    """Return all rows in a shuffled order, the answer in the last column."""
    data = load_breast_cancer(as_frame=True)
    table = data.frame.rename(columns=lambda name: name.replace(" ", "_"))
    # scikit-learn's 0 stands for malignant; a competition asks for the finding.
    table["malignant"] = 1 - table.pop("target")
    order = np.random.default_rng(SEED).permutation(len(table))
    table = table.iloc[order].reset_index(drop=True)
    table.insert(0, "id", [f"b{row:03d}" for row in range(len(table))])
    return table


def write(folder, train, test):
    """Write the four files of the competition."""
    solution = test[["id", "malignant"]]
    files = {
        "train": train,
        "test": test.drop(columns="malignant"),
        "sample_submission": solution.assign(malignant=0.5),
        "solution": solution,
    }
    for name, frame in files.items():
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def main():
    """Write the competition's files beside this one, or into --output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    table = collect()
    n_test = round(TEST_SHARE * len(table))
    test, train = table[:n_test], table[n_test:]
    write(folder, train, test)
    sys.stdout.write(f"{folder}: {len(train)} training and {len(test)} test rows\n")


if __name__ == "__main__":
    main()
