"""Spans of tags: what may follow what, the likeliest path, their F1, their counts."""

from itertools import product

import numpy as np
import pytest

from ensemble_kit.models.tagging.sequence_tagger import SequenceTagger
from ensemble_kit.models.tagging.spans import (
    Span,
    allowed_steps,
    are_spans,
    best_path,
    span_scores,
    spans_of,
)

TAGS = ["B-A", "B-B", "I-A", "I-B", "O"]


def is_sound(tags):
    first, after = allowed_steps(TAGS)
    numbers = [TAGS.index(tag) for tag in tags]
    return first[numbers[0]] and all(
        after[a, b] for a, b in zip(numbers, numbers[1:], strict=False)
    )


def test_an_inside_follows_its_own_kind_alone():
    for sound in (["B-A", "I-A", "I-A"], ["O", "B-B", "I-B", "B-B"], ["B-A", "B-A"]):
        assert is_sound(sound)
    for odd in (["I-A"], ["O", "I-A"], ["B-A", "I-B"], ["I-B", "I-A"]):
        assert not is_sound(odd)
    assert (
        are_spans(TAGS) and not are_spans(["B-A", "O"]) and not are_spans(["x", "I-A"])
    )


def test_the_likeliest_path_is_the_best_of_all_sound_ones():
    random = np.random.default_rng(0)
    for _ in range(20):
        logs = np.log(random.dirichlet(np.ones(5), size=4))
        best = max(
            (
                path
                for path in product(range(5), repeat=4)
                if is_sound([TAGS[k] for k in path])
            ),
            key=lambda path: logs[np.arange(4), path].sum(),
        )
        assert best_path(logs, *allowed_steps(TAGS)).tolist() == list(best)
    assert best_path(np.zeros((0, 5)), *allowed_steps(TAGS)).tolist() == []


def test_spans_and_their_scores_are_those_counted_by_hand():
    assert spans_of(["I-A", "I-A", "I-B", "O", "B-B", "B-B"]) == [
        Span(0, 2, "A"),
        Span(2, 3, "B"),
        Span(4, 5, "B"),
        Span(5, 6, "B"),
    ]
    true = [["B-A", "I-A", "O", "B-B"], ["O", "B-A"]]
    told = [["B-A", "I-A", "O", "B-A"], ["B-A", "B-A"]]
    scores = span_scores(true, told)
    assert (scores.precision, scores.recall) == (2 / 4, 2 / 3)
    assert scores.f1 == pytest.approx(4 / 7)
    assert span_scores([["O"]], [["O"]]).f1 == 0


@pytest.mark.parametrize("crf", [False, True])
def test_a_tagger_tells_sound_spans_and_counts_them(crf):
    random = np.random.default_rng(0)
    X, y = [], []
    for _ in range(60):
        X.append([str(t) for t in random.choice(["ann", "lee", "in", "rome"], 6)])
        kinds = {"ann": "B-A", "lee": "I-A", "in": "O", "rome": "B-B"}
        y.append([kinds[token] for token in X[-1]])
    settings = {"hidden": 8, "embedding_dim": 8, "buckets": 50, "random_state": 0}
    settings |= {"epochs": 12, "learning_rate": 0.03, "min_count": 1}
    tagger = SequenceTagger(crf=crf, entities=True, **settings).fit(X, y)
    assert tagger.predict([["ann", "lee", "in"]]) == [["B-A", "I-A", "O"]]
    rows = [["lee", "in", "lee", "ann", "lee"], ["rome", "rome"], []]
    told = tagger.predict(rows)
    assert all(is_sound(row) for row in told if row)
    names = tagger.get_feature_names_out().tolist()
    assert names[-2:] == ["spans_A", "spans_B"]
    counts = tagger.transform(rows)[:, -2:]
    assert counts[1].tolist() == [0, 2] and counts[2].tolist() == [0, 0]
    assert counts[0].sum() == len(spans_of(told[0]))
