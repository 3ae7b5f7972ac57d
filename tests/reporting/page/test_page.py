"""report.html: one file, eight blocks, whatever the data hold."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from ensemble_kit.running.spans import Span
from hostile_words import MARKUP, table_of

BLOCKS = (
    "result",
    "data",
    "leaderboard",
    "blend",
    "errors",
    "importance",
    "honesty",
    "run",
)
VOID = {"meta", "br", "line", "rect", "circle", "polyline"}


class Outline(HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self.open = [], [], []
        self.values = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.values += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_the_eight_blocks_stand_in_order_each_with_its_sentence(
    drawn_run, page_of, kind
):
    outline = Outline(page_of(drawn_run(kind)))
    found = [v for tag, name, v in outline.values if (tag, name) == ("section", "id")]
    sentences = [v for _, name, v in outline.values if v == "sentence"]
    assert tuple(found) == BLOCKS and len(sentences) == len(BLOCKS)
    assert outline.open == []


def test_nothing_on_the_page_asks_for_anything(drawn_run, page_of):
    outline = Outline(page_of(drawn_run()))
    links = [v for _, name, v in outline.values if name in ("href", "src", "action")]
    assert links and all(link.startswith("#") for link in links)
    (policy,) = (v for _, _, v in outline.values if v and "default-src" in v)
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy


def test_every_figure_has_a_title_a_description_and_its_numbers(drawn_run, page_of):
    elements = [tag for tag, _ in Outline(page_of(drawn_run())).elements]
    n_figures = elements.count("figure")
    assert n_figures > 8
    assert elements.count("svg") == elements.count("desc") == n_figures
    assert elements.count("title") == n_figures + 1
    assert elements.count("details") >= n_figures


def test_the_same_run_gives_the_same_bytes(drawn_run, page_of):
    run = drawn_run("multiclass")
    assert page_of(run) == page_of(replace(run))  # whose facts are found anew


def test_no_element_or_attribute_comes_from_the_data(competition_of, run_of, page_of):
    outlines = []
    for words in (MARKUP, [f"word{at:02d}" for at in range(len(MARKUP))]):
        train, test, target = table_of(words)
        run = run_of(competition_of(train, test, target=target, sample=words[0]))
        outlines.append(Outline(page_of(run)))
    hostile, tame = outlines
    assert set(hostile.elements) <= set(tame.elements)
    tags = [tag for tag, _ in hostile.elements]
    for tag in ("script", "style", "h1", "main"):
        assert tags.count(tag) == 1
    assert tags.count("section") == tags.count("h2") == len(BLOCKS)
    assert hostile.open == []
    text = "".join(hostile.texts)
    for word in MARKUP[:5]:
        assert word[:12] in text


@pytest.mark.parametrize("character", ["\u202e", "\x1b", "\x07", "\x00"])
def test_a_character_that_steers_is_written_out(drawn_run, page_of, character):
    page = page_of(drawn_run(notes=(f"a{character}b",)))
    assert character not in page and f"a\\{ascii(character)[2:-1]}b" in page


def test_the_page_of_a_small_competition_is_small(drawn_run, page_of):
    assert len(page_of(drawn_run(n_rows=600)).encode()) < 400_000


def test_what_is_not_known_is_said(drawn_run, page_of):
    run = drawn_run(n_folds=1, n_rows=30)
    assert "one: scores are of its rows alone" in page_of(run)
    assert "too few rows to tell" in page_of(run)


def test_a_stopped_run_says_that_it_is_partial(drawn_run, page_of):
    page = page_of(drawn_run(stopped="stopped after 1 of 5 folds"))
    assert "stopped after 1 of 5 folds: everything here is partial" in page
    assert "kaggle competitions submit" not in page


def test_a_member_that_failed_is_named_with_the_reason(drawn_run, page_of):
    page = page_of(drawn_run(failures={"net": "torch is not installed"}))
    assert "net: torch is not installed" in page


def test_a_holdout_is_set_beside_the_out_of_fold_score(drawn_run, page_of):
    run = drawn_run()
    score = run.result("blend").score
    holdout = {
        "fraction": 0.2,
        "seed": 0,
        "n_rows": 50,
        "chosen": "blend",
        "score": score + 0.2,
        "interval": [score + 0.1, score + 0.3],
        "scores": {result.name: score + 0.2 for result in run.results},
    }
    page = page_of(run, holdout=holdout)
    assert "on the flattering side: believe the holdout" in page
    assert "+0.2 (positive" in page


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_every_member_folds_out_with_its_folds_and_how_it_errs(
    drawn_run, page_of, kind
):
    run = drawn_run(kind, predicted_seconds={"trees": 75.0})
    texts = Outline(page_of(run)).texts
    curve = "Residuals" if kind == "regression" else "Reliability"
    for result in run.results:
        assert f"Folds of {result.name}" in texts
        assert f"{curve} of {result.name}" in texts
    assert "1.0s; 75s predicted" in texts and "Costs, predicted and taken" in texts


def test_the_time_line_tells_who_was_busy(drawn_run, page_of):
    spans = (
        Span("", "features", 0.0, 2.0),
        Span("ridge", "fit", 2.0, 4.0),
        Span("ridge", "fit", 4.001, 6.0),
        Span("blend", "fit", 6.0, 8.0),
        Span("trees", "fit", 4.002, 8.0),
    )
    page = page_of(drawn_run(spans=spans))
    told = "2 side by side at most; busy 75% of 8.0s. Blue: fits; orange: those of"
    assert told in page
    line = page[page.index("worker 1") : page.index("worker 2")]
    # What follows at once on its like is drawn as one.
    assert line.count("<rect") == 3 and line.count('class="bar marked"') == 1
    assert "Time line" not in page_of(drawn_run())


def test_a_score_that_grew_is_drawn_against_its_seconds(drawn_run, page_of):
    curve = ((5.0, 0.4, "trees"), (30.0, 0.3, "trees"), (55.04, 0.25, "blend"))
    page = page_of(drawn_run(curve=curve))
    assert "Score by seconds" in page and "55.0" in page
    assert "Score by seconds" not in page_of(drawn_run(curve=curve[:1]))


def test_what_inner_splits_saw_is_drawn(drawn_run, page_of):
    run = drawn_run()
    curves = (
        {"alpha": [[0.1, 0.6], [1.0, 0.5], [10.0, 0.7]]},
        {"alpha": [[0.1, 0.5], [1.0, 0.4]]},
    )
    first = replace(run.results[0], probed={"alpha": 1.0}, curves=curves)
    page = page_of(replace(run, results=(first, *run.results[1:])))
    assert "alpha of ridge" in page and "taken was 1" in page
    assert "log10 of alpha" in page and page.count("inner split 2") > 1
