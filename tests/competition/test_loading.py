import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition import (
    CompetitionSettings,
    describe,
    init_folder,
    load_competition,
    load_settings,
)
from ensemble_kit.exceptions import CompetitionError, PipelineError
from ensemble_kit.pipeline.spec import FoldSpec
from ensemble_kit.running.preparing.sources import make_folds


def frame_of(n_rows, start=0, **columns):
    frame = pd.DataFrame({"id": range(start, start + n_rows)})
    frame["size"] = [str(i % 7 + 0.5) for i in range(n_rows)]
    return frame.assign(**columns)


def csv(frame):
    return frame.to_csv(index=False)


def write_pair(folder, n_train=60, sample=None, test=None, **columns):
    """Write train with some columns, test without the last of them."""
    train = frame_of(n_train, **columns)
    shared = {name: train[name][:12].to_numpy() for name in [*columns][:-1]}
    default = csv(frame_of(12, start=n_train, **shared))
    return folder(csv(train), default if test is None else test, sample)


def target_of(n_rows, labels):
    return [labels[i % len(labels)] for i in range(n_rows)]


def test_a_folder_becomes_a_competition(folder):
    competition = load_competition(folder())
    assert competition.task.kind == "binary"
    assert competition.task.classes == ("no", "yes")
    assert competition.metric.name == "auc"
    assert competition.roles == {"size": "number", "kind": "category"}
    assert competition.ids[:2].tolist() == ["060", "061"]
    assert competition.train_ids[:2].tolist() == ["000", "001"]
    assert competition.template.ids[:2] == ("071", "070")
    assert competition.y[:3].tolist() == [1, 0, 0]


def test_train_and_test_rows_have_the_same_columns_and_dtypes(folder):
    competition = load_competition(folder())
    assert competition.X.dtypes.equals(competition.X_test.dtypes)
    assert competition.X["size"].dtype == np.float64
    assert list(competition.X["kind"].cat.categories) == ["a", "b"]
    assert isinstance(competition.X_test.index, pd.RangeIndex)


@pytest.mark.parametrize(
    ("labels", "sample", "expected"),
    [
        (["0", "1"], "0.5", ("binary", "probability", "auc", ("0", "1"))),
        (["0", "1"], "0", ("binary", "label", "accuracy", ("0", "1"))),
        (
            ["True", "False"],
            "False",
            ("binary", "label", "accuracy", ("False", "True")),
        ),
        (["b", "a", "c"], "a", ("multiclass", "label", "accuracy", ("a", "b", "c"))),
        (["10", "9", "2"], "9", ("multiclass", "label", "accuracy", ("2", "9", "10"))),
        (["10", "9", "2"], "7.3", ("regression", "value", "rmse", ())),
        (["1.5", "2.5", "3"], "0", ("regression", "value", "rmse", ())),
    ],
)
def test_task_form_and_metric_follow_target_and_sample(
    folder, labels, sample, expected
):
    rows = "".join(f"{i},{sample}\n" for i in range(60, 72))
    path = write_pair(folder, sample="id,y\n" + rows, y=target_of(60, labels))
    c = load_competition(path)
    assert (c.task.kind, c.template.form, c.metric.name, c.task.classes) == expected


@pytest.mark.parametrize(
    ("columns", "labels"),
    [
        (["a", "b", "c"], ["a", "b", "c"]),
        (["Status_C", "Status_D", "Status_CL"], ["D", "C", "CL"]),
        (["class_0", "class_1", "class_2"], ["2.0", "0.0", "1.0"]),
        (["a", "b", "never"], ["b", "a"]),
    ],
)
def test_one_column_per_class_names_the_target(folder, columns, labels):
    rows = "".join(f"{i},1,0,0\n" for i in range(60, 72))
    sample = ",".join(["id", *columns]) + "\n" + rows
    c = load_competition(write_pair(folder, sample=sample, what=target_of(60, labels)))
    assert (c.target, c.template.form, c.metric.name) == ("what", "classes", "log_loss")
    assert len(c.task.classes) == 3
    assert sorted(c.template.outputs) == sorted(columns)
    pairs = zip(c.task.classes, c.template.outputs, strict=True)
    assert all(name.endswith(label.removesuffix(".0")) for label, name in pairs)


def test_without_a_sample_the_one_column_test_lacks_is_the_target(folder):
    c = load_competition(write_pair(folder, price=[str(i * 1.5) for i in range(60)]))
    assert (c.target, c.task.kind, c.id_column) == ("price", "regression", "id")
    assert c.template.columns == ("id", "price")


