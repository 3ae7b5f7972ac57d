"""Some two hundred ways to write a moment, beside what other readers make of them."""

import re
import warnings
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import cycle, product

import numpy as np
import pandas as pd
import pytest
from dateutil import parser

from ensemble_kit.tables.dates import guess_date_form, parse_dates

RNG = np.random.default_rng(7)
MOMENTS = [
    datetime(2009, 1, 1, tzinfo=UTC) + timedelta(seconds=int(seconds))
    for seconds in RNG.integers(0, 6 * 365 * 86400, 60)
]
FEW = 12
RUSSIAN = "января февраля марта апреля мая июня июля августа сентября октября ноября"
RUSSIAN = [*RUSSIAN.split(), "декабря"]
GERMAN = "Januar Februar März April Mai Juni Juli August September Oktober November"
GERMAN = [*GERMAN.split(), "Dezember"]
FRENCH = "janvier février mars avril mai juin juillet août septembre octobre novembre"
FRENCH = [*FRENCH.split(), "décembre"]
SPANISH = "enero febrero marzo abril mayo junio julio agosto septiembre octubre"
SPANISH = [*SPANISH.split(), "noviembre", "diciembre"]
ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]

DAYS = [
    *(f"{{d}}{mark}{{m}}{mark}{{Y}}" for mark in "./-_"),
    *(f"{{m}}{mark}{{d}}{mark}{{Y}}" for mark in "/-."),
    *(f"{{Y}}{mark}{{m}}{mark}{{d}}" for mark in "-/._"),
    *(f"{{d}}{mark}{{m}}{mark}{{y}}" for mark in "./-"),
    *(f"{{m}}{mark}{{d}}{mark}{{y}}" for mark in "/-."),
    *(f"{{y}}{mark}{{m}}{mark}{{d}}" for mark in "-/."),
    "{d1}.{m1}.{Y}",
    "{m1}/{d1}/{Y}",
    "{m1}/{d1}/{y}",
    "{Y}-{d}-{m}",
    "{d} {b} {Y}",
    "{d1} {B} {Y}",
    "{d}-{b}-{Y}",
    "{d}-{b}-{y}",
    "{d}/{b}/{Y}",
    "{d}{b}{Y}",
    "{b} {d1}, {Y}",
    "{B} {d1}{th}, {Y}",
    "the {d1}{th} of {B} {Y}",
    "{a}, {d} {b} {Y}",
    "{A}, {B} {d1}, {Y}",
    "{Y} {b} {d}",
    "{Y}-{b}-{d}",
    "{d1} {ru} {Y} г.",
    "{d1}. {de} {Y}",
    "{d1} {fr} {Y}",
    "{d1} de {es} de {Y}",
    "{d}.{roman}.{Y}",
    "{Y}年{m}月{d}日",
    "{b}. {d1}, {Y}",
]
CLOCKS = [
    "{H}:{M}",
    "{H}:{M}:{S}",
    "{H1}:{M}",
    "{I}:{M} {p}",
    "{I1}:{M}:{S} {p}",
    "{I1}:{M}{p}",
    "{H}:{M}:{S}.{f}",
    "{H}.{M}",
    "{H}h{M}",
    "{I}:{M} {ampm}",
]
ALONE = [
    "{H}:{M}",
    "{H}:{M}:{S}",
    "{H1}:{M}",
    "{H}:{M}:{S}.{f}",
    "{I}:{M} {p}",
    "{I1}:{M}:{S} {p}",
    "{I1}:{M}{p}",
    "{I1} {p}",
    "{I1}{p}",
    "{I}:{M} {ampm}",
    "{H}h{M}",
    "{H}:{M} Uhr",
]
SPECIAL = [
    "{Y}{m}{d}{H}{M}{S}Z",
    "{Y}{m}{d}T{H}{M}{S}Z",
    "{Y}{m}{d}T{H}{M}{S}",
    "{Y}{m}{d}-{H}{M}{S}",
    "{Y}{m}{d} {H}:{M}",
    "{Y}{m}{d}_{H}{M}",
    "{Y}-{m}-{d}T{H}:{M}:{S}",
    "{Y}-{m}-{d}T{H}:{M}:{S}Z",
    "{Y}-{m}-{d}T{H}:{M}:{S}.{f}Z",
    "{Y}-{m}-{d} {H}:{M}:{S} UTC",
    "{Y}-{m}-{d} {H}:{M}:{S},{f}",
    "{Y}-{m}-{d}T{H}:{M}:{S}+00:00",
    "{Y}-{m}-{d} {H}:{M}:{S}+00",
    "{Y}-{m}-{d}T{H}:{M}:{S}+00:00[Etc/UTC]",
    "{Y}-{m}-{d}-{H}.{M}.{S}",
    "{Y}:{m}:{d} {H}:{M}:{S}",
    "{d}/{b}/{Y}:{H}:{M}:{S} +0000",
    "{d}{b}{Y}:{H}:{M}:{S}",
    "{a} {b} {d} {H}:{M}:{S} {Y}",
    "{a} {b} {d} {H}:{M}:{S} UTC {Y}",
    "{a}, {d} {b} {Y} {H}:{M}:{S} GMT",
    "{A}, {d}-{b}-{y} {H}:{M}:{S} GMT",
    "{a} {b} {d} {Y} {H}:{M}:{S} GMT+0000 (Coordinated Universal Time)",
    "{H}:{M}, {d1} {B} {Y} (UTC)",
    "{H}:{M} {d}.{m}.{Y}",
    "{H}:{M}:{S} {m}/{d}/{Y}",
    "{b} {d} {H}:{M}:{S}",
    "{Y}-{doy}",
    "{Y}-{m}",
    "{m}/{Y}",
    "{b} {Y}",
    "{B} {Y}",
    "{b}-{y}",
    "{G}-W{week}-{weekday}",
    "{B} {d1}, {Y} at {I1}:{M} {p}",
    "({d}.{m}.{Y}, {H}:{M})",
]
MARKED = cycle(CLOCKS)
FORMS = [
    *DAYS,
    *(f"{day} {next(MARKED)}" for day, _ in product(DAYS, range(3))),
    *ALONE,
    *SPECIAL,
]


