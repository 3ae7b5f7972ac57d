import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.guessing.roles import guess_role

RNG = np.random.default_rng(0)
WORDS = [f"{a}{b}" for a in "bdfgklmnprst" for b in ("al", "eno", "iru", "om", "ush")]


def column(values, name="x"):
    return JointColumn.of(name, pd.Series([str(v) for v in values], dtype="str"), None)


def sentences(n_rows, n_words):
    return [" ".join(RNG.choice(WORDS, n_words)) for _ in range(n_rows)]


@pytest.mark.parametrize(
    ("values", "role"),
    [
        (RNG.normal(size=200), "number"),
        (RNG.integers(0, 500, 900), "number"),
        (RNG.integers(0, 80, 900) * 1000, "number"),
        (np.exp(RNG.normal(8, 2, 900)).astype(int), "number"),
        ([f"{v:,}" for v in RNG.integers(0, 10**6, 300)], "number"),
        (RNG.choice(["True", "False"], 200), "number"),
        ([*RNG.normal(size=990), *["broken"] * 5], "number"),
        (RNG.choice(WORDS, 500), "category"),
        ([f"PC {v}" for v in RNG.integers(0, 400, 500)], "category"),
        (RNG.choice(RNG.integers(10**4, 10**6, 60), 900), "category"),
        (sentences(300, 6), "text"),
        (sentences(300, 2), "text"),
        (RNG.choice(sentences(40, 12), 400), "text"),
        (RNG.choice(sentences(6, 12), 400), "category"),
        (pd.date_range("2020-01-01", periods=90).strftime("%Y-%m-%d"), "datetime"),
        (pd.date_range("2020-01-01", periods=90).strftime("%Y%m%d"), "datetime"),
        (["2020-13-45", *["2020-01-02", "2020-02-03"] * 200], "datetime"),
        ([RNG.bytes(6).hex() for _ in range(200)], "drop"),
        (range(1, 201), "drop"),
        ([5] * 50, "drop"),
        (["", "NA"] * 50, "drop"),
    ],
)
def test_a_column_is_what_its_cells_look_like(values, role):
    guess = guess_role(column(values))
    assert guess.role == role, guess.reason


@pytest.mark.parametrize(
    ("name", "role"), [("shop_id", "category"), ("shopId", "category"), ("x", "number")]
)
def test_a_name_tells_codes_from_amounts(name, role):
    assert guess_role(column(RNG.integers(0, 90, 500), name)).role == role


@pytest.mark.parametrize(
    ("name", "role"), [("created_at", "datetime"), ("timestamp", "datetime")]
)
def test_a_name_tells_seconds_from_amounts(name, role):
    seconds = RNG.integers(1_400_000_000, 1_500_000_000, 300)
    assert guess_role(column(seconds, name)).role == role
    assert guess_role(column(seconds, "x")).role == "number"


@pytest.mark.parametrize(
    "form",
    ["%H:%M", "%I:%M %p", "%d.%m.%y %H:%M", "%Y%m%d%H%M%SZ", "%Y%m%d%H%M%S", "%d%b%Y"],
)
def test_dates_and_times_of_day_are_no_identifiers(form):
    moments = pd.Timestamp("2020-01-01") + pd.to_timedelta(RNG.random(90) * 900, "D")
    assert guess_role(column(moments.strftime(form))).role == "datetime"


def test_every_guess_has_a_reason():
    assert (
        "numbers; 5 other cells"
        in guess_role(column([*range(995), *["?!"] * 5])).reason
    )
