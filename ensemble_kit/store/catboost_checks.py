"""Models in CatBoost's own format, proved to stay inside their arrays.

The library proves the outer structure alone. What its evaluation takes as places in
arrays is checked here: splits, steps from node to node, leaves, features, and the
tables of category statistics. The layout is that of ``model.fbs``, ``ctr_data.fbs``
and ``features.fbs`` of the library.
"""

import struct

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.store.flatbuffers import FlatTable

MAGIC = b"CBM1"
FORMAT = b"FlabuffersModel_v1"
STATISTICS, TEXTS = b"static_provider_v1", b"text_process_v2"
MAX_DEPTH = 31
MAX_OUTPUTS = 100_000
EMPTY = 2**64 - 1
BUCKET = np.dtype([("hash", "<u8"), ("place", "<u4")])
# The kinds of statistics: counts of each class, sums with counts, plain counts.
BY_CLASS, SUMS, COUNTS = (0, 1), (2, 3), (4, 5)


def check_catboost(data: bytes) -> None:
    """Raise ValueError unless a model in the format "cbm" stays inside its arrays.

    Of texts the library makes features by tables of its own, which are not proved.
    """
    if data[:4] != MAGIC or len(data) < 8:
        raise ValueError("it is no model of CatBoost")
    size = struct.unpack_from("<I", data, 4)[0]
    if size > len(data) - 8:
        raise ValueError("the model is shorter than it says")
    model = FlatTable.root(data[8 : 8 + size])
    if model.text(0) != FORMAT:
        raise ValueError("it is in another format of CatBoost")
    trees, parts = model.table(1), [part.rstrip(b"\0") for part in model.texts(3)]
    if unknown := set(parts) - {STATISTICS, TEXTS}:
        raise ValueError(f"it has a part {unknown.pop()[:40]!r}")
    if trees is None:
        raise ValueError("it has no trees")
    _check_features(trees)
    _check_trees(trees)
    rest = data[8 + size :]
    if parts and parts[0] == STATISTICS:
        rest = _check_statistics(trees, rest)
    elif trees.tables(7):
        raise ValueError("its statistics of categories are not there")
    if rest and TEXTS not in parts:
        raise ValueError("something follows the model")


def _check_features(trees: FlatTable) -> None:
    """Check that every feature is one of those that the model counts."""
    categories, numbers, texts = (trees.tables(field) for field in (4, 5, 12))
    # A number says first whether it has gaps.
    kinds = ((categories, 0), (numbers, 1), (texts, 0))
    places = [int(f.number(at + 1, "i", -1)) for kind, at in kinds for f in kind]
    _within(places, len(places), "a feature's place")
    if len(set(places)) < len(places):
        raise ValueError("two features have one place")
    for kind, at in kinds:
        own = [int(f.number(at, "i", -1)) for f in kind]
        _within(own, len(kind), "a feature's number")
    one_hot = [int(f.number(0, "i", -1)) for f in trees.tables(6)]
    _within(one_hot, len(categories), "a category's number")
    sources = [int(f.number(0, "i", -1)) for f in trees.tables(13)]
    _within(sources, len(texts), "a text's number")
    for feature in trees.tables(7):
        _check_base(_inner(_inner(feature, 0), 0), trees)


def _check_base(base: FlatTable, trees: FlatTable) -> int:
    """Check what a statistic is made of; return its kind."""
    n_categories, n_numbers = len(trees.tables(4)), len(trees.tables(5))
    combination = _inner(base, 0)
    _within(combination.array(0, "i4"), n_categories, "a category's number")
    splits = combination.array(1, "u8").view("<i4")[::2]
    _within(splits, n_numbers, "a number's place")
    splits = combination.array(2, "u8").view("<i4")[::2]
    _within(splits, n_categories, "a category's number")
    kind = int(base.number(1, "b"))
    if kind not in (*BY_CLASS, *SUMS, *COUNTS):
        raise ValueError(f"statistics of the kind {kind}")
    return kind


