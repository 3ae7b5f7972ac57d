"""What the checks measure before they judge."""

from dataclasses import dataclass

from ensemble_kit.competition.checks.drift import Drift, measure_drift
from ensemble_kit.competition.checks.leaks import feature_strength
from ensemble_kit.competition.competition import Competition


@dataclass(frozen=True)
class Measured:
    """How far test differs from train, and how much each column tells.

    Parameters
    ----------
    drift : Drift, optional
        None where there are too few rows.
    strengths : dict of str to float
        See `feature_strength`.
    """

    drift: Drift | None
    strengths: dict[str, float]

    @classmethod
    def of(cls, competition: Competition) -> "Measured":
        """Return what is measured of a competition's data."""
        strengths = {
            str(name): feature_strength(competition.X[name], competition)
            for name in competition.X
        }
        return cls(measure_drift(competition), strengths)
