"""How much a difference between two scores owes to chance."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, ShuffleSplit

from ensemble_kit.splitting.fold_noise import standard_error


def test_shared_training_rows_widen_the_error():
    pairs = list(KFold(5).split(np.zeros(50)))
    gains = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    alone = gains.std(ddof=1) / np.sqrt(5)
    assert standard_error(gains, pairs) == pytest.approx(alone * np.sqrt(1 + 5 / 4))


def test_columns_are_measured_on_their_own_and_one_split_has_no_noise():
    pairs = list(ShuffleSplit(4, test_size=0.25, random_state=0).split(np.zeros(40)))
    gains = np.arange(8.0).reshape(4, 2) ** 2
    both = standard_error(gains, pairs)
    assert both == pytest.approx([float(standard_error(g, pairs)) for g in gains.T])
    assert standard_error(gains[:1], pairs[:1]).tolist() == [0, 0]
