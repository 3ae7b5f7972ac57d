"""Whether made folders end in a right submission or in words that say why not.

    python benchmarks/fuzz.py [--runs 500] [--first 0] [--table fuzz.tsv]
        [--keep FOLDER]

Every seed makes a competition folder (see `made_folders`) in which one column carries
the target. A run of two small members and their mean ends in one of

- right: the submission has the sample's rows and columns in their order, the carrying
  column's out-of-fold AUC or R2 is above .95, and the test rows are predicted as well;
- told: the carrying column is named in a note of the competition;
- refused: one error of the kit that names a file or competition.toml;
- as plain: the scores are lower, and no better where the column says the same in plain
  words or numbers, so that its spelling costs nothing;
- failed: anything else, printed with its seed.

The table counts them by what the carrying column is. ``--table`` grows a line at a
time, and what stands in it is not run again. ``--runs 1 --first SEED --keep FOLDER``
makes one again and keeps its files.
"""

import argparse
import csv
import re
import sys
import tempfile
import tomllib
import traceback
import warnings
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import pandas as pd
from made_folders import MadeFolder, make_folder, read_values
from numpy.typing import NDArray
from sklearn.metrics import r2_score, roc_auc_score

from ensemble_kit.competition import Competition, load_competition
from ensemble_kit.competition.submission import write_submission
from ensemble_kit.exceptions import EnsembleKitError
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.running.run import Run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store

PIPELINE = """
name = "small"
folds = {{ n_splits = 3 }}
[features.small]
number = "passthrough"
category = "ordinal"
datetime = "dates"
text = "tfidf"
[level1.trees]
model = "lightgbm"
features = "small"
params = {{ n_estimators = 40, learning_rate = 0.2, min_child_samples = 3 }}
[level1.linear]
model = "{}"
params = {}
features = "linear"
[level2.blend]
model = "mean"
[submit]
member = "best"
"""
RIDGE = ("ridge", "{ alpha = 1.0 }")
LOGISTIC = ("logistic_regression", "{ C = 10.0 }")
COLUMNS = ("seed", "kind", "outcome", "facts", "seen")
OUTCOMES = ("right", "told", "refused", "as plain", "failed")
MIN_SCORE = 0.95
FEW, MIN_SCORE_OF_FEW = 100, 0.7
MIN_TEST_SCORE = 0.85
MAX_COST = 0.02  # of a score
FILE = re.compile(r"(train|test|sample_submission)\.csv|competition\.toml")


@dataclass(frozen=True)
class Outcome:
    """How a run ended, what was seen, and the scores that were too low."""

    name: str
    seen: str
    scores: tuple[float, ...] = ()


