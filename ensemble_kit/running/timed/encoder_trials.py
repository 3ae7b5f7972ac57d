"""Members on pretrained encoders wait until the encoder has shown that it is worth it.

Where all texts take more than `FREE_SHARE` of a limit to be encoded, the other members
begin. Then the encoder's speed is measured, and it reads some rows of the first fold
that these have predicted without having seen them. It is judged beside those that would
still find time, against all that find time without it: see
`ensemble_kit.work.judging.encoder_trial`. Only where it gains more than one standard
error all texts are encoded, for the member that is fitted soonest; only where that
one's first fold lifts a blend by more than one standard error the others on the encoder
are begun.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ensemble_kit.hashing import derive_seed, fingerprint
from ensemble_kit.quantities import format_seconds
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.work.judging.encoder_trial import mixing_gain, some_rows
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.node import (
    EncodeFacts,
    EncoderFacts,
    FeaturesFacts,
    FitFacts,
)

FREE_SHARE = 0.05  # of the limit: what takes less to encode is not asked about
N_MEASURED = 48  # rows that are read to see how long that takes
TRIAL_SHARE = 0.08  # of the limit, for the rows that are read to see what they tell
MOST_ROWS, LEAST_ROWS = 1000, 50
MOST_MIXED = 10_000  # rows on which a first fold is judged
SEED = "trial"


@dataclass(frozen=True)
class WaitingMembers:
    """Members on the same encoders, that wait for these to be tried.

    Parameters
    ----------
    encoders : tuple of EncoderFacts
    columns : tuple of str
        The text columns that are read.
    chunks : tuple of str
        Keys of what has to be encoded.
    fits : mapping of str to MemberFits
        By member.
    """

    encoders: tuple[EncoderFacts, ...]
    columns: tuple[str, ...]
    chunks: tuple[str, ...]
    fits: Mapping[str, MemberFits]

    @property
    def name(self) -> str:
        """Return what the encoders are called."""
        return ", ".join(str(each["params"]["encoder"]) for each in self.encoders)

    def seconds(self, levels: FittedLevels, n_workers: int) -> float:
        """Return how long encoding what is not encoded yet is predicted to take."""
        left = [key for key in self.chunks if key not in levels.store]
        costs, nodes = levels.costs, levels.graph.nodes
        return sum(costs.seconds(nodes[key]) for key in left) / max(1, n_workers)

    def soonest(self, levels: FittedLevels) -> MemberFits:
        """Return the fits of the member that is predicted to be fitted soonest."""
        costs, nodes = levels.costs, levels.graph.nodes

        def seconds(name: str) -> tuple[float, str]:
            return sum(costs.seconds(nodes[k]) for k in self.fits[name].keys), name

        return self.fits[min(self.fits, key=seconds)]

    def n_rows(self, levels: FittedLevels, limit: float) -> int:
        """Return how many rows find time to be tried, at most those of a fold."""
        source, nodes = levels.graph.source, levels.graph.nodes
        n_all = len(source.y) + source.X_test.shape[0]
        seconds = sum(levels.costs.seconds(nodes[key]) for key in self.chunks)
        affordable = int(TRIAL_SHARE * limit * n_all / max(seconds, 1e-9))
        return min(MOST_ROWS, affordable, len(source.rows(0)[1]))


def that_wait(
    planned: Mapping[str, MemberFits],
    levels: FittedLevels,
    limit: float,
    n_workers: int,
) -> list[WaitingMembers]:
    """Return the members that wait for their encoders to be tried, by these.

    None where nobody else is there to be compared with, and none of encoders that are
    soon done.
    """
    found: dict[str, WaitingMembers] = {}
    for name, fits in planned.items():
        chunks = _chunks(fits, levels)
        facts = [levels.graph.nodes[key].facts for key in chunks]
        read = [each for each in facts if isinstance(each, EncodeFacts)]
        encoders = {fingerprint(each.encoder): each.encoder for each in read}
        if not encoders:
            continue
        columns = tuple(dict.fromkeys(each.column for each in read))
        key = fingerprint([sorted(encoders), sorted(columns)])
        known = found.get(key)
        others = {} if known is None else known.fits
        found[key] = WaitingMembers(
            tuple(encoders.values()), columns, chunks, {**others, name: fits}
        )
    if not planned.keys() - {name for group in found.values() for name in group.fits}:
        return []
    free = FREE_SHARE * limit
    return [each for each in found.values() if each.seconds(levels, n_workers) > free]


def _chunks(fits: MemberFits, levels: FittedLevels) -> tuple[str, ...]:
    """Return the keys of what has to be encoded for a member."""
    facts = levels.graph.nodes[fits.keys[0]].facts
    key = facts.inputs.features if isinstance(facts, FitFacts) else None
    features = None if key is None else levels.graph.nodes[key].facts
    return features.encoded if isinstance(features, FeaturesFacts) else ()


def plan_measuring(waiting: WaitingMembers, levels: FittedLevels) -> str:
    """Add what finds out how fast encoders are to the graph, and return its key."""
    encoders, columns = waiting.encoders, waiting.columns
    return levels.graph.encoder_trial(encoders, columns, (), (), N_MEASURED)


def learn_speed(key: str, levels: FittedLevels) -> None:
    """Correct what encoders are predicted to take by what was found out."""
    entry = levels.store.read(key)
    if entry is not None:
        for file, cost in entry.facts["costs"].items():
            levels.costs.learn(file, cost)


def plan_trial(
    waiting: WaitingMembers,
    levels: FittedLevels,
    instead: Sequence[MemberFits],
    beside: Sequence[MemberFits],
    limit: float,
) -> str:
    """Add the trial of encoders to the graph and return its key.

    Parameters
    ----------
    waiting : WaitingMembers
    levels : FittedLevels
    instead, beside : sequence of MemberFits
        Members whose first fold is there and that find time without the encoders, and
        with them.
    limit : float
        Of the run, in seconds.
    """
    return levels.graph.encoder_trial(
        waiting.encoders,
        waiting.columns,
        [fits.keys[0] for fits in instead],
        [fits.keys[0] for fits in beside],
        max(LEAST_ROWS, waiting.n_rows(levels, limit)),
    )


def gain_of_first_fold(
    newcomer: MemberFits, others: Sequence[MemberFits], levels: FittedLevels
) -> tuple[float, float] | None:
    """Return what a member's first fold takes off the error of a blend of others, and
    the standard error of that; None where it is not there."""
    source, seed = levels.graph.source, derive_seed(levels.graph.seed, SEED)
    entries = [levels.store.read(fits.keys[0]) for fits in (newcomer, *others)]
    parts = [entry.arrays["valid"] for entry in entries if entry is not None]
    if entries[0] is None or len(parts) < 2:
        return None
    rows = source.rows(0)[1]
    some = some_rows(len(rows), MOST_MIXED, seed)
    first, *rest = (part[some] for part in parts)
    return mixing_gain(source, rows[some], rest, first, seed)


def said(waiting: WaitingMembers, verdict: str, gain: float, error: float) -> str:
    """Return what the report tells of an encoder that was tried."""
    return (
        f"encoder {waiting.name} {verdict}: it takes {gain:+.4f} ± {error:.4f} off the "
        "squared error on rows of the first fold, as a share of the target's spread"
    )


def too_late(waiting: WaitingMembers, seconds: float, most: float) -> str:
    """Return why encoders are left out for which there is too little time."""
    return (
        f"encoder {waiting.name} left out: encoding its texts is predicted to take "
        f"{format_seconds(seconds)}, more than the {format_seconds(max(0.0, most))} "
        "that there are for it"
    )
