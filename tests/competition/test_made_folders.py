"""Made folders: a run ends in a right submission or says why it does not."""

import pytest
from fuzz import try_seed

SEEDS = (
    *range(8),
    *range(9, 26),
)  # one more of three kinds, none of numbers in k and M


@pytest.mark.parametrize("seed", SEEDS)
def test_a_made_folder_is_read_right_or_told(seed):
    made, outcome = try_seed(seed)
    assert outcome.name != "failed", f"{made.kind}: {made.facts}\n{outcome.seen}"
