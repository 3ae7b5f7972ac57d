"""Folds that are repeated as long as that tells two blends apart."""

import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import KFold

from ensemble_kit.metrics import METRICS
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.reporting.submitting import run
from ensemble_kit.running.run import MemberResult
from ensemble_kit.running.scores.member_noise import is_clear, noise_line, within_noise
from ensemble_kit.running.scores.repeating import MOST_REPEATS, repeat_until_clear
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.splitting.folds import Folds

TABLES = {
    "folds": {"n_splits": 2, "steady": True},
    "level1": {
        "linear": {"model": "ridge", "params": {"alpha": 2.0}},
        "near": {"model": "knn", "params": {"n_neighbors": 5}},
    },
    "level2": {"mean": {"model": "mean"}, "convex": {"model": "convex_blend"}},
    "submit": {"member": "mean"},
}


@dataclass(frozen=True)
class MadeRun:
    """As much of a run as repeats look at."""

    pipeline: Pipeline
    folds: Folds
    results: tuple[MemberResult, ...]
    notes: tuple[str, ...] = ()
    stopped: str = ""
    competition: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(metric=METRICS["rmse"])
    )


def blend(name, scores, level=2):
    return MemberResult(name, name, "", level, float(np.mean(scores)), tuple(scores), 0)


def maker(gap, noise, n_splits=5, same_folds=False, seed_of_scores=0):
    """Return what makes runs whose two blends are so far apart, fold by fold."""

    def fit(pipeline):
        pairs, scores = [], []
        for repeat in range(pipeline.folds.n_repeats):
            seed = 0 if same_folds else repeat
            splitter = KFold(n_splits, shuffle=True, random_state=seed)
            pairs += list(splitter.split(np.zeros(100)))
            scores += list(
                np.random.default_rng([seed_of_scores, repeat]).normal(size=n_splits)
            )
        first = blend("first", np.ones(len(pairs)))
        second = blend("second", 1 + gap + noise * np.array(scores))
        return MadeRun(pipeline, Folds(tuple(pairs), 100), (first, second))

    return fit


PIPELINE = parse_pipeline(TABLES, "here")


def repeats_of(fit, clock=None):
    found = repeat_until_clear(fit, PIPELINE, clock)
    assert not found.pipeline.folds.steady
    return found.pipeline.folds.n_repeats, found.notes[-1]


def test_blends_that_are_clearly_apart_need_one_draw():
    assert repeats_of(maker(gap=1.0, noise=0.1)) == (
        1,
        "folds were drawn 1 times: first and second differ by more than noise",
    )


def test_blends_that_are_nearly_apart_are_told_apart_by_more_draws():
    n_repeats, note = repeats_of(maker(0.12, 0.1, seed_of_scores=5))
    assert 1 < n_repeats < MOST_REPEATS and note.endswith("differ by more than noise")


def test_blends_that_differ_by_chance_alone_do_not_go_on_for_ever():
    n_repeats, note = repeats_of(maker(gap=0.0, noise=1.0))
    assert n_repeats < MOST_REPEATS and "more draws would not tell" in note


@pytest.mark.parametrize(
    ("fit", "clock", "reason"),
    [
        (maker(0.0, 1.0, same_folds=True), None, "there are no other folds"),
        (maker(0.0, 1.0), Clock(time.monotonic() - 9, 9.0), "the time is over"),
        (maker(0.0, 0.0), None, "score the same"),
    ],
)
def test_it_ends_where_more_draws_are_no_use(fit, clock, reason):
    n_repeats, note = repeats_of(fit, clock)
    assert n_repeats <= 2 and reason in note


def test_members_within_the_noise_of_the_folds_are_named():
    folds = maker(0, 0)(PIPELINE).folds
    near, far = np.array([1.1, 0.9, 1.05, 0.95, 1.02]), np.full(5, 2.0)
    results = [
        blend("own", np.ones(5)),
        blend("near", near, level=1),
        blend("far", far + near / 10),
        blend("elsewhere", [1.0, 1.1]),
    ]
    assert within_noise(results, "own", folds) == ["near"]
    assert is_clear(results[0], results[2], folds)
    assert noise_line("own", ["near"]).startswith("near and own differ by less")
    assert noise_line("own", list("abcdefg")).startswith("own and a, b, c, d, e and 2")


def test_a_run_repeats_its_folds_and_says_why_it_ended(competition_folder, tmp_path):
    finished = run(
        competition_folder(), PIPELINE, jobs=0, output=tmp_path, keep_models=False
    )
    (note,) = [n for n in finished.facts["notes"] if n.startswith("folds were drawn")]
    n_repeats = int(note.split()[3])
    assert finished.facts["n_folds"] == 2 * n_repeats
    text = (finished.folder / "pipeline.toml").read_text()
    assert "steady" not in text and (n_repeats == 1 or "n_repeats" in text)
