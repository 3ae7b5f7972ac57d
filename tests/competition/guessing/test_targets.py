import numpy as np
import pytest

from ensemble_kit.competition import (
    CompetitionSettings,
    init_folder,
    load_competition,
    load_settings,
)
from ensemble_kit.exceptions import CompetitionError

N_ROWS = 60


def write(folder, cells, sample="0", output="y", target="y"):
    """Write a competition whose target has some cells, and a sample of one cell."""
    n_rows = len(cells)
    train = f"id,a,{target}\n" + "".join(
        f'{i},{i % 7}.5,"{cell}"\n' for i, cell in enumerate(cells)
    )
    test = "id,a\n" + "".join(f"{n_rows + i},{i % 5}.5\n" for i in range(12))
    head = f"id,{output}\n" if isinstance(output, str) else f"id,{','.join(output)}\n"
    n_outputs = 1 if isinstance(output, str) else len(output)
    row = ",".join([sample] * n_outputs)
    rows = "".join(f"{n_rows + i},{row}\n" for i in range(12))
    return folder(train, test, head + rows)


def cycle(*labels, n_rows=N_ROWS):
    return [labels[i % len(labels)] for i in range(n_rows)]


def load(folder, cells, sample="0", output="y", target="y", **declared):
    path = write(folder, cells, sample, output, target)
    return load_competition(path, CompetitionSettings(**declared))


@pytest.mark.parametrize(
    ("labels", "sample", "classes"),
    [
        (("None", "1", "2"), "None", ("1", "2", "None")),
        (("NA", "null", "n/a"), "NA", ("NA", "n/a", "null")),
        (("NA", "None"), "0.5", ("NA", "None")),
        (("nan", "yes"), "nan", ("nan", "yes")),
        (("nan", "yes", "no"), "nan", ("nan", "no", "yes")),
        (("nan", "yes"), "0.5", ("nan", "yes")),
    ],
)
def test_a_label_that_looks_missing_is_a_class_where_the_sample_says_so(
    folder, labels, sample, classes
):
    c = load(folder, cycle(*labels), sample)
    assert c.task.classes == classes and len(c.y) == N_ROWS
    assert any("is a class" in note for note in c.notes)


def test_a_class_named_nan_keeps_its_rows_where_the_sample_has_its_column(folder):
    c = load(folder, cycle("nan", "1", "2"), output=["p_1", "p_2", "p_nan"])
    assert c.task.classes == ("1", "2", "nan") and len(c.y) == N_ROWS
    assert c.template.outputs == ("p_1", "p_2", "p_nan")


def test_words_for_missing_labels_are_left_out_and_said_where_nobody_asks(folder):
    c = load(folder, cycle("None", "1", "2"), "1")
    assert c.task.classes == ("1", "2") and len(c.y) == 40
    assert any("'None' are taken as missing" in note for note in c.notes)


@pytest.mark.parametrize(
    ("declared", "classes"),
    [
        ({"missing_labels": "class"}, ("1", "2", "None")),
        ({"missing_labels": "left out"}, ("1", "2")),
        ({"positive": "None", "task": "multiclass"}, ("1", "2", "None")),
    ],
)
def test_settings_decide_whether_a_word_for_missing_is_a_class(
    folder, declared, classes
):
    c = load(folder, cycle("None", "1", "2"), "1", **declared)
    assert c.task.classes == classes


def test_a_target_of_numbers_takes_no_placeholder_of_the_sample_for_a_class(folder):
    cells = [f"{i}.5" for i in range(N_ROWS)]
    cells[5] = "nan"
    c = load(folder, cells, "nan")
    assert c.task.kind == "regression" and len(c.y) == N_ROWS - 1


def test_a_guess_about_missing_labels_is_written_down_and_read_again(folder):
    path = write(folder, cycle("None", "1", "2"), "None")
    before = load_competition(path)
    assert load_settings(init_folder(path)).missing_labels == "class"
    assert load_competition(path).fingerprint == before.fingerprint


def test_an_unset_young_key_is_no_fact():
    assert "missing_labels" not in CompetitionSettings().facts()


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (("007", "07", "7"), ("7", "007", "07")),
        (("9007199254740993", "9007199254740992"), None),
        (("18014398509481985", "18014398509481984.0"), None),
    ],
)
def test_labels_that_floats_would_merge_stay_apart(folder, labels, classes):
    c = load(folder, cycle(*labels), labels[0])
    expected = tuple(sorted(labels, key=lambda cell: int(cell.split(".")[0])))
    assert c.task.classes == (classes or expected)
    assert c.template.spelling == c.task.classes