@cache
def fields_of(moment):
    """Return the parts of a moment by the names that forms use."""
    day, week = moment.day, moment.isocalendar()
    names = {"b", "B", "a", "A", "p", "y", "m", "d", "H", "I", "M", "S", "Y"}
    parts = {name: moment.strftime(f"%{name}") for name in names}
    ordinal = {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day // 10 != 1 else 0, "th")
    return parts | {
        "d1": day,
        "m1": moment.month,
        "H1": moment.hour,
        "I1": int(parts["I"]),
        "f": "250000",
        "th": ordinal,
        "ampm": {"AM": "a.m.", "PM": "p.m."}[parts["p"]],
        "ru": RUSSIAN[moment.month - 1],
        "de": GERMAN[moment.month - 1],
        "fr": FRENCH[moment.month - 1],
        "es": SPANISH[moment.month - 1],
        "roman": ROMAN[moment.month - 1],
        "doy": moment.strftime("%j"),
        "G": week.year,
        "week": f"{week.week:02d}",
        "weekday": week.weekday,
    }


def written(form, moments=MOMENTS):
    """Return moments in one form."""
    cells = [form.format(**fields_of(moment)) for moment in moments]
    return np.array(cells, dtype=object)


def told(form):
    """Return what one form tells of all moments, as a reader would complete it."""
    names = set(re.findall(r"{(\w+)}", form))
    whole = {"doy", "week"} & names
    has_day = whole or {"d", "d1"} & names
    dated = has_day or {"b", "B", "m"} & names
    seconds = {"microsecond": 250000 if "f" in names else 0}
    seconds |= {} if "S" in names else {"second": 0}
    seconds |= {} if "M" in names else {"minute": 0}
    seconds |= {} if {"H", "H1", "I", "I1"} & names else {"hour": 0}
    days = {} if has_day else {"day": 1}
    days |= {} if {"Y", "y", "G"} & names else {"year": 1900}
    days = days if dated else {"year": 1970, "month": 1, "day": 1}
    kept = [moment.replace(tzinfo=None, **seconds, **days) for moment in MOMENTS]
    return np.array(kept, dtype="datetime64[us]")


def read_by_pandas(cells):
    """Return the dates that pandas infers; a time of day is told of today."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dates = pd.to_datetime(pd.Series(cells, dtype=object), errors="coerce")
    dates = pd.to_datetime(dates, utc=True, errors="coerce").dt.tz_localize(None)
    return dates.to_numpy().astype("datetime64[us]")


def read_by_dateutil(cells):
    """Return the dates that dateutil makes of each cell alone."""
    dates = []
    for cell in cells:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                dates.append(parser.parse(cell).replace(tzinfo=None))
        except (ValueError, OverflowError):
            dates.append(None)
    return np.array(dates, dtype="datetime64[us]")


def is_right(dates, form):
    """Return whether all moments are read; times of day on whatever day."""
    wanted = told(form)[:FEW]
    if (wanted < np.datetime64("1970-01-02")).all() and "{b}" not in form:
        dates = dates - dates.astype("datetime64[D]").astype("datetime64[us]")
        wanted = wanted - np.datetime64("1970-01-01")
    return bool((dates == wanted).all())


@pytest.mark.parametrize("form", FORMS)
def test_a_column_in_any_of_two_hundred_forms_is_read_right(form):
    cells = written(form)
    guessed = guess_date_form(cells)
    assert guessed is not None, cells[0]
    np.testing.assert_array_equal(parse_dates(cells, guessed), told(form))


def test_the_two_hundred_forms_are_more_than_other_readers_read():
    right = {
        reader.__name__: sum(
            is_right(reader(written(form, MOMENTS[:FEW])), form) for form in FORMS
        )
        for reader in (read_by_pandas, read_by_dateutil)
    }
    assert len(FORMS) >= 200
    assert all(number < 0.75 * len(FORMS) for number in right.values()), right
