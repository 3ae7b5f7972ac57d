"""A competition's folder as a notebook: a whole project, to be run and changed.

What it holds follows from the data: their roles decide which pictures are drawn and
which models are tried. Its code uses public names alone, a few lines a cell.
"""

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

from ensemble_kit.competition.checks.leaks import feature_strength
from ensemble_kit.competition.competition import Competition
from ensemble_kit.hashing import fingerprint
from ensemble_kit.visible_text import shown

MOST_PICTURES = 6
MOST_CLASSES = 10
MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]()#+-.!|~$&"})
FIRST = {
    True: {"logistic": "logistic_regression", "trees": "extra_trees"},
    False: {"ridge": "ridge", "trees": "extra_trees"},
}
TEXT = {
    True: {"words": ("naive_bayes", "words"), "letters": ("ridge", "characters")},
    False: {"words": ("ridge", "words"), "letters": ("ridge", "characters")},
}


def project_notebook(
    competition: Competition, folder: Path, metric: str | None = None
) -> str:
    """Return a notebook on a competition as JSON, its cells not run yet.

    Parameters
    ----------
    competition : Competition
    folder : Path
        Where the notebook will find the data.
    metric : str, optional
        What counts, where it is not what the folder says.
    """
    cells = [
        *_opening(competition, folder, metric),
        *_data(competition),
        *_pictures(competition),
        *_features(competition),
        *_split(competition),
        *_experiments(competition),
        *_results(),
        *_submission(),
        *_ideas(),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"{number:02d}-{fingerprint(cell['source'])[:8]}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1) + "\n"


def markdown(text: str) -> dict[str, Any]:
    """Return a cell of prose."""
    source = dedent(text).strip()
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(text: str) -> dict[str, Any]:
    """Return a cell of code that has not been run."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": dedent(text).strip(),
    }


def plain(text: object) -> str:
    """Return a text that Markdown prints as it is, whatever it holds."""
    return shown(str(text), 80).replace("<", "‹").replace(">", "›").translate(MARKS)


def _opening(
    competition: Competition, folder: Path, metric: str | None
) -> list[dict[str, Any]]:
    return [_title(competition), _imports(folder, metric), *_description()]


def _title(competition: Competition) -> dict[str, Any]:
    task, n = competition.task, len(competition.X)
    wanted = (
        f"one of {task.n_outputs} classes" if task.is_classification else "a number"
    )
    return markdown(
        f"""
            # {plain(competition.name)}

            Wanted is **{plain(competition.target)}**, {wanted}, for
            {len(competition.X_test):,} rows; {n:,} rows say how it was. What counts is
            {plain(competition.metric.name)}.

            Description, exploration, features, split, experiments, final submission,
            ideas: each part is a few short cells. Run them from top to bottom, then
            change them.
            """
    )


def _imports(folder: Path, metric: str | None) -> dict[str, Any]:
    return code(
        f"""
            from pathlib import Path

            import matplotlib.pyplot as plt
            import pandas as pd

            import ensemble_kit
            from ensemble_kit.catalog import FEATURE_SETS
            from ensemble_kit.competition import (
                check_competition,
                check_submission,
                describe,
            )

            FOLDER = Path({str(folder)!r})
            METRIC = {metric!r}  # None: what the folder says
            plt.rcParams["text.parse_math"] = False  # names may hold dollars
            """
    )


def _description() -> list[dict[str, Any]]:
    return [
        markdown(
            """
            ## Description

            What the files say, and what had to be guessed. A guess that is wrong is
            put right in competition.toml (`ensemble-kit init FOLDER` writes it).
            """
        ),
        code(
            """
            competition = ensemble_kit.load_competition(FOLDER, metric=METRIC)
            print(*describe(competition), sep="\\n")
            """
        ),
    ]


def _data(competition: Competition) -> list[dict[str, Any]]:
    return [
        _first_rows(competition),
        markdown("## Exploration"),
        _column_facts(),
        _shape_of_target(competition),
        *_findings(),
    ]


def _first_rows(competition: Competition) -> dict[str, Any]:
    own = "decode" if competition.task.is_classification else "restore"
    return code(
        f"""
            X, metric = competition.X, competition.metric
            y = competition.task.{own}(competition.y)
            target = pd.Series(y, name=competition.target)
            pd.concat([target, X], axis=1).head()
            """
    )


def _column_facts() -> dict[str, Any]:
    return code(
        """
            facts = {
                "role": pd.Series(competition.roles),
                "missing in train": X.isna().mean().round(3),
                "missing in test": competition.X_test.isna().mean().round(3),
                "distinct": X.nunique(),
            }
            pd.DataFrame(facts).loc[list(X)]
            """
    )


def _shape_of_target(competition: Competition) -> dict[str, Any]:
    shape = (
        "target.value_counts().plot.barh(title=target.name)"
        if competition.task.is_classification
        else "target.plot.hist(bins=40, title=target.name)"
    )
    return code(
        f"""
            {shape}
            plt.show()
            """
    )


def _findings() -> list[dict[str, Any]]:
    return [
        markdown(
            """
            What a careful reader would find in the data: columns that give the answer
            away, rows that repeat, a test file that differs from the training file.
            """
        ),
        code(
            """
            for finding in check_competition(competition):
                print(finding)
            """
        ),
    ]


def _pictures(competition: Competition) -> list[dict[str, Any]]:
    """Return pictures of the columns that tell most, each kind its own way."""
    colours = ""
    if (
        competition.task.is_classification
        and competition.task.n_outputs <= MOST_CLASSES
    ):
        classes = ", ".join(plain(label) for label in competition.task.classes)
        colours = f" Colours are the classes in their order: {classes}."
    drawn = {
        "number": (_numbers, f"Numbers against the target.{colours}"),
        "category": (
            _categories,
            f"The target by category, the ten largest of each column.{colours}",
        ),
        "datetime": (_dates, "Rows by month."),
        "text": (_texts, "How many characters the texts have, and some of them."),
    }
    cells = []
    for role, (draw, title) in drawn.items():
        if names := _telling(competition, role):
            cells += [markdown(title), *draw(competition, names)]
    return cells


def _telling(competition: Competition, role: str) -> list[str]:
    """Return the columns of a role, those that tell most of the target first."""
    names = competition.columns(role)
    if len(names) > MOST_PICTURES:
        strengths = {
            name: feature_strength(competition.X[name], competition) for name in names
        }
        names = sorted(names, key=lambda name: -strengths[name])[:MOST_PICTURES]
    return names


def _numbers(competition: Competition, names: list[str]) -> list[dict[str, Any]]:
    n_classes = competition.task.n_outputs
    if not competition.task.is_classification:
        draw = "axis.scatter(X[name], target, s=4, alpha=0.4)"
    elif n_classes <= MOST_CLASSES:
        draw = (
            "parts = [part.dropna() for _, part in X[name].groupby(target)]\n"
            "    axis.hist(parts, bins=20, stacked=True)"
        )
    else:
        draw = "axis.hist(X[name].dropna(), bins=20)"
    return [_axes(names, draw)]


def _categories(competition: Competition, names: list[str]) -> list[dict[str, Any]]:
    task = competition.task
    if task.is_classification and task.n_outputs <= MOST_CLASSES:
        draw = (
            "counts = pd.crosstab(X.loc[rows, name].astype(str), target[rows])\n"
            "    counts.plot.barh(stacked=True, ax=axis, legend=False)"
        )
    elif task.is_classification:
        draw = "X.loc[rows, name].astype(str).value_counts().plot.barh(ax=axis)"
    else:
        draw = (
            "means = target[rows].groupby(X.loc[rows, name].astype(str)).mean()\n"
            "    means.plot.barh(ax=axis)"
        )
    few = "rows = X[name].isin(X[name].value_counts().index[:10])"
    return [_axes(names, f"{few}\n    {draw}")]


def _dates(competition: Competition, names: list[str]) -> list[dict[str, Any]]:
    months = "X[name].dt.to_period('M').value_counts().sort_index()"
    return [_axes(names, f"{months}.plot(ax=axis)")]


def _texts(competition: Competition, names: list[str]) -> list[dict[str, Any]]:
    length = "X[name].fillna('').str.len()"
    if competition.task.n_outputs > MOST_CLASSES:
        draw = f"axis.hist({length}, bins=30)"
    elif competition.task.is_classification:
        draw = (
            f"parts = dict(list({length}.groupby(target)))\n"
            "    axis.boxplot(list(parts.values()), showfliers=False)\n"
            "    axis.set_xticks(range(1, len(parts) + 1), list(map(str, parts)))"
        )
    else:
        draw = f"axis.scatter({length}, target, s=4, alpha=0.4)"
    shortest = f"X.sample(5, random_state=0)[{names!r}]"
    return [_axes(names, draw), code(shortest)]


def _axes(names: list[str], draw: str) -> dict[str, Any]:
    """Return a cell that draws columns side by side."""
    n_rows = -(-len(names) // 3)
    return code(
        f"""
names = {names!r}
figure, axes = plt.subplots({n_rows}, {min(3, len(names))}, squeeze=False)
figure.set_size_inches({4 * min(3, len(names))}, {3 * n_rows})
for axis, name in zip(axes.flat, names):
    {draw}
    axis.set(title=name[:40], xlabel="", ylabel="")
for axis in axes.flat[len(names) :]:
    axis.axis("off")
figure.tight_layout()
plt.show()
"""
    )


def _features(competition: Competition) -> list[dict[str, Any]]:
    return [
        markdown(
            """
            ## Features

            A model takes what suits its kind: trees read numbers as they are, linear
            models want them scaled, and most want texts counted. Feature sets say so
            by role; every fold learns them from its own training rows. A set of your
            own is a table `[features.NAME]` of a pipeline.
            """
        ),
        code(f"pd.DataFrame(FEATURE_SETS)[{_sets(competition)!r}].fillna('')"),
    ]


def _sets(competition: Competition) -> list[str]:
    texts = ["words", "characters"] if competition.columns("text") else []
    return ["native", "trees", "linear", *texts]


def _split(competition: Competition) -> list[dict[str, Any]]:
    if competition.times is not None:
        how = "Rows have a time: a fold is checked on rows that come after its own."
    elif competition.groups is not None:
        how = "Rows stand in groups: no group is in two folds."
    elif competition.task.is_classification:
        how = "Every fold has its share of every class."
    else:
        how = "Rows are dealt at random."
    return [
        markdown(
            f"""
            ## Split

            Five folds: four fifths of the rows teach, the rest checks, and each row is
            checked once. {how} What is chosen by these scores is a little lucky on
            them, so a fifth of the labels is hidden at the end and scored once.
            """
        )
    ]


def _experiments(competition: Competition) -> list[dict[str, Any]]:
    return [
        *_first_experiment(),
        markdown(_others(competition)),
        code(_more(competition)),
        *_blends(),
    ]


def _first_experiment() -> list[dict[str, Any]]:
    return [
        markdown(
            """
            ## Experiments

            A pipeline is a text: members at level 1, blends of them at level 2. What
            has been fitted is kept, so a second experiment pays for what is new.
            """
        ),
        code(
            '''
            def experiment(name, text):
                """Run a pipeline and note its leaderboard."""
                path = Path(f"{name}.toml")
                path.write_text(text)
                return ensemble_kit.run(FOLDER, path, metric=METRIC)


            BOOSTING = """
            [level1.boosting]
            model = "lightgbm"
            """
            first = experiment("first", BOOSTING)
            first.leaderboard
            '''
        ),
    ]


def _blends() -> list[dict[str, Any]]:
    return [
        markdown(
            """
            Blends live on members that err in different places. Level 2 is scored on
            rows that it was not fitted on.
            """
        ),
        code(
            '''
            BLENDS = MORE + """
            [level2.convex]
            model = "convex_blend"

            [level2.greedy]
            model = "greedy_blend"

            [submit]
            member = "best"
            """
            run = experiment("blends", BLENDS)
            run.leaderboard
            '''
        ),
    ]


def _others(competition: Competition) -> str:
    if competition.columns("text"):
        return "Models of other kinds, and some that read the texts alone."
    return "Models of other kinds on the same folds."


def _more(competition: Competition) -> str:
    """Return the cell that adds members to the first pipeline."""
    classifies = competition.task.is_classification
    members = [
        f'[level1.{name}]\nmodel = "{model}"\n'
        for name, model in FIRST[classifies].items()
    ]
    if competition.columns("text"):
        members += [
            f'[level1.{name}]\nmodel = "{model}"\nfeatures = "{features}"\n'
            for name, (model, features) in TEXT[classifies].items()
        ]
    return "\n".join(
        [
            'MORE = BOOSTING + """',
            "\n".join(members).strip(),
            '"""',
            'more = experiment("more", MORE)',
            "more.leaderboard",
        ]
    )