def _check_trees(trees: FlatTable) -> None:
    """Check that splits, steps and leaves are there."""
    n_outputs = int(trees.number(0, "i"))
    splits, sizes, starts = (trees.array(field, "i4") for field in (1, 2, 3))
    values = trees.array(8, "f8")
    if not 1 <= n_outputs <= MAX_OUTPUTS or len(values) % n_outputs:
        raise ValueError(f"{len(values):,} leaves for {n_outputs} outputs")
    if (sizes < 0).any() or int(sizes.sum()) != len(splits):
        raise ValueError("its trees have other splits than it holds")
    if not np.array_equal(np.cumsum(sizes) - sizes, starts):
        raise ValueError("its trees begin elsewhere")
    _within(splits, _n_conditions(trees), "a split")
    steps = trees.array(10, "u4").view("<u2").reshape(-1, 2)
    if len(steps):
        leaves = trees.array(11, "u4")
        _check_steps(steps, leaves, sizes, len(values), n_outputs)
        return
    if len(sizes) and sizes.max() > MAX_DEPTH:
        raise ValueError(f"a tree is {sizes.max()} levels deep")
    if sum(1 << int(size) for size in sizes) * n_outputs != len(values):
        raise ValueError("its trees have other leaves than it holds")


def _n_conditions(trees: FlatTable) -> int:
    """Return how many conditions a split may be of."""
    borders = [len(feature.array(3, "f4")) for feature in trees.tables(5)]
    borders += [len(feature.array(1, "i4")) for feature in trees.tables(6)]
    borders += [len(feature.array(1, "f4")) for feature in trees.tables(7)]
    borders += [len(feature.array(3, "f4")) for feature in trees.tables(13)]
    return sum(borders)


def _check_steps(
    steps: NDArray[np.uint16],
    leaves: NDArray[np.uint32],
    sizes: NDArray[np.int32],
    n_values: int,
    n_outputs: int,
) -> None:
    """Check that every step stays in its tree, and that where it ends is a leaf."""
    if not len(steps) == len(leaves) == int(sizes.sum()):
        raise ValueError("its nodes and its leaves do not belong together")
    ends = np.repeat(np.cumsum(sizes), sizes)
    beyond = np.arange(len(steps))[:, None] + steps >= ends[:, None]
    if (beyond & (steps > 0)).any():
        raise ValueError("a step leads out of its tree")
    values_at = leaves[(steps == 0).any(axis=1)].astype(np.int64)
    if (values_at + n_outputs > n_values).any():
        raise ValueError("a leaf is not there")


def _check_statistics(trees: FlatTable, data: bytes) -> bytes:
    """Check the tables of category statistics; return what follows them."""
    classes: list[tuple[int, int]] = []
    count, data = _size(data)
    for _ in range(count):
        size, data = _size(data)
        if size > len(data):
            raise ValueError("a table of statistics is shorter than it says")
        classes.append(_check_table(FlatTable.root(data[:size]), trees))
        data = data[size:]
    for feature in trees.tables(7):
        statistic = _inner(feature, 0)
        kind = int(_inner(statistic, 0).number(1, "b"))
        fewest = min((n for k, n in classes if k == kind), default=0)
        if kind in BY_CLASS:
            _within([statistic.number(1, "i")], fewest, "a class")
    return data


def _check_table(table: FlatTable, trees: FlatTable) -> tuple[int, int]:
    """Check one table: it ends a search, and what it finds is there.

    Returns
    -------
    tuple of int
        Its kind of statistics, and how many classes it counts.
    """
    kind = _check_base(_inner(table, 0), trees)
    raw, blob = table.array(1, "u1"), table.array(2, "u1")
    n_buckets, rest = divmod(len(raw), BUCKET.itemsize)
    if rest or n_buckets == 0 or n_buckets & (n_buckets - 1):
        raise ValueError("a table of statistics has an odd size")
    buckets = np.frombuffer(raw.tobytes(), BUCKET)
    used = buckets["hash"] != EMPTY
    if used.all():
        raise ValueError("a search in a table of statistics would not end")
    widths = {**dict.fromkeys(SUMS, 8), **dict.fromkeys(COUNTS, 4)}
    n_classes = max(0, int(table.number(4, "i")))
    widths |= dict.fromkeys(BY_CLASS, 4 * n_classes)
    if not widths[kind]:
        raise ValueError("a table of statistics counts no class")
    _within(buckets["place"][used], len(blob) // widths[kind], "a statistic")
    return kind, n_classes


def _size(data: bytes) -> tuple[int, bytes]:
    if len(data) < 4:
        raise ValueError("its statistics of categories are not there")
    return struct.unpack_from("<I", data)[0], data[4:]


def _inner(table: FlatTable, field: int) -> FlatTable:
    inner = table.table(field)
    if inner is None:
        raise ValueError("a table lacks a part")
    return inner


def _within(places: "NDArray[np.generic] | list[int]", n: int, what: str) -> None:
    """Raise unless places are from 0 to n - 1."""
    indices = np.asarray(places, dtype=np.int64)
    if len(indices) and not (indices.min() >= 0 and indices.max() < n):
        raise ValueError(f"{what} is out of range")
