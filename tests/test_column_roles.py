"""A column plays one role, whoever asks."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.features.feature_set import roles_of
from ensemble_kit.models.text_nets.inputs import table
from ensemble_kit.reporting import facts

DAYS = pd.to_datetime(["2020-01-01", "2020-01-02"])
COLUMNS = {
    "number": [
        np.array([1.5, 2.5]),
        np.array([1, 2]),
        np.array([True, False]),
        pd.array([1, None], dtype="Int64"),
        DAYS - DAYS[0],
    ],
    "category": [pd.Categorical(["a", "b"]), pd.Categorical([1, 2])],
    "datetime": [DAYS, DAYS.tz_localize("UTC")],
    "text": [pd.array(["a", None], dtype="str"), np.array(["a", 1], dtype=object)],
}
CASES = [(role, values) for role, columns in COLUMNS.items() for values in columns]


@pytest.mark.parametrize(("role", "values"), CASES)
def test_every_room_gives_a_column_the_same_role(role, values):
    frame = pd.DataFrame({"a": values})
    assert roles_of(frame)[role] == ["a"]
    assert facts.column_roles(frame) == {role: 1}
    expected = "number" if role == "datetime" else role
    assert table.column_roles(frame) == [expected]


def test_a_text_network_reads_spans_of_time_as_seconds():
    frame = pd.DataFrame({"a": DAYS - DAYS[0]})
    assert table.read_numbers(frame, [0]).ravel().tolist() == [0.0, 86400.0]