def _results() -> list[dict[str, Any]]:
    return [
        *_scores_of_folds(),
        _correlations(),
        markdown("Where it is wrong: the rows with the largest out-of-fold loss."),
        code("run.errors(10)"),
        *_what_mattered(),
    ]


def _scores_of_folds() -> list[dict[str, Any]]:
    return [
        markdown(
            """
            Every dot is a fold, the line the score on all rows: where the dots of two
            members overlap, their order is not sure.
            """
        ),
        code(
            """
            members = run.facts["leaderboard"][::-1]
            for at, member in enumerate(members):
                folds = member["fold_scores"]
                plt.plot(folds, [at] * len(folds), "o", alpha=0.5)
                plt.plot(member["score"], at, "k|", markersize=18)
            plt.yticks(range(len(members)), [member["name"] for member in members])
            plt.xlabel(f"{metric.name} {metric.sign}")
            plt.show()
            """
        ),
    ]


def _correlations() -> dict[str, Any]:
    return code(
        """
            alike = run.facts["correlation"]
            plt.imshow(alike["values"], vmin=0.5, vmax=1, cmap="Blues")
            plt.xticks(range(len(alike["members"])), alike["members"], rotation=90)
            plt.yticks(range(len(alike["members"])), alike["members"])
            plt.colorbar(label="correlation of members")
            plt.show()
            """
    )


