"""What a pretrained encoder adds to a run, and how fast it reads.

    python benchmarks/encoders.py gains FOLDER ... [--rows 1500] [--hidden 1500]
    python benchmarks/encoders.py tuned FOLDER ... [--rows 1000] [--hidden 1000]
    python benchmarks/encoders.py speed FOLDER [--texts 1000] [--length 256]
    python benchmarks/encoders.py trials FOLDER ... [--rows 20000] [--hidden 1000]
    python benchmarks/encoders.py limited FOLDER ... [--limit 240]

gains: so many rows of train.csv to learn from and others whose labels are hidden; the
same members with and without those on the encoder's vectors, blended the same way.
Scores out of fold and of the hidden rows, with the standard error of the difference
over resampled rows. FOLDER as in benchmarks/competitions.py.

tuned: the encoder's last layers fine-tuned, beside a linear model on its vectors as
they are and one on TF-IDF, each alone, its parameters found by its probe. Scores of
the hidden rows, what is gained on the linear model on vectors with its standard error,
and processor seconds of probe, fit and prediction.

speed: processor seconds and tokens per second, beside sentence-transformers on the
same texts, torch's dynamic int8 and ONNX Runtime where these are installed; the score
of a linear model that learns from half of the vectors, on the other half.

trials: what a limited run finds out before it encodes all texts. Members that know no
encoder learn from so many rows; of others, as many as a trial reads, the encoder has
to tell what these leave over. The share of the target's spread that is taken off the
squared error, its standard error, and processor seconds of encoding.

limited: the command line's own `submit FOLDER --time-limit`, where `minilm` is
installed and where it is hidden, both at once with one core each. Scores out of fold
and of the hidden rows of solution.csv, what is gained there and its standard error:
how much that varies between random halves of these rows.
"""

import argparse
import copy
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import pandas as pd
from folders import metric_of, read_folder
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from ensemble_kit.competition import Competition, score_submission
from ensemble_kit.features.encoders.encoder_folders import ENCODERS, find_encoder
from ensemble_kit.features.encoders.encoder_networks import Bert, Foreign
from ensemble_kit.features.encoders.encoders import Encoder, encoder_of
from ensemble_kit.oof.canonical_fit import predict, span
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.registry import load_object
from ensemble_kit.running.preparing.metric_objectives import working_metric
from ensemble_kit.running.run import Run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.splitting.inner_rows import inner_split
from ensemble_kit.store.store import Store
from ensemble_kit.work.judging.encoder_trial import JudgedRows

WITHOUT: dict[str, Any] = {
    "ridge": {"model": "ridge"},
    "logistic": {"model": "logistic_regression"},
    "boosted": {"model": "lightgbm"},
    "characters": {"model": "ridge", "features": "characters"},
    "scores": {"model": "ridge", "features": "scores"},
}
LINEAR = {"regression": "ridge"}
VECTORS: dict[str, Any] = {
    "ridge_vectors": {"model": "ridge", "features": "vectors"},
    "logistic_vectors": {"model": "logistic_regression", "features": "vectors"},
    "boosted_components": {"model": "lightgbm", "features": "components"},
}
BLEND = "blend"
N_DRAWS = 300
N_HALVES = 40
COMMAND = "from ensemble_kit.cli import main; main()"


def pipeline_of(members: dict[str, Any], encoder: str, n_splits: int) -> Pipeline:
    """Return members blended by convex weights."""
    params = {"encoder": encoder}
    tables = {
        "folds": {"n_splits": n_splits},
        "features": {
            "vectors": {"text": {"sentence_encoder": params}},
            "components": {
                "number": "passthrough",
                "category": ["ordinal", "count"],
                "datetime": "dates",
                "text": [{"sentence_components": params}, "text_statistics"],
            },
        },
        "level1": members,
        "level2": {BLEND: {"model": "convex_blend"}},
        "submit": {"member": BLEND},
    }
    return parse_pipeline(tables, "the benchmark", "benchmark")


def sample(
    competition: Competition, n_rows: int, n_hidden: int
) -> tuple[Competition, NDArray[Any]]:
    """Return a competition on some rows, and the hidden labels of its test rows."""
    n_all = min(n_rows + n_hidden, len(competition.X))
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(len(competition.X), n_all, replace=False))
    return competition.take(rows).hide(n_hidden / (n_rows + n_hidden), seed=0)