def test_a_sample_may_call_the_target_otherwise(folder):
    c = load_competition(folder(sample="id,score\n061,0.5\n060,0.5\n"))
    assert (c.target, c.template.outputs) == ("target", ("score",))
    assert "the sample asks for 2 of the 12 test rows" in c.notes


@pytest.mark.parametrize(("id_column", "in_train"), [("id", False), ("ID", True)])
def test_case_does_not_part_the_files(folder, id_column, in_train):
    train = frame_of(60, ACTION=target_of(60, ["0", "1"]))
    train = train.rename(columns={"id": "ID"}) if in_train else train.drop(columns="id")
    test = frame_of(12, start=60).rename(columns={"id": id_column})
    sample = "Id,Action\n" + "".join(f"{i},0.5\n" for i in range(60, 72))
    c = load_competition(folder(csv(train), csv(test), sample))
    assert (c.id_column, c.target) == (id_column, "ACTION")
    assert c.template.columns == ("Id", "Action") and c.ids[0] == "60"


def test_a_metric_by_name_wins_and_decides_scale_and_form(folder):
    path = write_pair(folder, price=[str(i + 1) for i in range(60)])
    c = load_competition(path, metric="rmsle")
    assert c.task.transform == "log1p"
    np.testing.assert_allclose(c.y[:2], np.log1p([1, 2]))


def test_absolute_errors_are_fitted_in_the_less_skewed_scale(folder):
    price = [str(2 ** (i % 20)) for i in range(60)]
    even = [str(i + 1) for i in range(60)]
    below = [f"-{p}" for p in price]
    for y, scale in ((price, "log1p"), (even, "identity"), (below, "identity")):
        c = load_competition(write_pair(folder, price=y), metric="mae")
        assert c.task.transform == scale
    path = write_pair(folder, price=price)
    assert load_competition(path, metric="rmse").task.transform == "identity"


def test_probability_metrics_ask_for_probabilities_whatever_the_sample_holds(folder):
    sample = "id,y\n" + "".join(f"{i},0\n" for i in range(60, 72))
    path = write_pair(folder, sample=sample, y=target_of(60, ["0", "1"]))
    assert load_competition(path, metric="auc").template.form == "probability"


def test_init_writes_settings_that_give_the_same_competition(folder):
    path = folder()
    before = load_competition(path)
    written = init_folder(path)
    assert "# the first column of the sample" in written.read_text()
    assert load_settings(written) == before.settings
    assert load_competition(path).fingerprint == before.fingerprint
    text = written.read_text()
    assert init_folder(path).read_text() == text


def test_init_keeps_what_a_file_says_and_its_comments(folder):
    path = folder()
    mine = '# mine\nmetric = "auc" # why\n\n[columns]\n# two\nkind = "category"\n'
    (path / "competition.toml").write_text(mine)
    text = init_folder(path, "log_loss").read_text()
    assert text.startswith('# mine\nmetric = "log_loss" # why\n')
    added, stated = text.split("\n[columns]\n")
    assert "# the first column of the sample" in added
    assert stated.startswith('# two\nkind = "category"\n')
    assert load_settings(path / "competition.toml").columns["kind"] == "category"


def test_declared_settings_win_over_guesses(folder):
    text = 'target = "kind"\npositive = "a"\n[columns]\nsize = "category"\n'
    test = "id,size\n" + "".join(f"{i},1.5\n" for i in range(60, 72))
    c = load_competition(folder(test=test, sample=None, competition__toml=text))
    assert c.task.classes == ("b", "a")
    assert c.roles["size"] == "category" and c.target == "kind"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('target = "tragte"\n', "target"),
        ('id = "x"\ngroups = "y"\n[columns]\nsiez = "drop"\n', "3 problems"),
        ('metric = "acuracy"\n', "'accuracy'"),
        ('metric = "rmse"\ntask = "binary"\n', "the task is binary"),
        ('positive = "maybe"\n', "no, yes"),
        ('train = "../train.csv"\n', "outside the folder"),
        ('train = "/etc/passwd"\n', "outside the folder"),
        ('test = "gone.csv"\n', "there is no file 'gone.csv'"),
    ],
)
def test_declared_mistakes_are_told(folder, text, words):
    with pytest.raises(CompetitionError) as caught:
        load_competition(folder(competition__toml=text))
    assert words in str(caught.value)


