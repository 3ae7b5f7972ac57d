"""The fits a member consists of."""

from dataclasses import dataclass

from ensemble_kit.pipeline.member import Member


@dataclass(frozen=True)
class MemberFits:
    """The keys of one member's fits by (fold, seed)."""

    member: Member
    fits: dict[tuple[int, int], str]
    probe: str | None = None
    single: bool = False

    @property
    def splits(self) -> tuple[int, ...]:
        """Return the numbers of the splits, the fit on all rows among them."""
        return tuple(dict.fromkeys(fold for fold, _ in self.fits))

    @property
    def grid(self) -> list[list[str]]:
        """Return the keys, one list of seeds per fold."""
        seeds, keys = len(self.member.seeds), self.keys
        return [keys[at : at + seeds] for at in range(0, len(keys), seeds)]

    @property
    def keys(self) -> list[str]:
        """Return the keys, folds first, seeds within a fold."""
        return list(self.fits.values())
