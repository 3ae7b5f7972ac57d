import numpy as np
import pandas as pd
from sklearn.model_selection import KFold

from ensemble_kit.splitting.drawings import Blocks, LastRows, Later
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.splitting.likeness import alarms, compare_likeness


def random_folds(n_rows):
    splitter = KFold(5, shuffle=True, random_state=0)
    return Folds.from_splitter(splitter, np.zeros((n_rows, 1)))


def compared(places, is_test, drawing, folds):
    columns = {"t": (pd.Series(places[~is_test]), pd.Series(places[is_test]))}
    return compare_likeness(columns, folds, drawing)


def test_blocks_look_like_the_test_and_random_folds_do_not():
    places = np.arange(1200.0)
    is_test = places % 120 >= 80
    drawing = Blocks.of(places[~is_test], places[is_test])
    alike = compared(places, is_test, drawing, drawing.folds(5, 0))
    assert not alarms(alike) and alike[0].test > 5
    (alarm,) = alarms(compared(places, is_test, drawing, random_folds(800)))
    assert "steps from the nearest training row" in str(alarm) and alarm.valid < 2


def test_windows_look_like_later_rows_and_random_folds_do_not():
    places = np.arange(1000.0)
    is_test = places >= 800
    drawing = Later.of(places[~is_test], places[is_test])
    assert not alarms(compared(places, is_test, drawing, drawing.folds(5, 0)))
    names = [
        a.name for a in alarms(compared(places, is_test, drawing, random_folds(800)))
    ]
    assert names == ["t", "time"]


def test_last_rows_look_like_the_test_and_random_folds_do_not():
    groups = np.repeat(np.arange(80), 10)
    drawing = LastRows(groups, np.arange(800.0), np.full(80, 2))
    assert not alarms(compare_likeness({}, drawing.folds(5, 0), drawing))
    (alarm,) = alarms(compare_likeness({}, random_folds(800), drawing))
    assert alarm.test == 0 and alarm.valid > 0.7


def test_new_levels_of_the_test_are_told():
    levels = pd.Categorical([f"u{k % 40}" for k in range(800)])
    new = pd.Series(pd.Categorical([f"u{k % 80}" for k in range(400)]))
    columns = {"user": (pd.Series(levels), new)}
    (alarm,) = alarms(compare_likeness(columns, random_folds(800)))
    assert (alarm.test, alarm.valid) == (0.5, 0)


def test_random_splits_raise_no_alarm():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n_train, n_test = rng.integers(80, 800, 2)
        frame = pd.DataFrame(
            {
                "smooth": rng.normal(size=n_train + n_test),
                "tailed": rng.standard_cauchy(n_train + n_test),
                "few": rng.integers(0, 12, n_train + n_test).astype(float),
                "level": pd.Categorical(rng.integers(0, 60, n_train + n_test)),
            }
        )
        columns = {
            name: (frame[name][:n_train], frame[name][n_train:]) for name in frame
        }
        assert not alarms(compare_likeness(columns, random_folds(n_train))), seed


def test_windows_that_are_fitted_on_few_rows_raise_no_alarm_of_noise():
    generator = np.random.default_rng(0)
    order, noise = np.arange(600.0), pd.Series(generator.normal(size=600))
    small = Folds(
        ((np.arange(60), np.arange(60, 120)), (np.arange(120), np.arange(120, 180))),
        400,
    )
    columns = {"noise": (noise[:400], noise[400:])}
    told = compare_likeness(columns, small)
    assert told[0].valid > 3 * told[0].test and not alarms(told)
    # Along time the validated rows are as far ahead whatever is fitted.
    far = Folds(((np.arange(60), np.arange(330, 400)),), 400)
    beside = np.arange(600) % 3 == 2
    columns = {"when": (pd.Series(order[~beside]), pd.Series(order[beside]))}
    assert alarms(compare_likeness(columns, far))