def test_a_link_out_of_the_folder_is_refused(folder, tmp_path_factory):
    path = folder(test=None)
    outside = tmp_path_factory.mktemp("outside") / "test.csv"
    outside.write_text("id\n1\n")
    (path / "test.csv").symlink_to(outside)
    with pytest.raises(CompetitionError, match="outside the folder"):
        load_competition(path)


def test_missing_files_are_all_named(tmp_path):
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(CompetitionError) as caught:
        load_competition(tmp_path)
    message = str(caught.value)
    assert "train.csv: missing" in message and "test.csv: missing" in message
    assert "notes.md" in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"train": "id,size,kind,target\n"}, "no rows"),
        ({"train": ""}, "train.csv: it is empty"),
        ({"sample": "id,target\n999,1\n"}, "999"),
        ({"test": "id,size,kind\n060,1,a\n060,2,b\n", "sample": None}, "rows 1, 2"),
        ({"test": "id,size,kind\n,1,a\n", "sample": None}, "'id' is empty"),
        ({"train": "id,a,target\n" + "1,2,x\n" * 9, "sample": None}, "one value"),
        ({"train": "id,a,target\n1,2,\n", "sample": None}, "empty"),
        ({"train": "id,a,target\n1,2,x\n2,3,y\n"}, "no feature"),
        ({"train": "id,size,target\n1,2,x\n2,2,y\n"}, "'size' is left out: constant"),
        ({"train": "id,size,target\n1,2,x\n2,2,y\n"}, '"size" = "category"'),
    ],
)
def test_unusable_data_ends_in_one_error(folder, change, words):
    with pytest.raises(CompetitionError) as caught:
        load_competition(folder(**change))
    assert words in str(caught.value)


def test_rows_without_a_target_are_left_out_and_said(folder):
    labels = ["yes", "no", "", "nan", "no", "yes"] * 10
    c = load_competition(write_pair(folder, y=labels))
    assert len(c.X) == len(c.y) == len(c.train_ids) == 40
    assert "train: 20 rows without a target are left out" in c.notes


def test_odd_columns_are_handled_and_said(folder):
    columns = {
        "constant": ["5"] * 60,
        "empty": [""] * 60,
        "endless": ["inf", *(str(i) for i in range(59))],
        "blank": [" "] * 30 + ["x"] * 30,
        "y": target_of(60, ["0", "1"]),
    }
    c = load_competition(write_pair(folder, **columns))
    assert c.roles["constant"] == c.roles["empty"] == "drop"
    assert np.isnan(c.X["endless"][0]) and c.X["blank"][:30].isna().all()
    notes = "\n".join(c.notes)
    assert "2 infinite values" in notes and "constant in all training rows" in notes


def test_columns_of_one_file_alone_are_dropped_and_said(folder):
    test = csv(frame_of(12, start=60, extra=["x"] * 12))
    path = write_pair(folder, test=test, mine=["u"] * 60, y=target_of(60, ["0", "1"]))
    with pytest.raises(CompetitionError, match="there are id, size, mine, y"):
        load_competition(path, CompetitionSettings(target="gone"))
    c = load_competition(path)
    assert c.roles["mine"] == c.roles["extra"] == "drop"
    assert "column 'extra' is left out: only test has it" in c.notes


def test_a_target_in_test_is_not_used(folder):
    test = csv(frame_of(12, start=60, target=["1"] * 12))
    path = write_pair(folder, test=test, target=target_of(60, ["0", "1"]))
    c = load_competition(path)
    assert "target" not in c.X and any("filled in 12 rows" in n for n in c.notes)


@pytest.mark.parametrize("start", [0, 1])
def test_a_sample_that_counts_the_test_rows_brings_the_ids(folder, start):
    sample = "ImageId,y\n" + "".join(f"{i},0\n" for i in range(start, 12 + start))
    test = csv(frame_of(12).drop(columns="id"))
    train = csv(frame_of(60, y=target_of(60, ["0", "1"])).drop(columns="id"))
    c = load_competition(folder(train, test, sample))
    assert c.ids.tolist() == [str(i) for i in range(start, 12 + start)]
    assert c.template.id_column == "ImageId"


@pytest.mark.parametrize("spell", ["{:05d}", "{}e5", "900719925474099{:02d}1", "a {}"])
def test_ids_keep_their_bytes(folder, spell):
    ids = [spell.format(i) for i in range(60)]
    train = csv(frame_of(60, y=target_of(60, ["0", "1"])))
    test = csv(frame_of(12).assign(id=ids[:12]))
    assert load_competition(folder(train, test, None)).ids.tolist() == ids[:12]