def compared(run: Run, other: Run, y_hidden: NDArray[Any]) -> Iterator[list[float]]:
    """Yield what two blends score, their gain and its error: out of fold, hidden."""
    metric = working_metric(run.competition)
    for part, y in enumerate((run.competition.y, y_hidden)):
        first, second = (each.matrix.member(BLEND)[part] for each in (run, other))
        draws = np.random.default_rng(1).integers(0, len(y), (N_DRAWS, len(y)))
        gains = [
            metric.error(y[rows], first[rows]) - metric.error(y[rows], second[rows])
            for rows in (np.arange(len(y)), *draws)
        ]
        spread = float(np.std(gains[1:]))
        yield [metric(y, first), metric(y, second), gains[0], spread]


def measure_gains(options: argparse.Namespace) -> None:
    """Print a line for every folder and part as soon as it is known."""
    say("folder", "metric", "rows", "without", "with", "gain", "se", "weights")
    for folder in options.folders:
        competition, y_hidden = sample(
            read_folder(folder), options.rows, options.hidden
        )
        runs = []
        with tempfile.TemporaryDirectory() as scratch:
            for members in (WITHOUT, {**WITHOUT, **VECTORS}):
                runs.append(
                    run_pipeline(
                        competition,
                        pipeline_of(members, options.encoder, options.folds),
                        Store(Path(scratch) / "store"),
                        Resources(options.jobs, Path(scratch) / "work"),
                    )
                )
        weights = runs[1].weights.get(BLEND, {})
        told = " ".join(f"{n} {w:.2f}" for n, w in weights.items() if n in VECTORS)
        for part, (before, after, gain, error) in zip(
            ("out of fold", "hidden"), compared(*runs, y_hidden), strict=True
        ):
            figures = [f"{value:.4f}" for value in (before, after, gain, error)]
            say(folder.name, competition.metric.name, part, *figures, told)


def measure_tuned(options: argparse.Namespace) -> None:
    """Print a line for every folder and model as soon as it is known."""
    say("folder", "metric", "model", "score", "gain", "se", "cpu s", "found")
    for folder in options.folders:
        competition, y_hidden = sample(
            read_folder(folder), options.rows, options.hidden
        )
        linear = LINEAR.get(competition.task.kind, "logistic_regression")
        members = {
            "TF-IDF": Member("words", linear, features="linear"),
            "vectors": Member("vectors", linear, features="frozen"),
            "text_bert": Member(
                "tuned", "text_bert", params={"encoder": options.encoder}
            ),
        }
        recipes = pipeline_of(WITHOUT, options.encoder, 2).recipes
        frozen = [b for b in recipes["linear"].blocks if b.role != "text"]
        text = Block("text", "sentence_encoder", {"encoder": options.encoder})
        recipes = {**recipes, "frozen": Recipe("frozen", (*frozen, text))}
        fits = {
            name: fit_alone(competition, member, recipes)
            for name, member in members.items()
        }
        for name, (predictions, seconds, found) in fits.items():
            first = fits["vectors"][0]
            score, gain, error = gained(competition, y_hidden, first, predictions)
            figures = [f"{score:.4f}", f"{gain:+.4f}", f"{error:.4f}", f"{seconds:.0f}"]
            told = " ".join(f"{n} {v:.3g}" for n, v in found.items())
            say(folder.name, competition.metric.name, name, *figures, told)


def fit_alone(
    competition: Competition, member: Member, recipes: Mapping[str, Recipe]
) -> tuple[NDArray[np.float64], float, dict[str, Any]]:
    """Return a member's predictions of the test rows, its seconds, and what its probe
    has found."""
    begin, task, y = time.process_time(), competition.task, competition.y
    X, X_test = competition.X, competition.X_test
    fit, held = inner_split(y, task.is_classification, seed=0)
    recipe = recipes[member.feature_set]

    def taken(rows: Any, others: Any, target: Any) -> tuple[Any, Any]:
        if recipe.is_raw:
            return rows, others
        features = recipe.build(0)
        return features.fit_transform(rows, target), features.transform(others)

    X_fit, X_held = taken(X.iloc[fit], X.iloc[held], y[fit])
    estimator = member.spec.build(task.kind, member.params, seed=0)
    found = load_object(member.spec.probe)(estimator, X_fit, y[fit], X_held, y[held])
    X_all, X_hidden = taken(X, X_test, y)
    estimator.set_params(**found).fit(X_all, y)
    span_of_y = span(y)
    outputs = predict(estimator, X_hidden, task.kind, task.n_outputs, span_of_y)
    return outputs, time.process_time() - begin, found


