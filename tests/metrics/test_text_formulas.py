"""Metrics of texts against the libraries alone, and what they refuse."""

import numpy as np
import pytest
import sacrebleu

from ensemble_kit.metrics import METRICS
from ensemble_kit.metrics.text_formulas import row_scores

Y = ["the cat sat on the mat", "a dog ran far away today", "zwölf Ärzte kamen an", ""]
TEXTS = ["the cat sat on a mat", "a dog ran far away", "zwölf Ärzte kamen an", ""]


def test_bleu_and_chrf_are_those_of_sacrebleu():
    bleu = sacrebleu.corpus_bleu(TEXTS, [Y], force=True).score
    assert METRICS["bleu"](Y, TEXTS) == bleu
    assert METRICS["chrf"](Y, TEXTS) == sacrebleu.corpus_chrf(TEXTS, [Y]).score
    assert 40 < bleu < 90


def test_bleu_of_a_case_that_can_be_counted_by_hand():
    # five words, all right but the last: 4/5, 3/4, 2/3 and 1/2 of the n-grams
    precisions = np.array([4 / 5, 3 / 4, 2 / 3, 1 / 2])
    found = METRICS["bleu"](["a b c d e"], ["a b c d f"])
    assert found == pytest.approx(100 * np.exp(np.log(precisions).mean()))


def test_distance_and_matches_of_known_texts():
    y, texts = ["kitten", "", "ёж", "a"], ["sitting", "ab", "еж", "a"]
    assert METRICS["edit_distance"](y, texts) == (3 + 2 + 1 + 0) / 4
    assert METRICS["exact_match"](y, texts) == 0.25
    assert METRICS["exact_match"](y, texts, np.array([0, 0, 1, 3])) == 0.75


@pytest.mark.parametrize("name", ["exact_match", "edit_distance", "bleu", "chrf"])
def test_scores_of_rows_are_best_where_the_text_is_right(name):
    scores = row_scores(name, Y[:3], TEXTS[:3])
    assert scores.argmax() == 2
    assert scores[2] == pytest.approx(row_scores(name, Y[:1], Y[:1])[0])


def test_a_share_of_a_row_is_refused_where_rows_are_counted():
    with pytest.raises(ValueError, match="weights have to be whole numbers"):
        METRICS["bleu"](Y, TEXTS, np.array([0.5, 1, 1, 1]))
