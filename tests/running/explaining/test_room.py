"""As much is explained as there is time for, going by a block of rows."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.exceptions import RunError
from ensemble_kit.running.explaining.permuting import measure_importance
from ensemble_kit.running.explaining.room import FEWEST_ROWS, Room
from ensemble_kit.running.explaining.sample import Sample

SAMPLE = Sample(
    pd.DataFrame({"a": np.arange(600.0), "b": 0.0}),
    np.arange(600.0),
    np.repeat([0, 1, 2], 200),
    np.arange(600),
)


class Watch:
    """A clock that goes on with what models do."""

    def __init__(self, reading, per_row):
        self.now, self.reading, self.per_row = 0.0, reading, per_row
        self.read = set()

    def predict(self, frame, fold):
        self.now += self.reading * (fold not in self.read) + self.per_row * len(frame)
        self.read.add(fold)
        return frame[["a"]].to_numpy()


def score(y, predictions, rows=None):
    return -float(np.mean((y - predictions[:, 0]) ** 2))


def room_of(reading=1.0, per_row=0.001, end=60.0):
    watch = Watch(reading, per_row)
    return Room.measured(SAMPLE, watch.predict, score, end, lambda: watch.now)


def test_a_block_tells_what_a_row_takes_and_what_is_yet_to_be_read():
    room = room_of()
    assert room.seconds_per_row == pytest.approx(0.001)
    assert room.reading == pytest.approx(2 * 1.0)
    assert room.end == 60.0


def test_all_is_measured_where_there_is_time():
    assert room_of().shared_out(600, 5, n_sets=2, now=2.0) == (600, 5)


def test_shuffles_go_first_and_then_rows():
    few, shuffles = room_of(end=20.0).shared_out(2000, 5, n_sets=5, now=2.0)
    assert shuffles == 5 and FEWEST_ROWS <= few < 2000
    many, fewer = room_of(end=20.0).shared_out(2000, 5, n_sets=15, now=2.0)
    assert many >= FEWEST_ROWS and fewer < 5
    # 16 seconds; half as much again is kept for what a block does not tell.
    assert many * 0.001 * 1.5 * (1 + 15 * fewer) <= 16.0


def test_what_cannot_be_measured_in_time_is_given_up_in_words():
    room = room_of(end=20.0)
    with pytest.raises(RunError, match=r"about .* and 18s are left; ensemble-kit ex"):
        room.shared_out(2000, 5, n_sets=40, now=2.0)
    with pytest.raises(RunError, match="are left"):
        room_of(reading=15.0, end=20.0)  # once more would be too late
    with pytest.raises(RunError, match="no time for it"):
        room_of(end=0.5)


def test_half_a_measurement_is_none():
    room = Room(end=0.0)
    with pytest.raises(RunError, match="was over too soon"):
        measure_importance(
            SAMPLE, Watch(0, 0).predict, score, [("a",)], repeats=2, room=room
        )


def test_no_call_of_the_models_takes_much_of_the_time():
    assert room_of(per_row=0.01, end=20.0).at_once * 0.01 < 0.11 * 20