def gained(
    competition: Competition, y: NDArray[Any], first: NDArray, second: NDArray
) -> tuple[float, float, float]:
    """Return the score of the second, its gain on the first, and that one's error."""
    metric = working_metric(competition)
    draws = np.random.default_rng(1).integers(0, len(y), (N_DRAWS, len(y)))
    gains = [
        metric.error(y[rows], first[rows]) - metric.error(y[rows], second[rows])
        for rows in (np.arange(len(y)), *draws)
    ]
    return metric(y, second), gains[0], float(np.std(gains[1:]))


def measure_speed(options: argparse.Namespace) -> None:
    """Print what it takes to encode texts, in several ways, and what is learnt."""
    competition = read_folder(options.folders[0])
    column = competition.columns("text")[-1]
    rows = np.random.default_rng(0).permutation(len(competition.X))[: options.texts]
    texts = competition.X[column].iloc[rows].fillna("").astype(str).tolist()
    encoder = encoder_of(options.encoder, options.length)
    n_tokens = encoder.count_tokens(texts)
    name = competition.metric.name
    say("", "texts", "tokens", "cpu s", "tokens/s", name)
    for way, encode in ways_to_encode(encoder, options):
        encode(texts[:8])
        begin = time.process_time()
        vectors = np.asarray(encode(texts), dtype=np.float32)
        seconds = time.process_time() - begin
        score = learnt_from(vectors, competition, rows)
        figures = [f"{len(texts):,}", f"{n_tokens:,}", f"{seconds:.1f}"]
        say(way, *figures, f"{n_tokens / seconds:,.0f}", f"{score:.4f}")


def ways_to_encode(
    encoder: Encoder, options: argparse.Namespace
) -> Iterator[tuple[str, Callable[[list[str]], Any]]]:
    """Yield what turns texts into vectors, as far as its packages are installed."""
    yield "ensemble_kit, float32", encoder.encode
    if isinstance(encoder.network, Bert):
        half = LowPrecision(encoder.network)
        yield "ensemble_kit, bfloat16", with_network(encoder, half).encode
    path = find_encoder(options.encoder)
    if find_spec("sentence_transformers"):
        from sentence_transformers import SentenceTransformer

        plain = SentenceTransformer(str(path), device="cpu")
        plain.max_seq_length = encoder.max_length
        yield "sentence-transformers", plain.encode
    if not find_spec("transformers"):
        return
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(path, local_files_only=True).eval()
    eight = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear})
    yield "torch, int8", with_network(encoder, Foreign(eight)).encode
    if find_spec("onnxruntime") and find_spec("onnx"):
        with tempfile.TemporaryDirectory() as folder:
            for way, file in exported(model, Path(folder)).items():
                session = Session(file)
                yield f"onnxruntime, {way}", with_network(encoder, session).encode


class LowPrecision:
    """A network of the kit in bfloat16.

    Parameters
    ----------
    network : Bert
    """

    def __init__(self, network: Bert):
        import torch

        self.network = copy.copy(network)
        for name in ("words", "places"):
            setattr(self.network, name, getattr(network, name).to(torch.bfloat16))
        self.network.norm = as_pair(network.norm)
        self.network.layers = [
            {name: as_pair(pair) for name, pair in layer.items()}
            for layer in network.layers
        ]

    def __call__(self, ids: Any) -> Any:
        """Return the vectors of tokens."""
        return self.network(ids).float()


