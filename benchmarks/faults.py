"""Faults at random moments and places, and what the same command gives afterwards.

    python benchmarks/faults.py --faults 200 --mutations 500 [--table faults.tsv]

A fault is done to one of three small runs: a process killed, a file damaged, a disk
full, runs at once. Afterwards the same command has to give the undisturbed bytes, or to
say what to do and exit with another code than 0. Then archives and kept runs are
changed inside their checksums and read. Exit code 1 when anything differs in silence,
ends in a traceback, dies or leaves a file where none belongs.

Every fault is drawn from its own number. ``--table`` grows a line at a time, and what
stands in it is not done again. Every command is the command line's, in a process forked
from this one, so that nothing is imported twice; on Linux alone.
"""

import argparse
import contextlib
import csv
import errno
import hashlib
import os
import resource
import runpy
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from mutations import mutate_archive, mutate_run

DAMAGE = Path(__file__).parents[1] / "tests" / "store" / "damage.py"
WARM = (
    "ensemble_kit.cli",
    "ensemble_kit.cli.terminal.leaderboard",
    "ensemble_kit.reporting.submitting",
    "ensemble_kit.reporting.comparing",
    "ensemble_kit.running.finished.predicting",
    "ensemble_kit.store.archive",
    "sklearn.ensemble",
)
PIPELINES = {
    "binary": """
        [folds]
        n_splits = 2
        [level1.trees]
        model = "extra_trees"
        params = { n_estimators = 5 }
        [level1.boosted]
        model = "lightgbm"
        params = { n_estimators = 5 }
        [level2.blend]
        model = "mean"
        [submit]
        member = "blend"
        """,
    "multiclass": """
        [folds]
        n_splits = 2
        [level1.words]
        model = "logistic_regression"
        [level1.shallow]
        model = "lightgbm"
        params = { n_estimators = 3, num_leaves = 4 }
        [level2.best]
        model = "greedy_blend"
        [submit]
        member = "best"
        """,
    "regression": """
        [folds]
        n_splits = 3
        [level1.line]
        model = "ridge"
        [level1.forest]
        model = "random_forest"
        params = { n_estimators = 4 }
        """,
}
SAME, TOLD = "same bytes", "told"
BAD = ("differs in silence", "traceback", "dies", "hangs", "a file outside", "memory")
COLUMNS = ("trial", "number", "run", "kind", "came", "told")
PATIENCE = 600.0
UNEXPECTED = 70
LEARNT = Path(tempfile.gettempdir()) / f"faults-{os.getpid()}.modules"


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, what it printed, and its peak in bytes."""

    code: int
    output: str
    peak: int

    @property
    def trouble(self) -> str:
        """Return what is wrong with the end itself, whatever it gave."""
        if self.code == -signal.SIGALRM:
            return "hangs"
        if self.code == UNEXPECTED or "Traceback (most recent" in self.output:
            return "traceback"
        return "dies" if self.code < 0 else ""


@dataclass
class Case:
    """A competition, its pipeline, and what it gives undisturbed."""

    name: str
    folder: Path
    pipeline: Path
    whole: Path
    seconds: float = 0.0
    digests: tuple[str, ...] = ()
    later: str = ""

    def arguments(self, out: Path, jobs: int = 0) -> list[str]:
        """Return the command that makes the run."""
        words = ["submit", str(self.folder), "--pipeline", str(self.pipeline)]
        words += ["--output", str(out)]
        return [*words, "--jobs", str(jobs)] if jobs else words

    def later_rows(self, run: Path, out: Path) -> list[str]:
        """Return the command that predicts with the run."""
        return ["predict", str(run), str(self.folder / "test.csv"), "-o", str(out)]


@dataclass
class Tally:
    """What came of the faults, by kind."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)

    def add(self, kind: str, came: str, told: str) -> None:
        """Count one; what must not be is shown at once."""
        self.counts.setdefault(kind, Counter())[came] += 1
        if came in BAD:
            self.bad.append(f"{kind}: {came}")
            sys.stderr.write(f"{kind}: {came}\n{told[-1500:]}\n")
            sys.stderr.flush()

    def lines(self) -> Iterator[str]:
        """Yield the table in Markdown."""
        yield f"| fault | times | {SAME} | {TOLD} | {' | '.join(BAD)} |"
        yield "|---" * (4 + len(BAD)) + "|"
        for kind, counts in self.counts.items():
            cells = (str(counts[came]) for came in (SAME, TOLD, *BAD))
            yield f"| {kind} | {counts.total()} | {' | '.join(cells)} |"


