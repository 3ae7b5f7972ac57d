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
        ([*RNG.normal(size=90), *["not available"] * 9], "number"),
        ([f"{v:,}" for v in range(0, 10**6, 7919)] + ["."] * 9, "number"),
        ([*RNG.normal(size=90), *["..", "*", "(missing)"] * 20], "number"),
        ([*range(20), *["other"] * 9] * 4, "category"),
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


DURATIONS = RNG.integers(60, 5 * 86400, 90)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ([f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}" for s in DURATIONS], "x"),
        ([f"{s // 3600}h {s // 60 % 60}m" for s in DURATIONS], "x"),
        ([f"{s // 86400} days" for s in DURATIONS * 20], "x"),
        ([f"{s % 24:02d}:{s % 60:02d}" for s in DURATIONS], "song_length"),
        ([f"{s % 5}:{s // 60 % 60:02d}:{s % 60:02d}" for s in DURATIONS], "finish"),
        ([*(f"PT{s}S" for s in DURATIONS), *["unknown"] * 30], "x"),
    ],
)
def test_spans_of_time_are_numbers(written, name):
    guess = guess_role(column(written, name))
    assert guess.role == "number", guess.reason
    assert "spans of time" in guess.reason


def test_sizes_in_metres_are_no_spans_of_time():
    assert guess_role(column([f"{s} m" for s in DURATIONS])).role != "number"


LONG = [2**60 + k for k in range(400)]


@pytest.mark.parametrize(
    ("values", "name", "role"),
    [
        (RNG.choice(LONG[:40], 400), "x", "category"),
        (RNG.choice(LONG[:10], 400), "x", "category"),
        (
            RNG.choice([-(2**62) - k for k in range(40)], 400),
            "x",
            "category",
        ),
        (RNG.choice([str(2**64 + 7**k) for k in range(1, 20)], 400), "x", "category"),
        (LONG, "x", "drop"),
        (
            [int(v * 10**15) * 10**6 for v in np.exp(RNG.normal(0, 3, 400))],
            "x",
            "number",
        ),
        ([16 * 10**17 + 10**12 * k for k in range(99)], "timestamp", "datetime"),
        ([f"{v:.3e}" for v in np.exp(RNG.normal(60, 3, 400))], "x", "number"),
    ],
)
def test_whole_numbers_beyond_floats_are_codes(values, name, role):
    guess = guess_role(column(values, name))
    assert guess.role == role, guess.reason


def token_lists(n_tokens, names, mark=" "):
    return [mark.join(RNG.choice(names, n_tokens)) for _ in range(200)]


@pytest.mark.parametrize(
    "lists",
    [
        token_lists(12, [str(k) for k in range(60)]),
        token_lists(12, [str(k) for k in range(100, 160)]),
        token_lists(5, [str(k) for k in range(100, 160)], ","),
        token_lists(4, [str(k) for k in range(60)], ", "),
        token_lists(4, list("abcdefghi"), ", "),
        token_lists(3, [f"A{k}" for k in range(60)], "|"),
        token_lists(6, [f"{k:04x}" for k in range(4096, 4190)]),
    ],
)
def test_cells_of_many_words_are_texts_whatever_their_characters(lists):
    guess = guess_role(column(lists))
    assert guess.role == "text", guess.reason


ITEMS = [str(k) for k in np.random.default_rng(1).choice(range(101, 999), 40)]


def some_items(least, most, mark, n_rows=200):
    rng = np.random.default_rng(2)
    sizes = rng.integers(least, most + 1, n_rows)
    return [mark.join(rng.choice(ITEMS, size, replace=False)) for size in sizes]


@pytest.mark.parametrize("mark", [",", " "])
@pytest.mark.parametrize("sizes", [(2, 2), (3, 3), (1, 4), (2, 7)])
def test_lists_of_three_digits_are_no_thousands(mark, sizes):
    guess = guess_role(column(some_items(*sizes, mark)))
    assert guess.role == "text", guess.reason


def test_a_few_lists_of_three_digits_are_categories():
    lists = some_items(1, 3, ",", n_rows=12)
    assert guess_role(column(lists * 30)).role == "category"


@pytest.mark.parametrize("last", ["000", "500", "900", "990"])
def test_prices_of_six_digits_are_no_lists(last):
    rng = np.random.default_rng(3)
    cells = [f"{k},{last}" for k in rng.integers(100, 999, 200)]
    assert guess_role(column(cells)).role == "number"
    cells = [f"{k:,}" for k in rng.integers(100_000, 999_999, 200)]
    assert guess_role(column(cells)).role == "number"


@pytest.mark.parametrize("codes", [["7", "07", "12"], ["1e5", "10e4", "3e1"]])
def test_one_number_written_apart_is_two_codes(codes):
    assert guess_role(column(codes * 40)).role == "category"
    assert guess_role(column(["1", "1.0", "2.5"] * 40)).role == "number"


def test_whole_numbers_filled_up_with_zeros_are_codes():
    rng = np.random.default_rng(4)
    codes = [f"{k:04}" for k in rng.choice(range(20, 920), 12, replace=False)]
    assert guess_role(column(rng.choice(codes, 200))).role == "category"
    days = [f"{k:03}" for k in rng.integers(1, 367, 3000)]
    assert guess_role(column(days)).role == "number"
    assert guess_role(column([f"{k:02}" for k in range(24)] * 9)).role == "number"


@pytest.mark.parametrize("mark", [" ", ","])
def test_numbers_with_thousands_marks_are_no_lists(mark):
    amounts = np.exp(RNG.normal(22, 4, 300)).astype(int)
    cells = [f"{amount:,}".replace(",", mark) for amount in amounts]
    assert guess_role(column(cells)).role == "number"


def test_every_guess_has_a_reason():
    assert (
        "numbers; 5 other cells"
        in guess_role(column([*range(995), *["?!"] * 5])).reason
    )


@pytest.mark.parametrize(
    ("form", "n_rows", "name", "role"),
    [
        ("%y%m%d", 90, "x", "datetime"),
        ("%Y%m", 90, "x", "datetime"),
        ("%d%m%y", 9, "saleDate", "datetime"),
        ("%d%m%y", 9, "x", "number"),
        ("excel", 90, "order_date", "datetime"),
        ("excel", 90, "candidate", "number"),
        ("excel", 90, "updates", "number"),
    ],
)
def test_numbers_are_dates_where_name_or_values_make_it_certain(
    form, n_rows, name, role
):
    days = np.random.default_rng(5).integers(38000, 42000, n_rows)
    moments = pd.Timestamp("1899-12-30") + pd.to_timedelta(days, "D")
    written = days if form == "excel" else moments.strftime(form)
    assert guess_role(column(written, name)).role == role