def test_a_split_by_repeated_values_is_a_split_by_groups(folder):
    patients = [f"p{i // 3}" for i in range(60)]
    test = csv(frame_of(30, start=60, patient=[f"q{i // 3}" for i in range(30)]))
    path = write_pair(folder, test=test, patient=patients, y=target_of(60, ["0", "1"]))
    c = load_competition(path)
    assert c.groups.tolist() == patients
    assert c.roles["patient"] == "drop"


def test_a_split_by_date_is_a_split_in_time(folder):
    days = pd.date_range("2020-01-01", periods=72).strftime("%Y-%m-%d")
    test = csv(frame_of(12, start=60, day=days[60:]))
    path = write_pair(folder, test=test, day=days[:60], y=target_of(60, ["0", "1"]))
    c = load_competition(path)
    assert c.settings.time == "day" and c.times[0] == np.datetime64("2020-01-01")


def test_weights_that_leave_nothing_to_learn_from_are_refused(folder):
    path = write_pair(folder, weight=["0"] * 60, y=target_of(60, ["0", "1"]))
    train = pd.read_csv(path / "train.csv", dtype="str")
    settings = CompetitionSettings(weights="weight", target="y")
    with pytest.raises(CompetitionError, match=r"'weight' \(weights\) leaves no row"):
        load_competition(path, settings)
    train.assign(weight=train["y"]).to_csv(path / "train.csv", index=False)
    with pytest.raises(CompetitionError, match="leaves one class"):
        load_competition(path, settings)


def folds_file(n_rows=60, **columns):
    """Return the text of a file of folds, its rows in another order."""
    frame = pd.DataFrame({"id": [f"{i:03d}" for i in range(n_rows)], **columns})
    return csv(frame[::-1])


def test_a_file_of_folds_gives_each_row_its_fold_by_id(folder):
    one, other = target_of(60, "012"), target_of(60, "ab")
    path = folder(folds__csv=folds_file(a=one, b=other))
    declared = CompetitionSettings(folds="folds.csv")
    competition = load_competition(path, declared)
    assert competition.folds.T.tolist() == [one, other]
    folds = make_folds(competition, FoldSpec())
    assert len(folds) == 5 and set(folds.times_validated) == {2}
    assert folds.pairs[1][1].tolist() == list(range(1, 60, 3))
    before = competition.fingerprint
    folder(folds__csv=folds_file(a=other, b=one))
    assert load_competition(path, declared).fingerprint != before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (folds_file(59, k=["0"] * 59), "folds.csv: 1 training rows have no fold: 059"),
        (folds_file(k=[""] + ["0"] * 59), "1 training rows have no fold: 000"),
        (folds_file(k=["0"] * 60) + "000,1\n", "1 ids repeat in 'id'; '000'"),
        (folds_file(), "an id and one column of folds"),
    ],
)
def test_a_file_of_folds_that_leaves_rows_out_is_refused(folder, text, message):
    with pytest.raises(CompetitionError, match=message):
        load_competition(
            folder(folds__csv=text), CompetitionSettings(folds="folds.csv")
        )


def test_a_file_of_folds_that_nobody_asked_for_is_told(folder):
    competition = load_competition(folder(folds__csv=folds_file(k=["0"] * 60)))
    assert competition.folds is None
    assert any(note.startswith("folds.csv is not used") for note in competition.notes)


def test_a_column_that_only_train_has_makes_folds(folder):
    path = write_pair(folder, town=target_of(60, "abc"), y=target_of(60, ["0", "1"]))
    test = pd.read_csv(path / "test.csv", dtype="str").drop(columns="town")
    test.to_csv(path / "test.csv", index=False)
    competition = load_competition(path, CompetitionSettings(target="y"))
    assert "town" not in competition.X
    spec = FoldSpec(splitter="column", column="town")
    last = competition.take(np.arange(30, 60))
    for part, n_rows in ((competition, 20), (last, 10)):
        assert [len(valid) for _, valid in make_folds(part, spec)] == [n_rows] * 3
    with pytest.raises(PipelineError, match="did you mean 'town'"):
        make_folds(competition, FoldSpec(splitter="column", column="towm"))


