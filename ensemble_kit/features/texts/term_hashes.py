"""Terms as code points and 64-bit hashes, computed for all of them at once.

A term is identified by the hash of its characters, so that two counts made apart
agree on columns without a dictionary. The hash is a polynomial modulo 2**64 over
scrambled code points; with ten million distinct terms the chance that any two
share a hash is about 3e-6.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

UInt64 = NDArray[np.uint64]
Int64 = NDArray[np.int64]

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 2**64)


def code_points(strings: Sequence[str]) -> tuple[NDArray[np.uint32], Int64]:
    """Return the strings' code points, end to end, and the n + 1 offsets.

    Examples
    --------
    >>> points, offsets = code_points(["ab", "", "ж"])
    >>> points.tolist(), offsets.tolist()
    ([97, 98, 1078], [0, 2, 2, 3])
    """
    joined = "".join(strings)
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return points, offsets_of(
        np.fromiter(map(len, strings), dtype=np.int64, count=len(strings))
    )


def decode(points: NDArray[np.unsignedinteger], offsets: Int64) -> list[str]:
    """Return the strings that ``code_points`` took apart."""
    joined = points.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    ends = offsets.tolist()
    return [joined[a:b] for a, b in zip(ends[:-1], ends[1:], strict=True)]


def offsets_of(lengths: Int64) -> Int64:
    """Return the n + 1 offsets of n segments laid end to end."""
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))


def gather(
    points: NDArray[np.unsignedinteger], starts: Int64, lengths: Int64
) -> tuple[NDArray[np.unsignedinteger], Int64]:
    """Return the segments ``points[start : start + length]`` and their offsets."""
    offsets = offsets_of(lengths)
    shift = np.repeat(starts - offsets[:-1], lengths)
    return points[np.arange(offsets[-1]) + shift], offsets


def narrow(points: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    """Return code points in the smallest unsigned type that holds them."""
    top = int(points.max()) if len(points) else 0
    return points.astype(np.min_scalar_type(top))


class SegmentHashes:
    """Hashes of any segments of one buffer of code points.

    The hash of a segment does not depend on where it lies, nor on the buffer.
    """

    def __init__(self, points: NDArray[np.unsignedinteger]):
        powers = _powers(_BASE, len(points))
        self._sums = np.zeros(len(points) + 1, dtype=np.uint64)
        np.cumsum(_scramble(points) * powers[:-1], out=self._sums[1:])
        self._inverse_powers = _powers(_INVERSE, len(points))

    def __call__(self, starts: Int64, ends: Int64) -> UInt64:
        """Return the hashes of the segments ``starts[i]`` to ``ends[i]``."""
        difference = self._sums[ends] - self._sums[starts]
        return difference * self._inverse_powers[starts]


def hash_segments(points: NDArray[np.unsignedinteger], offsets: Int64) -> UInt64:
    """Return the hash of every segment between consecutive offsets."""
    return SegmentHashes(points)(offsets[:-1], offsets[1:])


def hash_rows(rows: NDArray[np.unsignedinteger]) -> UInt64:
    """Return the hash of each row, as if it were a segment of a buffer.

    Examples
    --------
    >>> rows = np.array([[97, 98], [98, 97]], dtype=np.uint32)
    >>> bool((hash_rows(rows) == hash_strings(["ab", "ba"])).all())
    True
    """
    hashes = np.zeros(len(rows), dtype=np.uint64)
    for column, power in zip(rows.T, _powers(_BASE, rows.shape[1]), strict=False):
        hashes += _scramble(column) * power
    return hashes


def hash_strings(strings: Sequence[str]) -> UInt64:
    """Return one hash per string, the same in every process."""
    return hash_segments(*code_points(strings))


def positions(wanted: UInt64, among: UInt64) -> Int64:
    """Return where each wanted hash lies among ascending hashes, or -1."""
    if not len(among):
        return np.full(len(wanted), -1)
    places = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
    return np.where(among[places] == wanted, places, -1)


def _powers(base: int, count: int) -> UInt64:
    """Return base**0 to base**count modulo 2**64."""
    factors = np.full(count + 1, base, dtype=np.uint64)
    factors[0] = 1
    return np.cumprod(factors)


def _scramble(points: NDArray[np.unsignedinteger]) -> UInt64:
    """Return splitmix64 of the code points, so that near letters hash far apart."""
    z = (points.astype(np.uint64) + np.uint64(1)) * np.uint64(_BASE)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
