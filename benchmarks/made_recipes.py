"""A made competition of recipes: lists of ingredients, and the kitchen they are from.

    python benchmarks/made_recipes.py FOLDER [--rows 6000] [--kitchens 12] [--seed 0]

An ingredient is one to four words of a common stock ("salt", "fresh lemon juice"). A
kitchen likes some words and, apart from that, some ingredients as wholes: the mean of
normal draws for an ingredient's words, and one of deviation 0.6 for itself. A recipe
draws its ingredients by what its kitchen likes, frequent ones before rare ones.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

N_WORDS, N_INGREDIENTS, N_TEST = 300, 1200, 1000


def main(arguments: Sequence[str] | None = None) -> None:
    """Write train.csv, test.csv and sample_submission.csv."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--kitchens", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    rows = recipes(chosen.rows + N_TEST, chosen.kitchens, chosen.seed)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    train, test = rows[: chosen.rows], rows[chosen.rows :]
    train.to_csv(chosen.folder / "train.csv", index=False)
    test.drop(columns="cuisine").to_csv(chosen.folder / "test.csv", index=False)
    sample = test[["id"]].assign(cuisine=train["cuisine"].mode()[0])
    sample.to_csv(chosen.folder / "sample_submission.csv", index=False)


def recipes(n_rows: int, n_kitchens: int, seed: int) -> pd.DataFrame:
    """Return rows of id, ingredients and cuisine."""
    rng = np.random.default_rng(seed)
    stock = words(rng)
    parts = [
        rng.choice(N_WORDS, size, replace=False)
        for size in rng.choice([1, 2, 3, 4], N_INGREDIENTS, p=[0.25, 0.4, 0.25, 0.1])
    ]
    names = np.array([" ".join(stock[part]) for part in parts], dtype=object)
    of_words = rng.normal(size=(n_kitchens, N_WORDS))
    liked = np.array([[row[part].mean() for part in parts] for row in of_words])
    liked += 0.6 * rng.normal(size=liked.shape)
    liked -= np.log1p(np.arange(N_INGREDIENTS))
    kitchens = rng.integers(n_kitchens, size=n_rows)
    return pd.DataFrame(
        {
            "id": np.arange(n_rows),
            "ingredients": [listed(names, liked[k], rng) for k in kitchens],
            "cuisine": [f"kitchen {k}" for k in kitchens],
        }
    )


def words(rng: np.random.Generator) -> np.ndarray:
    """Return made words, all different."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    found: dict[str, None] = {}
    while len(found) < N_WORDS:
        found["".join(rng.choice(syllables, rng.integers(2, 4)))] = None
    return np.array(list(found), dtype=object)


def listed(names: np.ndarray, liked: np.ndarray, rng: np.random.Generator) -> str:
    """Return the ingredients of one recipe, drawn without replacement."""
    keys = liked + rng.gumbel(size=len(liked))
    return ", ".join(names[np.argsort(-keys)[: rng.integers(4, 14)]])


if __name__ == "__main__":
    main()