def start(
    arguments: list[str],
    log: Path,
    before: Callable[[], None] = lambda: None,
    learns: bool = False,
) -> int:
    """Fork a process that is the command line with these arguments."""
    child = os.fork()
    if child:
        return child
    code = UNEXPECTED
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.alarm(int(PATIENCE))
        for number in (1, 2):
            os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
        sys.argv = ["ensemble-kit", *arguments]
        if "--jobs" not in arguments:  # the work is done here, in one process
            options = import_module("ensemble_kit.cli.options")
            options.count_cores = lambda: 0
        before()
        import_module("ensemble_kit.cli").main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
            if learns:
                LEARNT.write_text("\n".join(list(sys.modules)))
        os._exit(code)


def finish(child: int, log: Path) -> Ended:
    """Wait for a process and tell how it ended."""
    _, status, usage = os.wait4(child, 0)
    output = log.read_text(errors="replace") if log.is_file() else ""
    code = os.waitstatus_to_exitcode(status)
    return Ended(code, output, usage.ru_maxrss * 1024)


def call(
    arguments: list[str], log: Path, before: Callable[[], None] = lambda: None
) -> Ended:
    """Run a command to its end."""
    log.unlink(missing_ok=True)
    return finish(start(arguments, log, before), log)


def call_and_learn(arguments: list[str], log: Path) -> Ended:
    """Run a command, and import what it has, so that no later one has to."""
    log.unlink(missing_ok=True)
    ended = finish(start(arguments, log, learns=True), log)
    if ended.code != 0:
        raise RuntimeError(ended.output)
    for name in LEARNT.read_text().splitlines():
        with contextlib.suppress(Exception):
            import_module(name)
    LEARNT.unlink()
    return ended


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run_of(output: str) -> Path:
    """Return the folder of the run that a command says it has written."""
    lines = (line for line in output.splitlines() if line.endswith("submission.csv"))
    return Path(next(lines)).parent


def digests_of(run: Path) -> tuple[str, ...]:
    """Return what has to be the same, whatever happened."""
    names = ("submission.csv", "oof.csv", "test_predictions.csv")
    return tuple(digest(run / name) for name in names)


def make_case(kind: str, root: Path) -> Case:
    """Write a competition and run it undisturbed."""
    rng, folder = np.random.default_rng(len(kind)), root / kind
    folder.mkdir()
    n_rows = 90
    number = rng.normal(size=n_rows)
    words = np.array(["red", "green", "blue", "round"])
    table = pd.DataFrame(
        {
            "id": np.arange(n_rows),
            "number": number,
            "colour": rng.choice(list("abc"), n_rows),
            "note": [" ".join(rng.choice(words, 4)) for _ in range(n_rows)],
        }
    )
    noisy = number + (table["colour"] == "a") + rng.normal(scale=0.3, size=n_rows)
    n_classes = {"binary": 2, "multiclass": 3}.get(kind)
    if n_classes:
        cuts = np.quantile(noisy, np.arange(1, n_classes) / n_classes)
        noisy = np.searchsorted(cuts, noisy)
    table.assign(target=noisy)[:60].to_csv(folder / "train.csv", index=False)
    table[60:].to_csv(folder / "test.csv", index=False)
    pipeline = root / f"{kind}.toml"
    pipeline.write_text(PIPELINES[kind])
    case = Case(kind, folder, pipeline, root / f"{kind}-whole")
    run = run_of(call_and_learn(case.arguments(case.whole), root / "log").output)
    case.digests = digests_of(run)
    call_and_learn(case.later_rows(run, root / "later.csv"), root / "log")
    case.later = digest(root / "later.csv")
    begin = time.monotonic()
    call(case.arguments(root / f"{kind}-timed"), root / "log")
    case.seconds = time.monotonic() - begin
    return case


