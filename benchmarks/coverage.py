"""Whether the intervals of scores hold what they say, and whether scores flatter.

    python benchmarks/coverage.py [--competitions 200] [--noise 40]

*Coverage*: small made competitions, three kinds of target and four metrics in turn.
Labels of a quarter of the rows are hidden, the ordinary run is made, and the submitted
member is scored on the hidden rows with its 95 % interval, as ``holdout`` does. Counted
is how often that interval holds the score of the very same predictions on 10,000 fresh
rows; how often the interval of the out-of-fold score does, as the report tells it; and
how often that of the difference to another member holds the difference on fresh rows.

*Noise*: a target that nothing tells, 30 members and a greedy blend. Told is by how much
the out-of-fold score of what was submitted lies above chance, an AUC of 0.5, and by how
much its score on hidden rows does, each with its standard error over the draws. Beside
them stands the greedy blend scored on the rows that chose its weights.

Everything runs in this process; with the defaults some minutes of one core.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from ensemble_kit.blending import GreedyBlend
from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.hashing import fingerprint
from ensemble_kit.metrics import METRICS
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.reporting.holdout import holdout_facts
from ensemble_kit.reporting.page.scored_rows import ScoredRows
from ensemble_kit.running.preparing.metric_objectives import working_metric
from ensemble_kit.running.run import Run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.running.scores.submission_choice import decide_labels
from ensemble_kit.store.store import Store

Held = tuple[list[bool], list[bool], list[bool]]
N_ROWS, N_FRESH, HIDDEN = 400, 10_000, 0.25
NUMBERS = [f"number{k}" for k in range(6)]
KINDS = (
    ("binary", "log_loss"),
    ("binary", "accuracy"),
    ("binary", "auc"),
    ("regression", "rmse"),
)
FEW = """
[level1.ridge]
model = "ridge"
[level1.trees]
model = "extra_trees"
params = { n_estimators = 20, max_depth = 6 }
[level2.greedy]
model = "greedy_blend"
[submit]
member = "best"
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how often intervals hold, and how much scores of noise flatter."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--competitions", type=int, default=200)
    parser.add_argument("--noise", type=int, default=40)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        tell_coverage(chosen.competitions, Path(scratch))
        tell_noise(chosen.noise, Path(scratch))


def tell_coverage(n_competitions: int, scratch: Path) -> None:
    """Print in how many competitions intervals hold the score of fresh rows."""
    pipeline = written(FEW, scratch)
    held: dict[str, list[Held]] = {metric: [] for _, metric in KINDS}
    for seed in range(n_competitions):
        kind, metric = KINDS[seed % len(KINDS)]
        competition, y_fresh = made(kind, metric, seed, scratch)
        held[metric].append(
            hidden_and_fresh(competition, y_fresh, pipeline, seed, scratch)
        )
        if (seed + 1) % 20 == 0:
            _say_held(f"{seed + 1} competitions", sum(held.values(), []))
    for metric, some in held.items():
        _say_held(f"{metric}, {len(some)}", some)


def _say_held(what: str, some: Sequence[Held]) -> None:
    names = ("holdout", "out of fold", "differences")
    parts = ([one for each in part for one in each] for part in zip(*some, strict=True))
    told = (f"{n} {np.mean(part):6.1%}" for n, part in zip(names, parts, strict=True))
    say(f"{what:18}intervals that hold: {', '.join(told)}")


def tell_noise(n_draws: int, scratch: Path) -> None:
    """Print how far scores of noise lie above chance."""
    pipeline = written(thirty_members(), scratch)
    found: dict[str, list[float]] = {
        "submitted, out of fold": [],
        "submitted, hidden rows": [],
        "greedy blend, rows that chose its weights": [],
        "greedy blend, out of fold": [],
        "greedy blend, hidden rows": [],
    }
    for seed in range(n_draws):
        competition, _ = made("noise", "auc", seed, scratch)
        hidden, y_hidden = competition.hide(HIDDEN, seed)
        run = run_of(hidden, pipeline, scratch / f"noise{seed}")
        facts = holdout_facts(run, y_hidden, HIDDEN, seed)
        scores = (
            run.result(run.chosen).score,
            facts["score"],
            score_of_its_own_rows(run),
            run.result("greedy").score,
            facts["scores"]["greedy"],
        )
        for name, score in zip(found, scores, strict=True):
            found[name].append(score - 0.5)
    say(f"noise, {n_draws} draws, AUC above 0.5:")
    for name, values in found.items():
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        say(f"  {name:42}{np.mean(values):+8.4f} ± {error:.4f}")