def _what_mattered() -> list[dict[str, Any]]:
    return [
        markdown(
            """
            What mattered: what the score loses when a column is shuffled, on rows that
            the models have not seen. Where the line crosses 0, it may be noise.
            """
        ),
        code(
            """
            from ensemble_kit.exceptions import RunError

            try:
                importance = run.explain(n_rows=500).head(12)[::-1]
            except RunError as reason:  # such as of members that were fitted elsewhere
                print(reason)
            else:
                ends = importance[["low", "high"]].sub(importance["loss"], axis=0).abs()
                plt.barh(importance.index, importance["loss"], xerr=ends.fillna(0).T)
                plt.axvline(0, color="gray")
                plt.xlabel(f"loss of {metric.name}")
                plt.show()
            """
        ),
    ]


def _submission() -> list[dict[str, Any]]:
    return [
        markdown(
            """
            ## Final submission

            First an honest number: the same run on rows a fifth of which had their
            labels hidden, scored once.
            """
        ),
        code(
            """
            blends = Path("blends.toml")
            holdout = ensemble_kit.run(FOLDER, blends, metric=METRIC, holdout=0.2)
            facts = holdout.facts["holdout"]
            print(metric.name, "on", facts["n_rows"], "hidden rows:", facts["score"])
            print("95 % interval: {:.4f} to {:.4f}".format(*facts["interval"]))
            """
        ),
        code(
            """
            path = run.folder / "submission.csv"
            check_submission(competition, path)
            print(path)
            pd.read_csv(path).head()
            """
        ),
    ]


def _ideas() -> list[dict[str, Any]]:
    return [
        markdown(
            """
            ## Ideas for improvement

            What these figures suggest. `report.html` in the run's folder shows more.
            """
        ),
        code(
            """
            for idea in ensemble_kit.improvement_ideas(run, holdout):
                print("-", idea)
            """
        ),
    ]