def judge(case: Case, out: Path, ended: Ended) -> str:
    """Return what came of a command: SAME, TOLD, or one of BAD."""
    if ended.trouble:
        return ended.trouble
    if ended.code != 0:
        return TOLD if "ensemble-kit: " in ended.output else "traceback"
    run = run_of(ended.output)
    if digests_of(run) != case.digests:
        return "differs in silence"
    later, log = out.with_name("later.csv"), out.with_name("later.log")
    later.unlink(missing_ok=True)
    told = call(case.later_rows(run, later), log)
    if told.trouble or told.code != 0:
        return told.trouble or "differs in silence"
    return SAME if digest(later) == case.later else "differs in silence"


def again(case: Case, out: Path, rng: np.random.Generator) -> tuple[str, str]:
    """Give the same command once more and judge it."""
    log = out.with_name("again.log")
    ended = call(case.arguments(out), log)
    came = judge(case, out, ended)
    if came == TOLD:  # what it says to do is, at most, to give it once more
        ended = call(case.arguments(out), log)
        second = judge(case, out, ended)
        came = second if second in BAD else came
    return came, ended.output


def signalled(number: signal.Signals) -> Callable[..., tuple[str, str]]:
    """Return the fault of a signal at a random moment."""

    def fault(case: Case, out: Path, rng: np.random.Generator) -> tuple[str, str]:
        log = out.with_name("first.log")
        child = start(case.arguments(out), log)
        time.sleep(float(rng.uniform(0.0, 1.1 * case.seconds)))
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)
        ended = finish(child, log)
        # Before it has a handler, a command ends by the signal itself.
        if ended.trouble and ended.code != -number:
            return ended.trouble, ended.output
        return again(case, out, rng)

    return fault


def worker_killed(case: Case, out: Path, rng: np.random.Generator) -> tuple[str, str]:
    """Kill a worker process once, at a random moment."""
    log = out.with_name("first.log")
    child, until = start(case.arguments(out, jobs=1), log), time.monotonic() + 60
    workers: list[int] = []
    while not workers and time.monotonic() < until:
        time.sleep(0.05)
        workers = workers_of(out)
    time.sleep(float(rng.uniform(0.0, 6.0)))
    for worker in workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
    ended = finish(child, log)
    return judge(case, out, ended), ended.output