def hidden_and_fresh(
    competition: Competition,
    y_fresh: np.ndarray,
    pipeline: Pipeline,
    seed: int,
    scratch: Path,
) -> Held:
    """Return which intervals hold what is found on fresh rows.

    Of the holdout, of the out-of-fold score, and of its differences to other members.

    The fresh rows follow the hidden ones in the file to predict, so that both are
    predicted by the same models.
    """
    hidden, y_hidden = competition.hide(HIDDEN, seed)
    n_hidden = len(y_hidden)
    X_test = pd.concat([hidden.X_test, competition.X_test], ignore_index=True)
    ids = np.array([f"t{at}" for at in range(len(X_test))], dtype=object)
    template = replace(hidden.template, ids=tuple(ids))
    both = replace(hidden, X_test=X_test, ids=ids, template=template)
    run = run_of(both, pipeline, scratch / f"held{seed}")
    first, last = slice(None, n_hidden), slice(n_hidden, None)
    facts = holdout_facts(part_of(run, first), y_hidden, HIDDEN, seed)
    scores, own = ScoredRows(run), score_of(run, run.chosen, last, y_fresh)
    sign = 1 if working_metric(competition).greater_is_better else -1
    gains = [
        (
            scores.gain(run.chosen, each.name),
            sign * (own - score_of(run, each.name, last, y_fresh)),
        )
        for each in run.results
        if each.name != run.chosen
    ]
    return (
        [holds(facts["interval"], own)],
        [holds(scores.estimate(run.chosen).interval, own)],
        [holds(gain.interval, value) for gain, value in gains if gain.standard_error],
    )


def holds(interval: tuple[float, float] | None, value: float) -> bool:
    """Return whether a value lies in an interval."""
    return interval is not None and interval[0] <= value <= interval[1]


def score_of(run: Run, name: str, rows: slice, y: np.ndarray) -> float:
    """Return a member's score on some of its test rows."""
    competition, metric = run.competition, working_metric(run.competition)
    oof, test = run.matrix.member(name)
    if metric.consumes != "label":
        return metric(y, test[rows])
    labels = decide_labels(competition.metric, oof, competition.y, test, None)
    return metric.score_labels(y, labels[rows])


def part_of(run: Run, rows: slice) -> Run:
    """Return a run as if some of its test rows were all."""
    matrix = run.matrix
    return replace(run, matrix=OOFMatrix(matrix.members, matrix.oof, matrix.test[rows]))


def score_of_its_own_rows(run: Run) -> float:
    """Return the AUC of a greedy blend on the rows that it was fitted on."""
    names = [result.name for result in run.results if result.level == 1]
    tensor = run.matrix.select(names).oof
    blend = GreedyBlend(metric="auc").fit(tensor, run.competition.y)
    return METRICS["auc"](run.competition.y, blend.predict_proba(tensor))


def run_of(competition: Competition, pipeline: Pipeline, scratch: Path) -> Run:
    """Return the ordinary run, made in this process."""
    scratch.mkdir()
    store = Store(scratch / "store", durable=False)
    return run_pipeline(competition, pipeline, store, Resources(0, scratch / "work"))


def made(
    kind: str, metric: str, seed: int, scratch: Path
) -> tuple[Competition, np.ndarray]:
    """Return a competition whose test file is fresh rows, and their target."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(N_ROWS + N_FRESH, len(NUMBERS)))
    slopes = rng.normal(size=len(NUMBERS))
    signal = values @ slopes / 2 + 0.5 * np.sin(2 * values[:, 0])
    noisy = signal * (kind != "noise") + rng.normal(size=len(values))
    y = noisy if kind == "regression" else (noisy > 0).astype(int)
    X = pd.DataFrame(values, columns=NUMBERS)
    ids = np.array([f"r{at}" for at in range(len(X))], dtype=object)
    competition = replace(
        read(kind, metric, scratch),
        X=X[:N_ROWS],
        y=y[:N_ROWS],
        train_ids=ids[:N_ROWS],
        X_test=X[N_ROWS:].reset_index(drop=True),
        ids=ids[N_ROWS:],
        fingerprint=fingerprint(["coverage", kind, metric, seed]),
    )
    return competition, y[N_ROWS:]


@cache
def read(kind: str, metric: str, scratch: Path) -> Competition:
    """Return a competition of a kind, for what draws have in common."""
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(90, len(NUMBERS))))
    table = rows.set_axis(NUMBERS, axis=1)
    table.insert(0, "id", [f"r{at}" for at in range(len(table))])
    signal = table[NUMBERS[0]]
    target = signal if kind == "regression" else np.where(signal > 0, "yes", "no")
    folder = scratch / f"{kind}-{metric}"
    folder.mkdir()
    table.assign(target=target)[:60].to_csv(folder / "train.csv", index=False)
    table[60:].to_csv(folder / "test.csv", index=False)
    sample = table[60:][["id"]].assign(target=0.5)
    sample.to_csv(folder / "sample_submission.csv", index=False)
    return load_competition(folder, metric=metric)


def thirty_members() -> str:
    """Return a pipeline of thirty members that draw differently, and a blend."""
    members = [
        f'[level1.trees{k}]\nmodel = "extra_trees"\nseeds = [{k}]\n'
        "params = { n_estimators = 4, max_depth = 6 }\n"
        for k in range(30)
    ]
    blend = '[level2.greedy]\nmodel = "greedy_blend"\n[submit]\nmember = "best"\n'
    return "".join([*members, blend])


def written(text: str, scratch: Path) -> Pipeline:
    """Return a pipeline from its text."""
    path = scratch / f"pipeline{len(text)}.toml"
    path.write_text(text)
    return load_pipeline(path)


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
