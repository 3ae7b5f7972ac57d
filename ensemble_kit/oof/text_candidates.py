"""Texts that members would write for each row: the hub between the levels.

A member's prediction is no number but a few texts with chances. They are kept as one
table of different texts, and numbers of its lines by row, member and rank.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NONE = -1  # where a member has fewer texts than others
Found = Sequence[Sequence[tuple[str, float]]]


@dataclass(frozen=True)
class TextCandidates:
    """Texts and their chances, by row and member.

    Parameters
    ----------
    members : tuple of str
    texts : tuple of str
        Every text once.
    lines : ndarray of int32 of shape (n_rows, n_members, n_ranks)
        Which of ``texts``, the likeliest first; NONE where there is no more.
    chances : ndarray of float64 of the same shape

    Examples
    --------
    >>> found = TextCandidates.of("a", [[("x", 0.9)], [("y", 0.5), ("x", 0.2)]])
    >>> found.best("a").tolist()
    ['x', 'y']
    """

    members: tuple[str, ...]
    texts: tuple[str, ...]
    lines: NDArray[np.int32]
    chances: NDArray[np.float64]

    @classmethod
    def of(cls, member: str, candidates: Found) -> "TextCandidates":
        """Return one member's texts of rows, each with its chance."""
        n_ranks = max((len(row) for row in candidates), default=0) or 1
        lines = np.full((len(candidates), 1, n_ranks), NONE, dtype=np.int32)
        chances = np.zeros(lines.shape)
        number: dict[str, int] = {}
        for at, row in enumerate(candidates):
            ranked = sorted(row, key=lambda pair: -pair[1])
            for rank, (text, chance) in enumerate(ranked):
                lines[at, 0, rank] = number.setdefault(text, len(number))
                chances[at, 0, rank] = chance
        return cls((member,), tuple(number), lines, chances)

    @classmethod
    def join(cls, parts: Sequence["TextCandidates"]) -> "TextCandidates":
        """Return the candidates of several members for the same rows."""
        number: dict[str, int] = {}
        n_ranks = max(part.lines.shape[2] for part in parts)
        lines = [_wide(part._renumbered(number), n_ranks, NONE) for part in parts]
        chances = [_wide(part.chances, n_ranks, 0.0) for part in parts]
        return cls(
            tuple(name for part in parts for name in part.members),
            tuple(number),
            np.concatenate(lines, axis=1),
            np.concatenate(chances, axis=1),
        )

    @classmethod
    def stack(
        cls, parts: Sequence["TextCandidates"], rows: Sequence[NDArray[np.intp]]
    ) -> "TextCandidates":
        """Return the candidates of rows that lie in several parts; see `join`.

        Parameters
        ----------
        parts : sequence of TextCandidates
            Of the same members.
        rows : sequence of ndarray of int
            Where the rows of each part go.
        """
        number: dict[str, int] = {}
        n_rows = 1 + max(int(each.max(initial=-1)) for each in rows)
        n_ranks = max(part.lines.shape[2] for part in parts)
        shape = (n_rows, len(parts[0].members), n_ranks)
        lines, chances = np.full(shape, NONE, dtype=np.int32), np.zeros(shape)
        for part, at in zip(parts, rows, strict=True):
            lines[at] = _wide(part._renumbered(number), n_ranks, NONE)
            chances[at] = _wide(part.chances, n_ranks, 0.0)
        return cls(parts[0].members, tuple(number), lines, chances)

    @classmethod
    def average(cls, parts: Sequence["TextCandidates"]) -> "TextCandidates":
        """Return the mean chances of one member's models for the same rows."""
        means: list[dict[str, float]] = [{} for _ in range(len(parts[0]))]
        for part in parts:
            for mean, row in zip(means, part.rows(part.members[0]), strict=True):
                for text, chance in row:
                    mean[text] = mean.get(text, 0.0) + chance / len(parts)
        return cls.of(parts[0].members[0], [list(mean.items()) for mean in means])

    def __len__(self) -> int:
        return len(self.lines)

    def rows(self, member: str) -> list[list[tuple[str, float]]]:
        """Return a member's texts of each row with their chances."""
        at = self.members.index(member)
        lines, chances = self.lines[:, at].tolist(), self.chances[:, at].tolist()
        return [
            [(self.texts[n], c) for n, c in zip(*pair, strict=True) if n != NONE]
            for pair in zip(lines, chances, strict=True)
        ]

    def best(self, member: str) -> NDArray[np.object_]:
        """Return a member's likeliest text of each row; empty where it has none."""
        first = self.lines[:, self.members.index(member), 0]
        return as_texts([self.texts[n] if n >= 0 else "" for n in first])

    def take(self, rows: NDArray[np.intp]) -> "TextCandidates":
        """Return some of the rows."""
        return TextCandidates(
            self.members, self.texts, self.lines[rows], self.chances[rows]
        )

    def options(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return the texts that a row may get, and what each member gives each.

        Returns
        -------
        options : ndarray of int32 of shape (n_rows, n_options)
            Lines of ``texts``; NONE where there are fewer, and where one comes again.
        shares : ndarray of shape (n_rows, n_options, n_members)
        """
        flat = self.lines.reshape(len(self), -1)
        same = flat[:, :, None] == flat[:, None, :]
        again = np.tril(same, -1).any(axis=2)
        options = np.where(again, NONE, flat)
        same = options[:, :, None, None] == self.lines[:, None]
        same &= (options != NONE)[:, :, None, None]
        return options, np.where(same, self.chances[:, None], 0.0).sum(axis=3)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return plain arrays of all but the members' names."""
        data = [text.encode("utf-8", "surrogatepass") for text in self.texts]
        return {
            "bytes": np.frombuffer(b"".join(data), dtype=np.uint8),
            "ends": np.cumsum([len(each) for each in data], dtype=np.int64),
            "lines": self.lines,
            "chances": self.chances,
        }

    @classmethod
    def from_arrays(
        cls, members: Sequence[str], arrays: Mapping[str, NDArray[Any]]
    ) -> "TextCandidates":
        """Return the candidates of `to_arrays`."""
        data, ends = arrays["bytes"].tobytes(), arrays["ends"].tolist()
        starts = [0, *ends[:-1]]
        texts = [
            data[start:end].decode("utf-8", "surrogatepass")
            for start, end in zip(starts, ends, strict=True)
        ]
        return cls(tuple(members), tuple(texts), arrays["lines"], arrays["chances"])

    def _renumbered(self, number: dict[str, int]) -> NDArray[np.int32]:
        """Return the lines of a table that is shared, and grows with these texts."""
        new = [number.setdefault(text, len(number)) for text in self.texts]
        table = np.array([*new, NONE], dtype=np.int32)  # the last one is at -1
        return table[self.lines]


def as_texts(values: Sequence[str]) -> NDArray[np.object_]:
    """Return texts as an array of objects."""
    texts = np.empty(len(values), dtype=object)
    texts[:] = values
    return texts


def _wide(values: NDArray[Any], n_ranks: int, filling: float) -> NDArray[Any]:
    """Return values with more ranks."""
    missing = n_ranks - values.shape[2]
    return np.pad(values, ((0, 0), (0, 0), (0, missing)), constant_values=filling)
