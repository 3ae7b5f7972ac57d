"""One thing that a look at a competition's data brought up."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """Something to look at before a score is believed.

    Parameters
    ----------
    severity : {"warning", "info"}
        A warning can make a score wrong; an info is worth knowing.
    subject : str
        The column or part it is about.
    message : str
        What was found, with counts, and what can be done.
    """

    severity: Literal["warning", "info"]
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.subject}: {self.message}"