def workers_of(out: Path) -> list[int]:
    """Return the worker processes of runs that write into a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = path.read_bytes()
            if b"ensemble_kit.work.worker" in line and str(out).encode() in line:
                found.append(int(path.parent.name))
    return found


def damaged(where: str) -> Callable[..., tuple[str, str]]:
    """Return the fault of one file or folder of a finished run or its store."""
    faults = runpy.run_path(str(DAMAGE))["FAULTS"]

    def fault(case: Case, out: Path, rng: np.random.Generator) -> tuple[str, str]:
        shutil.copytree(case.whole, out)
        paths = sorted(path for path in (out / where).rglob("*"))
        path = paths[int(rng.integers(len(paths)))]
        done = faults[int(rng.integers(len(faults)))]
        if path.is_dir() and done.__name__ in ("flip", "truncate"):
            path = max(each for each in path.rglob("*") if each.is_file())
        done(path)
        told = f"{done.__name__} {path.relative_to(out)}\n"
        if where == "store" and rng.random() < 0.5:
            shutil.rmtree(out / "runs")
        if where == "runs":
            run = next((out / "runs").glob("[!.]*"))
            later = out.with_name("later.csv")
            ended = call(case.later_rows(run, later), out.with_name("later.log"))
            if ended.trouble:
                return ended.trouble, told + ended.output
            if ended.code == 0 and digest(later) != case.later:
                return "differs in silence", told + ended.output
        came, output = again(case, out, rng)
        return came, told + output

    return fault


def at_once(case: Case, out: Path, rng: np.random.Generator) -> tuple[str, str]:
    """Give the same command two or three times at once."""
    logs = [out.with_name(f"{n}.log") for n in range(int(rng.integers(2, 4)))]
    children = []
    for log in logs:
        children.append(start(case.arguments(out), log))
        time.sleep(float(rng.uniform(0.0, 0.3 * case.seconds)))
    ends = [finish(child, log) for child, log in zip(children, logs, strict=True)]
    for ended in ends:
        came = judge(case, out, ended)
        if came != SAME:
            return came if came in BAD else "differs in silence", ended.output
    if len(list((out / "runs").glob("[!.]*"))) != 1:
        return "a file outside", "more than one run"
    return SAME, ""


def full_disk(case: Case, out: Path, rng: np.random.Generator) -> tuple[str, str]:
    """Let no file grow beyond a random size, as on a disk that is full."""
    size = int(10 ** rng.uniform(3.3, 5.0))  # what is printed goes to a file, too

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    log = out.with_name("first.log")
    ended = call(case.arguments(out), log, limit)
    came = judge(case, out, ended) if ended.code == 0 else ended.trouble
    return (came, ended.output) if came in BAD else again(case, out, rng)


def failing_disk(case: Case, out: Path, rng: np.random.Generator) -> tuple[str, str]:
    """Let one call of the system fail, as a broken disk or a lost network would."""
    name = str(rng.choice(["fsync", "replace", "rename", "mkdir"]))
    number = int(rng.choice([errno.EIO, errno.ENOSPC, errno.EDQUOT]))
    left = int(rng.integers(0, 40))
    true = getattr(os, name)

    def fail(*arguments: object, **more: object) -> object:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError(number, os.strerror(number), str(arguments[0]))
        return true(*arguments, **more)

    def preload() -> None:
        setattr(os, name, fail)

    ended = call(case.arguments(out), out.with_name("first.log"), preload)
    came = judge(case, out, ended) if ended.code == 0 else ended.trouble
    if came in BAD:
        return came, f"{name} {os.strerror(number)}\n{ended.output}"
    return again(case, out, rng)


FAULTS: dict[str, Callable[..., tuple[str, str]]] = {
    "killed (SIGKILL)": signalled(signal.SIGKILL),
    "ended (SIGTERM)": signalled(signal.SIGTERM),
    "a worker killed": worker_killed,
    "a file of the store damaged": damaged("store"),
    "a file of the run damaged": damaged("runs"),
    "two or three at once": at_once,
    "a full disk": full_disk,
    "a failing disk": failing_disk,
}
# How often each is drawn.
SHARES = (0.15, 0.05, 0.05, 0.25, 0.2, 0.1, 0.1, 0.1)


def mutated_archive(case: Case, out: Path, rng: np.random.Generator) -> list[list[str]]:
    """Change an export of a store; return the command that reads it."""
    out.mkdir()
    mutate_archive(rng, case.whole.with_suffix(".zip"), out / "changed.zip")
    return [["store", "import", str(out / "store"), str(out / "changed.zip")]]


def mutated_run(case: Case, out: Path, rng: np.random.Generator) -> list[list[str]]:
    """Change a kept run; return the commands that read it."""
    shutil.copytree(case.whole / "runs", out / "runs")
    run = next((out / "runs").glob("[!.]*"))
    mutate_run(rng, run)
    return [
        case.later_rows(run, out / "later.csv"),
        ["compare", str(run), str(run)],
        ["runs", str(out)],
    ]


MUTATIONS = {"an archive changed": mutated_archive, "a kept run changed": mutated_run}


def read_mutated(
    case: Case, kind: str, out: Path, rng: np.random.Generator, honest: int
) -> tuple[str, str]:
    """Change something, read it, and judge what came of it."""
    commands = MUTATIONS[kind](case, out, rng)
    expected = {"store", "runs", "later.csv", "changed.zip"}
    codes = []
    for arguments in commands:
        ended = call(arguments, out.with_name("read.log"))
        if ended.trouble:
            return ended.trouble, " ".join(arguments[:2]) + "\n" + ended.output
        if ended.peak > 2 * honest:
            return "memory", f"{ended.peak:,} bytes\n{ended.output}"
        codes.append(ended.code)
    if {path.name for path in out.iterdir()} - expected:
        return "a file outside", str(sorted(out.iterdir()))
    return (TOLD if any(codes) else SAME), ""


@dataclass(frozen=True)
class Log:
    """The table on disk: what was done, and what came of it."""

    path: Path | None

    def known(self) -> dict[tuple[str, int], dict[str, str]]:
        """Return the lines by their kind of trial and number."""
        if self.path is None or not self.path.is_file():
            return {}
        with self.path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        return {(row["trial"], int(row["number"])): row for row in rows}

    def append(self, *cells: object) -> None:
        """Write one more line."""
        if self.path is None:
            return
        is_new = not self.path.is_file()
        with self.path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            if is_new:
                writer.writerow(COLUMNS)
            writer.writerow([" ".join(str(cell).split()) for cell in cells])


Trial = Callable[[Case, int, Path], tuple[str, str, str]]


def do_fault(case: Case, number: int, out: Path) -> tuple[str, str, str]:
    """Do the fault of a number; return its kind, what came of it and what was told."""
    rng = np.random.default_rng([0, number])
    kind = str(rng.choice(list(FAULTS), p=SHARES))
    return kind, *FAULTS[kind](case, out, rng)


def mutation_of(honest: int) -> Trial:
    """Return the trial of changing something and reading it in so many bytes."""

    def trial(case: Case, number: int, out: Path) -> tuple[str, str, str]:
        rng = np.random.default_rng([1, number])
        kind = list(MUTATIONS)[number % 2]
        return kind, *read_mutated(case, kind, out, rng, honest)

    return trial


def honest_peak(cases: list[Case], root: Path) -> int:
    """Export every store; return the bytes that this and predicting take at most."""
    peak = 0
    for case in cases:
        archive = case.whole.with_suffix(".zip")
        words = ["store", "export", str(case.whole), str(archive)]
        peak = max(peak, call(words, root / "log").peak)
        run = next((case.whole / "runs").glob("[!.]*"))
        words = case.later_rows(run, root / "later.csv")
        peak = max(peak, call(words, root / "log").peak)
    return peak


def main() -> None:
    """Do faults until there are enough, or the time is over, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--mutations", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    for name in WARM:
        import_module(name)
    numbers = {
        "fault": range(given.first, given.first + given.faults),
        "mutation": range(given.first, given.first + given.mutations),
    }
    tally = do_trials(numbers, Log(given.table), time.monotonic() + given.seconds)
    for line in tally.lines():
        sys.stdout.write(f"{line}\n")
    sys.exit(1 if tally.bad else 0)


def do_trials(numbers: dict[str, range], log: Log, until: float) -> Tally:
    """Do the trials of some numbers that the log lacks; count all that came of them."""
    tally, known = Tally(), log.known()
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        root = Path(name)
        cases = [make_case(kind, root) for kind in PIPELINES]
        trials = {"fault": do_fault, "mutation": mutation_of(honest_peak(cases, root))}
        for trial, number in ((t, n) for t in numbers for n in numbers[t]):
            if (row := known.get((trial, number))) is not None:
                tally.add(row["kind"], row["came"], row["told"])
            elif time.monotonic() <= until:
                case, place = cases[number % len(cases)], root / f"{trial}-{number}"
                place.mkdir()
                kind, came, told = trials[trial](case, number, place / "out")
                tally.add(kind, came, told)
                shown = told[-1500:] if came in BAD else ""
                log.append(trial, number, case.name, kind, came, shown)
                shutil.rmtree(place, ignore_errors=True)
    return tally


if __name__ == "__main__":
    main()