def test_weights_and_folds_are_no_features(folder):
    train = frame_of(60, weight=["2"] * 60, k=target_of(60, "012"))
    train["y"] = target_of(60, ["0", "1"])
    path = folder(csv(train), csv(frame_of(12, start=60)), None)
    c = load_competition(path, CompetitionSettings(target="y", folds="k"))
    assert c.weights.tolist() == [2.0] * 60
    assert c.folds[:3].tolist() == ["0", "1", "2"]
    assert list(c.X) == ["size"]


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["gender_submission.csv"], "gender_submission.csv"),
        (["sampleSubmission.csv", "my_submission.csv"], "sampleSubmission.csv"),
        (["sample_submission.csv", "submission.csv"], "sample_submission.csv"),
    ],
)
def test_the_sample_is_found_under_its_usual_names(folder, names, chosen):
    path = folder(sample=None)
    for name in names:
        (path / name).write_text("id,target\n060,0.5\n")
    assert load_competition(path).settings.sample == chosen


def test_the_fingerprint_is_of_bytes_and_facts_not_of_places(folder, tmp_path):
    path = folder()
    first = load_competition(path)
    moved = path.rename(path.parent / f"{path.name} moved ёж")
    assert load_competition(moved).fingerprint == first.fingerprint
    assert load_competition(moved, metric="log_loss").fingerprint != first.fingerprint
    text = (moved / "train.csv").read_text().replace("000,0.5", "000,0.6")
    (moved / "train.csv").write_text(text)
    assert load_competition(moved).fingerprint != first.fingerprint


def test_the_description_names_what_was_understood(folder):
    lines = "\n".join(describe(load_competition(folder())))
    assert "60 rows to learn from, 12 to predict" in lines
    assert "target: target (the sample's column)" in lines
    assert "category: kind" in lines


@pytest.mark.parametrize("name", ['"', "a,b", "{}", "%s", "../x", "<b>", "\u202e", "ё"])
def test_hostile_names_are_only_names(folder, name):
    train = frame_of(60, y=target_of(60, [name, "other"])).rename(
        columns={"size": name}
    )
    test = frame_of(12, start=60).rename(columns={"size": name})
    c = load_competition(folder(csv(train), csv(test), None))
    assert list(c.X) == [name] and name in c.task.classes


def test_a_description_cannot_steer_a_terminal(folder):
    train = frame_of(60, y=target_of(60, ["0", "1"]))
    train = train.rename(columns={"size": "a\x1b[31m\u202e"})
    test = train[:5].drop(columns="y")
    c = load_competition(folder(csv(train), csv(test), None))
    assert all(line.isprintable() for line in describe(c))


@pytest.mark.parametrize("role", ["number", "datetime"])
def test_a_role_that_reads_no_cell_is_an_error(folder, role):
    text = f'[columns]\nkind = "{role}"\n'
    with pytest.raises(CompetitionError, match=f"kind: no cell reads as a {role}"):
        load_competition(folder(competition__toml=text))


def dated_pair(folder, written):
    """Load a competition with a column of dates."""
    return load_competition(write_pair(folder, 60, when=written, y=target_of(60, "ab")))


def spelled(form, n=60):
    first = pd.Timestamp("2020-01-02 00:07")
    moments = [first + k * pd.Timedelta(days=17, minutes=97) for k in range(n)]
    return [moment.strftime(form) for moment in moments]


def test_dates_that_are_not_read_are_told_loudly(folder):
    halves = [*spelled("%d/%m/%Y")[::2], *spelled("%m/%d/%Y")[1::2]]
    competition = dated_pair(folder, halves)
    told = [note for note in competition.notes if note.startswith("warning: ")]
    assert competition.roles["when"] != "datetime"
    assert len(told) == 1 and "column 'when' looks like dates" in told[0]
    assert told[0] in describe(competition)


def test_declared_dates_are_read_as_far_as_they_go(folder):
    halves = [*spelled("%d/%m/%Y")[::2], *spelled("%m/%d/%Y")[1::2]]
    path = write_pair(folder, 60, when=halves, y=target_of(60, "ab"))
    (path / "competition.toml").write_text('[columns]\nwhen = "datetime"\n')
    assert load_competition(path).X["when"].notna().mean() > 0.5


def test_dates_of_zeros_are_missing_and_told(folder):
    written = ["0000-00-00", *spelled("%Y-%m-%d")[:57], "0000-00-00", "0000-00-00"]
    competition = dated_pair(folder, written)
    assert competition.roles["when"] == "datetime"
    assert competition.X["when"].isna().sum() == 3
    assert any("'0000-00-00' are missing dates" in note for note in competition.notes)