@pytest.mark.parametrize(
    ("spell", "first"),
    [
        (lambda v: f"${v:,.2f}", 2649.79),
        (lambda v: f"{v / 10:.1f}%", 265.0),
        (lambda v: f"{v:,.0f}", 2650.0),
        (lambda v: f"{v:.2f}".replace(".", ","), 2649.79),
        (lambda v: f"{v:,.2f} €".translate(str.maketrans(",.", ".,")), 2649.79),
    ],
)
@pytest.mark.parametrize("metric", [None, "rmse"])
def test_a_target_is_read_as_features_are(folder, spell, first, metric):
    values = 2649.79 + 17.3 * np.arange(N_ROWS)
    c = load(folder, [spell(v) for v in values], metric=metric)
    assert c.task.kind == "regression" and len(c.y) == N_ROWS
    assert c.y[0] == pytest.approx(first, rel=1e-3)
    assert any("is written like" in note for note in c.notes)


@pytest.mark.parametrize("cell", ["inf", "-inf", "#DIV/0!", "n.v."])
def test_the_row_of_a_target_that_cannot_be_read_is_named_and_left_out(folder, cell):
    cells = [f"{i}.5" for i in range(N_ROWS)]
    cells[5] = cell
    c = load(folder, cells)
    assert c.task.kind == "regression" and len(c.y) == len(c.X) == N_ROWS - 1
    assert np.isfinite(c.y).all()
    assert any(f"row 6 {cell!r}" in note for note in c.notes)


def test_a_target_with_many_unreadable_cells_is_an_error_that_names_rows(folder):
    cells = [f"{i}.5" if i % 4 else "bad" for i in range(N_ROWS)]
    with pytest.raises(CompetitionError, match="15 cells .* row 1 'bad'"):
        load(folder, cells, task="regression")


def test_a_declared_task_wins_over_the_number_of_labels(folder):
    names = cycle(*[f"name{i}" for i in range(40)])
    with pytest.raises(CompetitionError, match='task = "multiclass" if'):
        load(folder, names, "name1")
    c = load(folder, names, "name1", task="multiclass")
    assert len(c.task.classes) == 40


@pytest.mark.parametrize("labels", [("0", "1"), ("no", "yes"), ("a", "b", "c")])
def test_a_metric_of_numbers_on_labels_asks(folder, labels):
    with pytest.raises(CompetitionError, match='state task = "regression"'):
        load(folder, cycle(*labels), labels[0], metric="rmse")


def test_a_metric_of_numbers_on_declared_amounts_is_taken(folder):
    c = load(folder, cycle("0", "1"), metric="rmse", task="regression")
    assert c.task.kind == "regression"


RARE = ["1"] + ["0"] * 19


@pytest.mark.parametrize(
    ("labels", "sample", "output", "form"),
    [
        (("0", "1"), "0", "y", "label"),
        (("0", "1"), "0", "probability", "probability"),
        (("0", "0", "0", "1"), "0", "y", "label"),
        (("0", "0", "0", "1"), "0.0", "y", "probability"),
        (RARE, "0", "y", "probability"),
        (RARE, "0.5", "y", "probability"),
    ],
)
def test_a_sample_of_one_label_is_read_by_rarity_name_and_decimals(
    folder, labels, sample, output, form
):
    c = load(folder, cycle(*labels), sample, output)
    assert c.template.form == form
    if sample == "0":
        assert "state submission = " in c.settings.reasons["submission"]


COUNTS = np.repeat(np.arange(11), [30, 60, 70, 55, 40, 25, 14, 8, 4, 3, 1])


@pytest.mark.parametrize(
    ("numbers", "target", "kind"),
    [
        (COUNTS, "y", "regression"),
        (COUNTS, "class", "multiclass"),
        (np.arange(300) % 11, "y", "multiclass"),
        (np.arange(300) % 11, "visits", "regression"),
        (np.arange(300) % 3, "y", "multiclass"),
    ],
)
def test_small_whole_numbers_are_counts_where_large_ones_are_rare(
    folder, numbers, target, kind
):
    cells = [str(number) for number in numbers]
    c = load(folder, cells, "0", target, target)
    assert c.task.kind == kind and "state task = " in c.settings.reasons["task"]


def far_target(offset, size, n_rows=N_ROWS):
    z = np.random.default_rng(0).normal(size=n_rows)
    return [repr(value) for value in (offset + size * z).tolist()], z


@pytest.mark.parametrize(
    ("offset", "size"),
    [(1e9, 2.0), (-1e14, 100.0), (0, 1e-9), (1e-9, 1e-12), (0, 1e14), (1e14, 1e14)],
)
@pytest.mark.parametrize("metric", ["rmse", "mae"])
def test_a_target_far_from_0_is_fitted_as_an_ordinary_one(folder, offset, size, metric):
    cells, z = far_target(offset, size)
    c = load(folder, cells, metric=metric)
    np.testing.assert_allclose(c.y, (z - z.mean()) / z.std(), atol=1e-3)
    restored = c.task.restore(c.y)
    np.testing.assert_allclose(restored, np.array(cells, dtype=float), rtol=1e-12)


