"""Predictions made elsewhere are aligned by id, whatever their form and order."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit import load_competition
from ensemble_kit.competition.foreign_predictions import read_foreign
from ensemble_kit.exceptions import CompetitionError


@pytest.fixture
def competition(folder):
    return load_competition(folder())


@pytest.fixture
def files(competition):
    """Return a function that writes two files of predictions and reads them."""

    def read(make, order=slice(None), name="friend"):
        p = np.linspace(0.1, 0.9, 72)
        ids = [competition.train_ids, competition.ids]
        sizes = [(0, 60), (60, 72)]
        for file, each, (a, b) in zip(("oof", "tst"), ids, sizes, strict=True):
            table = pd.DataFrame({"id": each, **make(p[a:b])})
            table = table.iloc[order]
            table.to_csv(competition.folder / f"{file}.csv", index=False)
        return read_foreign(competition, name, "oof.csv", "tst.csv"), p

    return read


FORMS = {
    "probability": lambda p: {"yes_of_mine": p},
    "classes": lambda p: {"yes": p, "no": 1 - p},
    "columns of a run": lambda p: {
        "fold": 1,
        "friend:no": 1 - p,
        "friend:yes": p,
        "other:no": 0,
        "other:yes": 1,
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_probabilities(files, form):
    values, p = files(FORMS[form])
    np.testing.assert_allclose(values, np.column_stack([1 - p, p]), rtol=1e-12)


def test_labels_are_certain_probabilities(files):
    values, p = files(lambda p: {"target": np.where(p > 0.5, "yes", "no")})
    assert values[:, 1].tolist() == (p > 0.5).tolist()


def test_rows_in_another_order_are_aligned(files):
    values, p = files(FORMS["probability"], slice(None, None, -1))
    np.testing.assert_allclose(values[:, 1], p)


def test_values_are_taken_in_the_scale_of_the_fit(folder):
    rows = [f"{i},{i % 7},{10.0 ** (i % 5)}\n" for i in range(60)]
    test = "id,size\n" + "".join(f"{i},1\n" for i in range(60, 70))
    sample = "id,target\n" + "".join(f"{i},0\n" for i in range(60, 70))
    place = folder("id,size,target\n" + "".join(rows), test, sample)
    competition = load_competition(place, metric="rmsle")
    for name, ids in (("oof", competition.train_ids), ("tst", competition.ids)):
        table = pd.DataFrame({"id": ids, "value": 7.0})
        table.to_csv(place / f"{name}.csv", index=False)
    values = read_foreign(competition, "friend", "oof.csv", "tst.csv")
    np.testing.assert_allclose(competition.task.restore(values), 7.0)


def test_hidden_rows_take_their_out_of_fold_predictions(files, competition):
    _, p = files(FORMS["probability"])
    visible, _ = competition.hide(0.2, 0)
    values = read_foreign(visible, "friend", "oof.csv", "tst.csv")
    by_id = dict(zip(competition.train_ids, p, strict=False))
    assert values[len(visible.y) :, 1].tolist() == [by_id[i] for i in visible.ids]


@pytest.mark.parametrize(
    ("make", "order", "told"),
    [
        (FORMS["probability"], slice(3, None), "have no prediction; ids: 000, 001"),
        (lambda p: {"a": p, "b": p}, slice(None), "found a, b"),
        (lambda p: {"a": np.nan}, slice(None), "60 rows are no finite numbers"),
        (lambda p: {"a": p + 1}, slice(None), "outside [0, 1]"),
        (FORMS["probability"], [0, 0, *range(12)], "ids repeat: 000"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_name(files, make, order, told):
    with pytest.raises(CompetitionError, match=r"oof\.csv") as caught:
        files(make, order)
    assert told in str(caught.value)