def test_a_form_that_stored_work_did_not_know_is_part_of_the_fingerprint(folder):
    dotted = dated_pair(folder, spelled("%d.%m.%y %H:%M"))
    assert dotted.schema.new_forms() == {"when": "uniform %d.%m.%y %H:%M"}
    known = dated_pair(folder, spelled("%Y-%m-%d %H:%M"))
    assert known.schema.new_forms() == {}


def test_spans_of_time_are_seconds_in_both_tables(folder):
    spans = [f"{k}:02:{k % 60:02d}" for k in range(1, 61)]
    X = dated_pair(folder, spans).X["when"]
    assert X[:2].tolist() == [3600 + 121, 7200 + 122]


def test_numbers_that_floats_cannot_tell_apart_are_told_loudly(folder):
    path = write_pair(
        folder, 60, key=[str(2**60 + k) for k in range(60)], y=target_of(60, "ab")
    )
    (path / "competition.toml").write_text('[columns]\nkey = "number"\n')
    told = [n for n in load_competition(path).notes if n.startswith("warning: ")]
    assert len(told) == 1 and "of 60 different whole numbers beyond 2**53" in told[0]


def test_times_of_day_are_no_time_to_split_by(folder):
    late = [f"{h:02d}:{m:02d}" for h in (1, 2, 3) for m in range(0, 60, 3)]
    train = frame_of(60, clock=late, y=target_of(60, "ab"))
    test = frame_of(12, start=60, clock=[f"23:{m}" for m in range(10, 22)])
    competition = load_competition(folder(csv(train), csv(test), None))
    assert competition.roles["clock"] == "datetime"
    assert competition.settings.time == ""


@pytest.mark.parametrize(("minus", "differs"), [("\u2212", True), ("-", False)])
def test_marks_that_stored_work_did_not_know_are_part_of_the_fingerprint(
    folder, monkeypatch, minus, differs
):
    written = [f"{minus if row % 2 else ''}{row}.5" for row in range(60)]
    path = write_pair(folder, 60, level=written, y=target_of(60, "ab"))
    competition = load_competition(path)
    assert competition.X["level"].min() == -59.5
    name = "ensemble_kit.competition.loading.has_typeset_marks"
    monkeypatch.setattr(name, lambda cells: False)
    before = load_competition(path).fingerprint
    assert (competition.fingerprint != before) is differs


@pytest.mark.parametrize(
    ("form", "is_told"),
    [("{}.5 km/h", True), ("{}cm", True), ("from {} to {}", True), ("{}", False)],
)
def test_numbers_with_units_that_are_not_read_are_told_loudly(folder, form, is_told):
    written = [form.format(number % 50, number) for number in range(60)]
    notes = load_competition(
        write_pair(folder, 60, speed=written, y=target_of(60, "ab"))
    ).notes
    told = [note for note in notes if note.startswith("warning: column 'speed'")]
    assert len(told) == is_told


@pytest.mark.parametrize("stand_in", ["-999", "9999"])
def test_a_number_of_nines_far_from_all_others_is_named(folder, stand_in):
    sizes = [stand_in if i % 9 == 0 else str(i / 7) for i in range(60)]
    made = write_pair(folder, width=sizes, target=target_of(60, ["a", "b"]))
    told = [note for note in load_competition(made).notes if "far from all" in note]
    assert len(told) == 1 and f"'width': {stand_in} stands in" in told[0]
    sizes = [stand_in if i % 9 == 0 else str(i * 150 - 900) for i in range(60)]
    made = write_pair(folder, width=sizes, target=target_of(60, ["a", "b"]))
    assert not [n for n in load_competition(made).notes if "far from all" in n]


def test_dates_of_another_role_and_other_centuries_are_named(folder):
    days = pd.date_range("2012-01-30", periods=60, freq="17D")
    made = write_pair(
        folder,
        number=[*days[:6].strftime("%y%m%d")] * 10,
        born=days.map(lambda day: day.replace(year=day.year + 33)).strftime("%d.%m.%y"),
        target=target_of(60, ["a", "b"]),
    )
    notes = "; ".join(load_competition(made).notes)
    assert "'number' holds numbers of six digits" in notes
    assert "'born': its years of two digits are taken for 1945 to 2044" in notes


def test_plain_codes_that_are_taken_as_categories_are_not_told_of(folder):
    codes = [str(14956 + 17 * (number % 50)) for number in range(200)]
    path = write_pair(folder, 200, resource_id=codes, y=target_of(200, "ab"))
    (path / "competition.toml").write_text('[columns]\nresource_id = "category"\n')
    told = [note for note in load_competition(path).notes if "resource_id" in note]
    assert not [note for note in told if note.startswith("warning:")]