def as_pair(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return a weight and a bias in bfloat16."""
    return pair[0].bfloat16(), pair[1].bfloat16()


class Session:
    """A network that ONNX Runtime runs, on as many threads as torch has.

    Parameters
    ----------
    file : path
    """

    def __init__(self, file: Path):
        import onnxruntime
        import torch

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(str(file), options, providers)

    def __call__(self, ids: Any) -> Any:
        """Return the vectors of tokens."""
        import torch

        given = {"ids": ids.numpy(), "mask": np.ones(ids.shape, np.int64)}
        return torch.from_numpy(self.session.run(["hidden"], given)[0])


def exported(model: Any, folder: Path) -> dict[str, Path]:
    """Return files of ONNX with a network of transformers, whole and in int8."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    class Hidden(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, mask: Any) -> Any:
            return self.model(input_ids=ids, attention_mask=mask).last_hidden_state

    whole, eight = folder / "whole.onnx", folder / "eight.onnx"
    ids = torch.ones(2, 7, dtype=torch.long)
    names = ["ids", "mask", "hidden"]
    torch.onnx.export(
        Hidden(),
        (ids, ids),
        whole,
        input_names=names[:2],
        output_names=names[2:],
        dynamic_axes={name: {0: "texts", 1: "tokens"} for name in names},
        dynamo=False,
    )
    quantize_dynamic(whole, eight, weight_type=QuantType.QInt8)
    return {"float32": whole, "int8": eight}


def with_network(encoder: Encoder, network: Any) -> Encoder:
    """Return an encoder that runs another network on the same tokens."""
    other = replace(encoder)
    vars(other)["network"] = network
    return other


def learnt_from(
    vectors: NDArray[np.float32], competition: Competition, rows: NDArray[np.intp]
) -> float:
    """Return what a linear model on half of the vectors scores on the others."""
    task, y = competition.task, competition.y[rows]
    half = len(y) // 2
    model = LINEAR.get(task.kind, "logistic_regression")
    spec = Member("linear", model).spec
    estimator = spec.build(task.kind, {}, seed=0)
    X = StandardScaler().fit(vectors[:half]).transform(vectors)
    fit, held = inner_split(y[:half], task.is_classification, seed=0)
    found = load_object(spec.probe)(estimator, X[fit], y[fit], X[held], y[held])
    estimator.set_params(**found).fit(X[:half], y[:half])
    outputs = predict(estimator, X[half:], task.kind, task.n_outputs, span(y[:half]))
    return working_metric(competition)(y[half:], outputs)


def measure_trials(options: argparse.Namespace) -> None:
    """Print a line for every folder as soon as it is known."""
    say("folder", "texts", "rows", "gain", "se", "kept", "cpu s")
    for folder in options.folders:
        competition, y = sample(read_folder(folder), options.rows, options.hidden)
        recipes = pipeline_of(WITHOUT, options.encoder, 2).recipes
        outputs = [
            fit_alone(competition, member, recipes)[0]
            for member in trial_members(competition)
        ]
        encoder, columns = encoder_of(options.encoder), competition.columns("text")
        texts = [competition.X_test[c].fillna("").astype(str).tolist() for c in columns]
        begin = time.process_time()
        vectors = np.hstack([encoder.encode(each) for each in texts]).astype(np.float32)
        seconds = time.process_time() - begin
        rows, beside = (
            JudgedRows(y, competition.task.n_outputs, 0),
            np.stack(outputs, 1),
        )
        gain, error = rows.gain(rows.losses(beside), rows.losses(beside, vectors))
        kept = "yes" if gain > error else "no"
        figures = [f"{gain:+.4f}", f"{error:.4f}", kept, f"{seconds:.0f}"]
        say(folder.name, str(len(columns)), f"{len(y):,}", *figures)


def trial_members(competition: Competition) -> list[Member]:
    """Return members of several kinds that are soon fitted and know no encoder."""
    linear = LINEAR.get(competition.task.kind, "logistic_regression")
    members = [
        Member("words", linear, features="linear"),
        Member("characters", "ridge", features="characters"),
        Member("boosted", "lightgbm", features="trees"),
        Member("bayes", "naive_bayes", features="both"),
    ]
    return [m for m in members if m.spec.supports(competition.task.kind)]


def measure_limited(options: argparse.Namespace) -> None:
    """Print a line for every folder and way as soon as both have ended."""
    say("folder", "metric", "encoder", "out of fold", "hidden", "gain", "se", "seconds")
    for folder in options.folders:
        competition = read_folder(folder)
        with tempfile.TemporaryDirectory() as scratch:
            places = {way: Path(scratch) / way for way in ("without", "with")}
            seconds = run_limited(folder, places, options.limit)
            without, best = (submission_in(place) for place in places.values())
            gain, error = gained_on_files(without, best, folder, competition)
            for way, place in places.items():
                path = submission_in(place)
                told = (f"{gain:+.4f}", f"{error:.4f}") if way == "with" else ("", "")
                figures = (out_of_fold(path), scored(path, folder, competition))
                cells = [f"{value:.4f}" for value in figures]
                metric = competition.metric.name
                say(folder.name, metric, way, *cells, *told, f"{seconds[way]:.0f}")


def run_limited(
    folder: Path, places: Mapping[str, Path], limit: int
) -> dict[str, float]:
    """Run a folder with an encoder and without at once; return the seconds of each."""
    metric = metric_of(folder)
    begin, running = time.monotonic(), {}
    for way, place in places.items():
        place.mkdir()
        environment = dict(os.environ)
        if (
            way == "without"
        ):  # a module of the name that has no folder hides the package
            for card in ENCODERS.values():
                (place / f"{card.module}.py").touch()
            environment["PYTHONPATH"] = str(place)
        command = [sys.executable, "-c", COMMAND, "submit", str(folder), "--jobs", "1"]
        command += ["--time-limit", f"{limit}s", "--output", str(place / "run")]
        command += ["--store", str(place / "store")]
        command += ["--metric", metric] if metric else []
        running[way] = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    seconds = {}
    for way, process in running.items():
        told, _ = process.communicate()
        seconds[way] = time.monotonic() - begin
        if process.returncode:
            raise SystemExit(f"{folder.name}, {way}:\n{told.decode()[-2000:]}")
    return seconds


def submission_in(place: Path) -> Path:
    """Return the submission of the only run of a folder."""
    (found,) = (place / "run").rglob("submission.csv")
    return found


def out_of_fold(submission: Path) -> float:
    """Return the score that the report beside a submission gives it."""
    report = json.loads((submission.parent / "report.json").read_text(encoding="utf-8"))
    scores = {row["name"]: row["score"] for row in report["leaderboard"]}
    return float(scores[report["chosen"]])


def scored(submission: Path, folder: Path, competition: Competition) -> float:
    """Return a submission's score on the hidden rows."""
    solution, metric = folder / "solution.csv", competition.metric.name
    return score_submission(submission, solution, metric, competition)


def gained_on_files(
    first: Path, second: Path, folder: Path, competition: Competition
) -> tuple[float, float]:
    """Return what a submission scores better than another, and its standard error.

    Over halves drawn without replacement a mean varies as it does over all rows drawn
    anew.
    """
    sign = 1.0 if competition.metric.greater_is_better else -1.0
    tables = [pd.read_csv(p, dtype=str) for p in (first, second)]
    truth = pd.read_csv(folder / "solution.csv", dtype=str)
    key = tables[0].columns[0]
    rng, gains = np.random.default_rng(1), []
    with tempfile.TemporaryDirectory() as scratch:
        paths = [Path(scratch) / name for name in ("first", "second", "solution.csv")]
        for draw in range(N_HALVES + 1):
            n_rows = len(truth) if draw == 0 else len(truth) // 2
            rows = truth.iloc[rng.permutation(len(truth))[:n_rows]]
            for table, path in zip((*tables, rows), paths, strict=True):
                table[table[key].isin(rows[key])].to_csv(path, index=False)
            scores = [
                score_submission(p, paths[2], competition.metric.name, competition)
                for p in paths[:2]
            ]
            gains.append(sign * (scores[1] - scores[0]))
    return gains[0], float(np.std(gains[1:]))


def say(*cells: str) -> None:
    """Print cells, tabs between them."""
    sys.stdout.write("\t".join(cells) + "\n")
    sys.stdout.flush()


REPORTS = {
    "gains": measure_gains,
    "tuned": measure_tuned,
    "speed": measure_speed,
    "trials": measure_trials,
    "limited": measure_limited,
}


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=REPORTS)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--hidden", type=int, default=1500)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--length", type=int)
    parser.add_argument("--limit", type=int, default=240)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    REPORTS[options.what](options)


if __name__ == "__main__":
    main()
