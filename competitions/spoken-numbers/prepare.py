"""Write the demo "spoken-numbers": what was said, as it is written in marks.

Numbers, dates, money and phone numbers in words, English and Russian, and names, which
stay as they are. The words are those of the library num2words.

Run ``python prepare.py``; the same installed version gives the same bytes.
"""

import argparse
import calendar
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from num2words import num2words

N_TRAIN, N_TEST = 4000, 1000
SEED = 0
MONTHS = {
    "en": calendar.month_name[1:],
    "ru": ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа"]
    + ["сентября", "октября", "ноября", "декабря"],
}
MONEY = {
    ("en", "USD"): "${}",
    ("en", "EUR"): "€{}",
    ("ru", "RUB"): "{} ₽",
    ("ru", "EUR"): "{} €",
}
SYLLABLES = {
    "en": "al be cor dan el fer gor hol in jas ken lor mar nor os per ron sel tor vin",
    "ru": "ан бо вас гри да ев зо ир ков ле ма ни ол пет ро са тим ус фё ша",
}


def number(rng, language):
    """Return a whole number, those of all lengths as often."""
    value = int(10 ** rng.uniform(0, 7))
    mark = "," if language == "en" else " "
    written = f"{value:,}".replace(",", mark) if value > 9999 else str(value)
    return num2words(value, lang=language), written


def date(rng, language):
    """Return a day of the last two centuries."""
    year, month = int(rng.integers(1830, 2030)), int(rng.integers(1, 13))
    day = int(rng.integers(1, calendar.monthrange(year, month)[1] + 1))
    name = MONTHS[language][month - 1]
    if language == "ru":
        said = num2words(day, lang="ru", to="ordinal", gender="n")
        when = num2words(year, lang="ru", to="ordinal", case="genitive")
        return f"{said} {name} {when} года", f"{day:02d}.{month:02d}.{year}"
    said = num2words(day, to="ordinal")
    when = num2words(year, to="year")
    first = f"the {said} of {name}" if rng.random() < 0.5 else f"{name} {said}"
    return f"{first} {when}", f"{year}-{month:02d}-{day:02d}"


def money(rng, language):
    """Return an amount of two currencies of each language."""
    value = round(float(10 ** rng.uniform(0, 4)), 2)
    pairs = [pair for pair in MONEY if pair[0] == language]
    pair = pairs[rng.integers(len(pairs))]
    said = num2words(value, lang=language, to="currency", currency=pair[1])
    written = f"{value:.2f}" if language == "en" else f"{value:.2f}".replace(".", ",")
    return said, MONEY[pair].format(written)


def phone(rng, language):
    """Return a phone number, digit by digit or by groups, as it is said."""
    if language == "en":
        digits = rng.integers(0, 10, 7)
        words = [num2words(int(d)) if d else "oh" for d in digits]
        written = "".join(map(str, digits))
        return " ".join(words), f"{written[:3]}-{written[3:]}"
    groups = [int(rng.integers(900, 1000)), int(rng.integers(100, 1000))]
    groups += [int(pair) for pair in rng.integers(10, 100, 2)]
    said = " ".join(num2words(group, lang="ru") for group in (8, *groups))
    return said, "8 {} {}-{}-{}".format(*groups)


def person(rng, language):
    """Return a name that nobody has, which is written as it is said."""
    parts = SYLLABLES[language].split()
    words = ["".join(rng.choice(parts, size=rng.integers(2, 4))) for _ in range(2)]
    name = " ".join(word.capitalize() for word in words)
    return name, name


KINDS = {number: 0.25, date: 0.25, money: 0.25, phone: 0.15, person: 0.1}


def collect():
    """Return rows, each text once."""
    rng = np.random.default_rng(SEED)
    kinds, shares = list(KINDS), list(KINDS.values())
    rows = {}
    while len(rows) < N_TRAIN + N_TEST:
        kind = kinds[rng.choice(len(kinds), p=shares)]
        spoken, written = kind(rng, ("en", "ru")[rng.integers(2)])
        rows[spoken] = written
    table = pd.DataFrame({"spoken": list(rows), "written": list(rows.values())})
    table.insert(0, "id", [f"s{row:05d}" for row in range(len(table))])
    return table


def write(folder, train, test):
    """Write the four files of the competition."""
    files = {
        "train": train,
        "test": test[["id", "spoken"]],
        "sample_submission": test[["id"]].assign(written="?"),
        "solution": test[["id", "written"]],
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
    train, test = table[:N_TRAIN], table[N_TRAIN:]
    write(folder, train, test)
    sys.stdout.write(f"{folder}: {len(train)} training and {len(test)} test rows\n")


if __name__ == "__main__":
    main()
