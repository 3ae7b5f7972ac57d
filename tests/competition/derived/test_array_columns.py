"""Arrays beside the tables: what becomes of them, and what is refused."""

import numpy as np
import pytest

from ensemble_kit.competition import load_competition
from ensemble_kit.competition.declared.settings import dump_settings, parse_settings
from ensemble_kit.exceptions import CompetitionError

N_TRAIN, N_TEST = 60, 12
TOML = '[columns]\nimage = { array = "images.npy" }\n'


@pytest.fixture
def write(folder):
    """Return a function that writes a folder with an array beside its tables."""

    def with_array(array, toml=TOML):
        place = folder(competition__toml=toml)
        np.save(place / "images.npy", array)
        return place

    return with_array


def images(*shape, seed=0):
    draw = np.random.default_rng(seed)
    return draw.normal(size=(N_TRAIN + N_TEST, *shape)).astype(np.float32)


def test_the_numbers_of_an_array_are_columns_of_train_and_test(write):
    array = images(2, 3)
    array[5, 1, 2] = np.nan
    c = load_competition(write(array))
    names = [f"image_{at}" for at in range(1, 7)]
    assert list(c.X)[-6:] == list(c.X_test)[-6:] == names
    assert {c.roles[name] for name in names} == {"number"}
    found = np.concatenate([c.X[names], c.X_test[names]])
    np.testing.assert_array_equal(found.astype(np.float32), array.reshape(72, 6))


def test_whole_numbers_of_few_values_are_numbers_and_no_categories(write):
    c = load_competition(write(np.arange(72).reshape(72, 1) % 3))
    assert c.roles["image_1"] == "number"


def test_long_vectors_are_reduced_to_their_principal_components(write):
    hidden = images(4)
    array = hidden @ np.random.default_rng(1).normal(size=(4, 100))
    c = load_competition(write(array))
    names = [name for name in c.X if name.startswith("image_")]
    assert len(names) == 64
    found = np.concatenate([c.X[names], c.X_test[names]])
    assert (found[:, :4].var(axis=0) > 1e-3).all()
    np.testing.assert_allclose(found[:, 4:], 0, atol=1e-3)
    assert any("100 numbers of each row are reduced to 64" in note for note in c.notes)


def test_the_fingerprint_follows_from_the_array_and_nothing_changes_without(write):
    place = write(images(3))
    first = load_competition(place).fingerprint
    np.save(place / "images.npy", images(3, seed=1))
    assert load_competition(place).fingerprint != first
    (place / "competition.toml").unlink()
    assert not any(n.startswith("image") for n in load_competition(place).X)


def test_expressions_read_the_numbers_of_an_array(write):
    c = load_competition(write(images(2), TOML + 'both = "image_1 + image_2"\n'))
    total = c.X["image_1"] + c.X["image_2"]
    np.testing.assert_allclose(c.X["both"], total, rtol=1e-6)


def test_settings_keep_the_file_of_an_array():
    settings = parse_settings(TOML)
    assert settings.arrays == {"image": "images.npy"}
    assert parse_settings(dump_settings(settings)) == settings


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((71, 2)), r"shape \(71, 2\); 72 rows .* are expected"),
        (np.zeros(72), r"shape \(72,\)"),
        (np.full((72, 2), np.inf), "infinite"),
        (np.array([["a"]] * 72), "no array of numbers"),
    ],
)
def test_what_is_no_row_of_numbers_for_each_row_is_refused(write, array, words):
    with pytest.raises(CompetitionError, match=words):
        load_competition(write(array))


def test_a_file_that_would_run_code_or_lies_elsewhere_is_not_read(write, tmp_path):
    place = write(images(1))
    np.save(place / "images.npy", np.array([{}] * 72), allow_pickle=True)
    with pytest.raises(CompetitionError, match="image: .*allow_pickle=False"):
        load_competition(place)
    (place / "competition.toml").write_text(TOML.replace("images", "../images"))
    with pytest.raises(CompetitionError, match="leads outside the folder"):
        load_competition(place)
    (place / "competition.toml").write_text(TOML.replace("images", "none"))
    with pytest.raises(CompetitionError, match="there is no file 'none.npy'"):
        load_competition(place)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('{ array = "images.csv" }', "a file of numpy"),
        ("{ array = 3 }", "a file of numpy"),
        ('{ array = "a.npy", role = "text" }', "role: an array has none"),
    ],
)
def test_settings_that_name_no_array_are_refused(value, words):
    with pytest.raises(CompetitionError, match=words):
        parse_settings(f"[columns]\nimage = {value}\n")


def test_a_column_of_that_name_is_not_overwritten(write):
    place = write(images(1))
    for name in ("train", "test"):
        path = place / f"{name}.csv"
        path.write_text(path.read_text().replace("size", "image_1", 1))
    with pytest.raises(CompetitionError, match="image_1: train or test has a column"):
        load_competition(place)


def test_missing_numbers_of_long_vectors_are_means(write):
    array = images(70)
    array[:, 3] = np.nan
    array[4] = np.nan
    c = load_competition(write(array))
    names = [name for name in c.X if name.startswith("image_")]
    np.testing.assert_allclose(c.X.loc[4, names].astype(float), 0, atol=1e-4)
