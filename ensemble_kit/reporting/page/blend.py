"""The fourth block: what the submitted combination is made of."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ensemble_kit.reporting.page.left_out import left_out_figure
from ensemble_kit.reporting.page.marks import Entry, bars, cells
from ensemble_kit.reporting.page.parts import Block, Facts, Figure, Paragraph, Part
from ensemble_kit.reporting.page.scored_rows import ScoredRows
from ensemble_kit.running.run import Run
from ensemble_kit.voting.diversity import Diversity, measure_diversity

MOST_MEMBERS = 30
MOST_VOTED = 20_000  # rows
ALIKE = 0.98


def blend_block(run: Run, scores: ScoredRows, correlation: Mapping[str, Any]) -> Block:
    """Return weights, how alike the members are, and how they vote.

    Parameters
    ----------
    run : Run
    scores : ScoredRows
    correlation : mapping
        Of report.json.
    """
    parts: list[Part] = [*_weights(run)]
    if (lost := left_out_figure(scores)) is not None:
        parts.append(lost)
    names = correlation["members"]
    if len(names) > 1:
        parts.append(_alike(names, np.array(correlation["values"])))
    if run.competition.metric.consumes == "label" and len(names) > 1:
        parts += _votes(run, scores, names)
    return Block("blend", "The blend", _sentence(run, correlation), parts)


def _weights(run: Run) -> list[Part]:
    weights = run.weights.get(run.chosen)
    if not weights:
        kind = "single member" if run.result(run.chosen).level == 1 else "combination"
        return [Paragraph(f"{run.chosen} is a {kind} that has no weights to show.")]
    ranked = sorted(weights.items(), key=lambda item: (-abs(item[1]), item[0]))
    entries = [Entry(name, weight) for name, weight in ranked[:MOST_MEMBERS]]
    description = "Means over the folds that the blend was fitted on."
    return [bars(f"Weights of {run.chosen}", description, entries, "weight")]


def _alike(names: Sequence[str], values: np.ndarray) -> Figure:
    """Return the correlations of members, those alike beside each other."""
    order = clustered(values)[:MOST_MEMBERS]
    shown = values[np.ix_(order, order)]
    shades = np.clip((shown - 0.5) / 0.5, 0, 1)
    labels = [f"{at + 1} {names[k]}" for at, k in enumerate(order)]
    numbers = [str(at + 1) for at in range(len(order))]
    return cells(
        "Correlation of members",
        "Of out-of-fold predictions of level 1, members alike beside each other; the "
        "stronger the shade, the more alike (from 0.5 on).",
        shown,
        (labels, numbers),
        lambda value: f"{value:.2f}",
        "member",
        shades,
    )


def clustered(values: np.ndarray) -> list[int]:
    """Return an order of members in which those alike stand together.

    From the one most like all others on, each is followed by the one most like it.
    """
    order = [int(values.sum(axis=0).argmax())]
    left = [k for k in range(len(values)) if k != order[0]]
    while left:
        left.sort(key=lambda k: values[order[-1], k])
        order.append(left.pop())
    return order


def _votes(run: Run, scores: ScoredRows, names: Sequence[str]) -> list[Part]:
    """Return what a majority vote of level 1 gets, and would if independent."""
    rows = scores.rows
    if len(rows) > MOST_VOTED:
        chosen = np.random.default_rng(0).permutation(len(rows))[:MOST_VOTED]
        rows = rows[np.sort(chosen)]
    tensor = run.matrix.select(list(names)).oof[rows]
    diversity: Diversity = measure_diversity(
        run.competition.y[rows], tensor, list(names)
    )
    return [
        Facts(
            [
                (
                    "accuracy of the members",
                    f"{diversity.accuracies.min():.4f} to "
                    f"{diversity.accuracies.max():.4f}",
                ),
                (
                    "of their vote, were they independent",
                    f"{diversity.independent:.4f}",
                ),
                (
                    "of their vote, observed",
                    f"{diversity.vote:.4f} ± {diversity.standard_error:.4f}",
                ),
                (
                    "correlation of being right",
                    f"{diversity.correlation:.3f} on average",
                ),
            ]
        )
    ]


def _sentence(run: Run, correlation: Mapping[str, Any]) -> str:
    names, weights = correlation["members"], run.weights.get(run.chosen, {})
    if len(names) < 2:
        return "One member of level 1: there is nothing to blend."
    values = np.array(correlation["values"])
    pairs = values[np.triu_indices(len(names), 1)]
    if weights:
        first = max(weights, key=lambda name: abs(weights[name]))
        start = f"{first} carries the largest weight, {weights[first]:.2f}; "
    else:
        start = ""
    if (pairs > ALIKE).all():
        return f"{start}all members say nearly the same: others would help more."
    return (
        f"{start}the members' predictions correlate by {np.median(pairs):.2f} in the "
        "middle, and what differs is what a blend lives on."
    )
