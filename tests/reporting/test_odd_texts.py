"""Odd texts through a whole run: each is written for, left out with a note, or cut."""

import json

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.text_competition import load_text_competition
from ensemble_kit.competition.text_facts import describe_texts
from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.models.sequences.plain_texts import CopiedText, NearestText
from ensemble_kit.models.sequences.sequence_to_sequence import SequenceToSequence
from ensemble_kit.reporting.text_run import run_texts

N_TRAIN = 20
LONG = "ab c" * 25_000
TOML = 'task = "text"\ntarget = "written"\nmetric = "{}"\n'
ODD = {  # rows of train and of test
    "empty": {3: ("", "NOTHING"), 21: ("", "NOTHING")},
    "no target": {4: ("a b", "")},
    "long source": {5: (LONG, "LONG"), 22: (LONG, "LONG")},
    "long target": {6: ("tell", LONG.upper()), 23: ("tell", LONG.upper())},
    "never seen": {24: ("\N{GRINNING FACE} \u4e2d\u200b", "?")},
    "blank": {7: ("   ", "BLANK"), 25: ("   ", "BLANK")},
}
CUT = "tokens are cut; a higher {} reads more of them"


def members():
    """Return small networks of all tokens, and the two plain members."""
    how = {"hidden": 4, "embedding_dim": 3, "epochs": 1, "beams": 1}
    how |= {"max_length": 32, "max_target": 32, "random_state": 0}
    units = ("char", "word", "subword")
    nets = {unit: SequenceToSequence(unit=unit, **how) for unit in units}
    return nets | {"nearest": NearestText(n_neighbors=1), "copy": CopiedText()}


def write(folder, odd, metric="exact_match"):
    """Write a competition whose target is the source in capitals, with odd rows."""
    draw = np.random.default_rng(0)
    said = ["".join(draw.choice(list("abc "), 7)).strip() or "a" for _ in range(30)]
    table = pd.DataFrame({"id": range(30), "said": said})
    table["written"] = table["said"].str.upper()
    for row, (source, target) in odd.items():
        table.loc[row, ["said", "written"]] = source, target
    train, test = table[:N_TRAIN], table[N_TRAIN:]
    train.to_csv(folder / "train.csv", index=False)
    test[["id", "said"]].to_csv(folder / "test.csv", index=False)
    sample = test[["id"]].assign(written="?")
    sample.to_csv(folder / "sample_submission.csv", index=False)
    (folder / "competition.toml").write_text(TOML.format(metric))
    return load_text_competition(folder)


def run(folder, competition):
    done = run_texts(competition, members(), name="odd", output=folder)
    assert done.facts["failures"] == {}
    written = pd.read_csv(done.folder / "submission.csv", keep_default_na=False)
    assert len(written) == len(competition.X_test)
    return done, dict(zip(written["id"], written["written"], strict=True))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a run over all odd texts together, and what it has written."""
    folder = tmp_path_factory.mktemp("odd")
    every = {row: pair for rows in ODD.values() for row, pair in rows.items()}
    return run(folder, write(folder, every))


def test_empty_and_blank_sources_have_targets_like_others(whole):
    _, written = whole
    nearest = whole[0].blend.test.best("nearest")
    assert nearest[[1, 5]].tolist() == ["NOTHING", "BLANK"]
    assert isinstance(written[21], str)


def test_rows_without_a_target_are_left_out_with_a_note(whole):
    notes = whole[0].facts["notes"]
    assert notes.count("train: 1 rows have no target and are left out") == 1


def test_long_texts_are_cut_with_one_note_for_each_member_and_side(whole):
    cut = [note for note in whole[0].facts["notes"] if "are cut" in note]
    assert sorted(cut) == sorted(
        f"{unit}: {side} of more than 32 {CUT.format(setting)}"
        for unit in ("char", "word", "subword")
        for side, setting in (("sources", "max_length"), ("targets", "max_target"))
    )
    nearest = whole[0].blend.test.best("nearest")
    assert nearest[2] == "LONG" and nearest[3] == LONG.upper()


def test_reports_show_the_beginning_of_a_long_text(whole):
    sizes = [(whole[0].folder / f"report.{e}").stat().st_size for e in ("md", "html")]
    assert max(sizes) < 100_000
    assert len(json.loads((whole[0].folder / "report.json").read_text())["notes"]) < 12


def test_characters_never_seen_are_written_for_and_told_before(tmp_path):
    competition = write(tmp_path, ODD["never seen"])
    told = [line for line in describe_texts(competition) if "not in train" in line]
    assert len(told) == 1 and told[0].startswith("3 characters of test sources")
    done, written = run(tmp_path, competition)
    assert isinstance(written[24], str)
    assert done.blend.test.best("copy")[4] == ODD["never seen"][24][0]


@pytest.mark.parametrize("metric", ["edit_distance", "bleu", "chrf"])
def test_every_metric_scores_long_texts_and_empty_ones(tmp_path, metric):
    plain = {"nearest": NearestText(n_neighbors=1), "copy": CopiedText()}
    odd = {6: ("tell", LONG.upper()[:20_000]), **ODD["empty"]}
    competition = write(tmp_path, odd, metric)
    done = run_texts(competition, plain, name="plain", output=tmp_path)
    assert all(np.isfinite(score) for score in done.blend.scores.values())


def test_targets_that_are_all_empty_are_refused_in_one_line(tmp_path):
    odd = dict.fromkeys(range(N_TRAIN - 1), ("a", ""))
    with pytest.raises(CompetitionError, match="1 rows have a text in 'written'; at"):
        write(tmp_path, odd)


def test_a_text_is_written_at_most_somewhat_longer_than_any_seen():
    sources = ["a", "b"] * 10
    net = SequenceToSequence(hidden=4, embedding_dim=3, epochs=0, random_state=0)
    net.fit(sources, ["A", "BBBB"] * 10)
    written = net.predict(["b" * 200])
    assert len(written[0]) <= net.limit_ == int(1.5 * 5) + 8
