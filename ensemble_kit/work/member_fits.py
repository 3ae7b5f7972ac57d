"""The fits a member consists of."""

from dataclasses import dataclass

from ensemble_kit.pipeline.member import Member


@dataclass(frozen=True)
class MemberFits:
    """The keys of one member's fits by (fold, seed).

    ``labellers`` are those whose predictions label the test rows it learns from.
    """

    member: Member
    fits: dict[tuple[int, int], str]
    probe: str | None = None
    single: bool = False
    labellers: "tuple[MemberFits, ...]" = ()

    @property
    def splits(self) -> tuple[int, ...]:
        """Return the numbers of the splits, the fit on all rows among them."""
        return tuple(dict.fromkeys(fold for fold, _ in self.fits))

    def of_fold(self, fold: int) -> tuple[str, ...]:
        """Return the keys of the fits on a fold, by seed."""
        return tuple(key for (at, _), key in self.fits.items() if at == fold)

    @property
    def grid(self) -> list[list[str]]:
        """Return the keys, one list of seeds per fold."""
        seeds, keys = len(self.member.seeds), self.keys
        return [keys[at : at + seeds] for at in range(0, len(keys), seeds)]

    @property
    def keys(self) -> list[str]:
        """Return the keys, folds first, seeds within a fold."""
        return list(self.fits.values())