def main() -> None:
    """Print failures as they come, and the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    known = read_table(arguments.table)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for seed in range(arguments.first, arguments.first + arguments.runs):
        row = known.get(seed)
        if row is None:
            made, outcome = try_seed(seed, arguments.keep)
            values = (str(seed), made.kind, outcome.name, made.facts, outcome.seen)
            row = dict(zip(COLUMNS, values, strict=True))
            append(arguments.table, row)
        counts[row["kind"]][row["outcome"]] += 1
        if row["outcome"] == "failed" or arguments.verbose:
            say("{seed} {outcome}: {kind}: {facts}\n  {seen}".format(**row))
    say(table(counts))


def read_table(path: Path | None) -> dict[int, dict[str, str]]:
    """Return the lines of a table by their seed; none where there is no file."""
    if path is None or not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {int(row["seed"]): row for row in csv.DictReader(file, delimiter="\t")}


def append(path: Path | None, row: dict[str, str]) -> None:
    """Write one more line of a table, every cell of which is one line."""
    if path is None:
        return
    is_new = not path.is_file()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow({name: " ".join(cell.split()) for name, cell in row.items()})


def try_seed(seed: int, keep: Path | None = None) -> tuple[MadeFolder, Outcome]:
    """Return the folder of a seed, and how a run of it ended."""
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        base = keep or Path(scratch)
        made = make_folder(seed, base / f"made_{seed}")
        outcome = judge(made, Path(scratch))
        if outcome.name != "failed" or not outcome.scores:
            return made, outcome
        plain = make_folder(seed, Path(scratch) / "plain", is_plain=True)
        return made, _beside_plain(outcome, judge(plain, Path(scratch) / "of_plain"))


def _beside_plain(outcome: Outcome, plain: Outcome) -> Outcome:
    """Return the outcome of a run with low scores, by those of the plain spelling."""
    if len(plain.scores) != len(outcome.scores):
        return outcome
    pairs = zip(outcome.scores, plain.scores, strict=True)
    if any(score < other - MAX_COST for score, other in pairs):
        return outcome
    return Outcome("as plain", f"{outcome.seen}; in plain spelling: {plain.seen}")


def judge(made: MadeFolder, scratch: Path) -> Outcome:
    """Run a folder and return how it ended."""
    with Caught() as caught:
        competition = load_competition(made.folder)
        linear = LOGISTIC if competition.task.is_classification else RIDGE
        run = run_pipeline(
            competition,
            parse_pipeline(tomllib.loads(PIPELINE.format(*linear)), "small"),
            Store(scratch / "store"),
            Resources(0, scratch / "work"),
        )
        path = write_submission(
            competition, run.test, scratch / "submission.csv", run.labels
        )
        return _compare(made, run, pd.read_csv(path, dtype=str, keep_default_na=False))
    return _refusal(caught.error)


class Caught:
    """Keeps what is raised inside it, whatever it is: the next seed is tried."""

    error: BaseException | None = None

    def __enter__(self) -> "Caught":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self.error = error
        return isinstance(error, Exception)


def _refusal(error: BaseException | None) -> Outcome:
    """Return the outcome of a run that raised: one clear message, or a fault."""
    if isinstance(error, EnsembleKitError):
        is_clear = FILE.search(str(error)) is not None
        return Outcome("refused" if is_clear else "failed", str(error))
    return Outcome("failed", "".join(traceback.format_exception(error)))


def _compare(made: MadeFolder, run: Run, submission: pd.DataFrame) -> Outcome:
    """Return the outcome of a run that has written its submission."""
    competition = run.competition
    mistakes = _file_mistakes(made, submission)
    if mistakes:
        return Outcome("failed", "; ".join(mistakes))
    low = {**_low_scores(run), **_low_test_scores(made, competition, submission)}
    if not low:
        return Outcome("right", "")
    mistakes = [f"{what} {score:.3f}" for what, score in low.items()]
    named = [note for note in competition.notes if repr(made.carrier) in note]
    settings = competition.settings
    reason = settings.reasons.get(f"columns.{made.carrier}")
    taken = f"taken as {settings.columns.get(made.carrier)}: {reason}"
    seen = "; ".join([*mistakes, taken, *named])
    return Outcome("told" if named else "failed", seen, tuple(low.values()))


def _file_mistakes(made: MadeFolder, submission: pd.DataFrame) -> list[str]:
    """Return what is wrong with the rows and columns of a submission."""
    mistakes = []
    if list(submission) != made.sample_columns:
        mistakes.append(f"columns {list(submission)}, not {made.sample_columns}")
    if list(submission.iloc[:, 0]) != list(made.truth):
        mistakes.append("other ids, or in another order")
    return mistakes


def _low_scores(run: Run) -> dict[str, float]:
    """Return the best out-of-fold score by its name, where it is too low."""
    task, y = run.competition.task, run.competition.y
    rows = run.matrix.is_validated
    y = y[rows]
    scores = []
    for name in run.matrix.members:
        oof = run.matrix.member(name)[0][rows]
        if not task.is_classification:
            scores.append(r2_score(y, oof[:, 0]))
        else:
            seen = np.unique(y)
            scores.append(
                np.mean([roc_auc_score(y == label, oof[:, label]) for label in seen])
            )
    best = float(max(scores))
    what = "AUC" if task.is_classification else "R2"
    least = MIN_SCORE if len(y) >= FEW else MIN_SCORE_OF_FEW
    return {} if best > least else {f"out-of-fold {what}": best}


def _low_test_scores(
    made: MadeFolder, competition: Competition, submission: pd.DataFrame
) -> dict[str, float]:
    """Return the score of the test rows, where it is worse than that of the others."""
    truth, predicted = np.array(list(made.truth.values())), submission.iloc[:, 1]
    form = competition.template.form
    if form == "classes":
        found = submission.columns[1:][
            submission.iloc[:, 1:].astype(float).to_numpy().argmax(axis=1)
        ]
        score = float(np.mean(np.asarray(found) == truth))
    elif form == "probability":
        score = _auc(truth == competition.settings.positive, predicted.astype(float))
    elif form == "value":
        score = float(r2_score(read_values(truth), predicted.astype(float)))
    elif made.is_regression:
        found = read_values(predicted.to_numpy(str))
        score = float(np.isclose(found, read_values(truth)).mean())
    else:
        score = float(np.mean(predicted.to_numpy() == truth))
    least = MIN_TEST_SCORE if len(competition.y) >= FEW else MIN_SCORE_OF_FEW
    return {} if score > least else {f"{form} of test rows:": score}


def _auc(is_positive: NDArray[np.bool_], scores: pd.Series) -> float:
    """Return the AUC, 1 where all rows are of one class."""
    if is_positive.all() or not is_positive.any():
        return 1.0
    return float(roc_auc_score(is_positive, scores))


def table(counts: dict[str, Counter[str]]) -> str:
    """Return the counts by kind, and their sums, as lines of Markdown."""
    rows = [("column", "runs", *OUTCOMES), ("---", *["---:"] * (len(OUTCOMES) + 1))]
    sums: Counter[str] = sum(counts.values(), Counter())
    for kind, count in [*counts.items(), ("all", sums)]:
        cells = [str(count[name] or "") for name in OUTCOMES]
        rows.append((kind, str(count.total()), *cells))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