def test_no_logarithm_is_taken_of_a_target_far_from_0(folder):
    cells, z = far_target(1e14, 1.0)
    c = load(folder, cells, metric="rmsle")
    assert c.task.transform == "identity" and np.corrcoef(c.y, z)[0, 1] > 0.999


def test_an_ordinary_target_is_fitted_as_it_is_and_has_the_old_key(folder):
    cells, _ = far_target(500, 2.0)
    c = load(folder, cells)
    assert not c.task.is_scaled and c.y.tolist() == list(map(float, cells))
    other = load(folder, [repr(1e9 + float(cell)) for cell in cells])
    assert other.task.is_scaled and any("in units of" in note for note in other.notes)


def test_percentages_keep_the_zero_of_a_large_target(folder):
    cells = [repr(1e12 * (1 + i % 7)) for i in range(N_ROWS)]
    c = load(folder, cells, metric="mape", transform="identity")
    assert c.task.center == 0 and c.task.spread > 1e11


def test_one_positive_row_leaves_nothing_to_measure(folder):
    c = load(folder, ["1"] + ["0"] * (N_ROWS - 1), "0.5")
    assert "auc cannot be measured" in c.unmeasured and "'1'" in c.unmeasured
    c = load(folder, ["1"] * 2 + ["0"] * (N_ROWS - 2), "0.5")
    assert c.unmeasured == ""
    assert any("rarer class, '1', has 2" in note for note in c.notes)


@pytest.mark.parametrize(
    ("name", "labels", "metric", "form"),
    [
        ("ieee-fraud-detection", ("0", "1"), "auc", "probability"),
        ("spooky-author-identification", ("0", "1"), "log_loss", "probability"),
        ("nlp-getting-started", ("0", "1"), "f1", "label"),
        ("bike-sharing-demand", ("0", "1"), "accuracy", "label"),
        ("my-data", ("0", "1"), "accuracy", "label"),
    ],
)
def test_a_folder_named_like_a_known_competition_gets_its_metric(
    folder, name, labels, metric, form
):
    made = write(folder, cycle(*labels))
    path = made.rename(made.with_name(name))
    c = load_competition(path)
    assert (c.metric.name, c.template.form) == (metric, form)
    (path / "competition.toml").write_text('metric = "brier"\n')
    assert load_competition(path).metric.name == "brier"


@pytest.mark.parametrize(
    ("labels", "sample", "classes"),
    [
        (("No", "Yes"), "yes", ("no", "yes")),
        (("<=50K.", ">50K."), "<=50K", ("<=50K", ">50K")),
    ],
)
def test_a_sample_of_a_label_in_other_letters_wants_labels(
    folder, labels, sample, classes
):
    found = load(folder, cycle(*labels), sample)
    assert (found.template.form, found.metric.name) == ("label", "accuracy")
    assert set(found.template.spelling) == set(classes)


def test_a_sample_of_words_that_are_no_labels_tells_the_alternative(folder):
    found = load(folder, cycle("0", "1"), "your prediction here")
    assert found.template.form == "probability"
    assert 'submission = "label"' in found.settings.reasons["submission"]


def test_a_target_beyond_what_squares_hold_is_an_error(folder):
    with pytest.raises(CompetitionError, match=r"such as 5.9e\+300.*divide it"):
        load(folder, [f"{k}e299" for k in range(N_ROWS)])


def test_cells_that_keep_a_target_from_being_numbers_are_named(folder):
    cells = [f"{k}.5" if k % 3 else "inf" for k in range(N_ROWS)]
    with pytest.raises(CompetitionError, match="20 rows are no finite numbers.*'inf'"):
        load(folder, cells)


@pytest.mark.parametrize("power", ["e-200", "e200"])
def test_features_of_a_size_that_no_model_counts_in_are_told_loudly(folder, power):
    path = write(folder, cycle("0", "1"), "0.5")
    for name in ("train", "test"):
        text = (path / f"{name}.csv").read_text().replace(".5,", f".5{power},")
        if name == "test":
            text = text.replace(".5\n", f".5{power}\n")
        (path / f"{name}.csv").write_text(text)
    (line,) = [note for note in load_competition(path).notes if "of the size" in note]
    assert line.startswith("warning: column 'a'")


def test_the_id_is_the_column_of_the_sample_that_names_rows_wherever_it_stands(folder):
    path = write(folder, cycle("0", "1"), "0.5")
    sample = "y,id\n" + "".join(f"0.5,{N_ROWS + i}\n" for i in range(12))
    (path / "sample_submission.csv").write_text(sample)
    found = load_competition(path)
    assert (found.id_column, found.target) == ("id", "y")
    assert found.template.columns == ("y", "id")
