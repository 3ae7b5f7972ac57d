"""How the fields of a text file are separated and quoted."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Dialect:
    """The separator, and what a file does beyond RFC 4180.

    Parameters
    ----------
    separator : str
    backslash : bool
        A quote inside a quoted field is written as a backslash and a quote.
    skip_spaces : bool
        Blanks around a quoted field do not belong to it.
    """

    separator: str = ","
    backslash: bool = False
    skip_spaces: bool = False

    def variants(self) -> tuple["Dialect", ...]:
        """Return this dialect and those that files of other tools need."""
        return (
            self,
            replace(self, skip_spaces=True),
            replace(self, backslash=True),
            replace(self, skip_spaces=True, backslash=True),
        )

    def describe(self) -> str:
        """Return what the dialect does beyond RFC 4180."""
        habits = []
        if self.backslash:
            habits.append("backslashes as escapes")
        if self.skip_spaces:
            habits.append("blanks around quoted fields")
        return " and ".join(habits)
