"""The pages of five tasks in a real browser, on a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from ensemble_kit.reporting.page.importance import explained_block
from ensemble_kit.reporting.page.page import with_block
from hostile_words import WORDS, table_of

TASKS = {
    "auc": {"kind": "binary", "metric": "auc"},
    "labels": {"kind": "binary", "metric": "accuracy"},
    "multiclass": {"kind": "multiclass"},
    "values": {"kind": "regression"},
    "hostile": {
        "notes": (
            "<img src=x onerror=alert(1)>",
            "</script><script>alert(1)</script>",
            "\u0e49" * 300,  # one letter of many marks, that no line breaks within
            "\u202egnp.exe",
        ),
        "failures": {'"><svg onload=alert(1)>': "javascript:alert(1)"},
    },
}
WORD = {"word": "<b>red</b>", "weight": 1.5, "share": 0.2}
EXPLAINED = {
    "metric": "auc",
    "score": 0.9,
    "n_rows": 200,
    "repeats": 5,
    "columns": [{"columns": ["note"], "loss": 0.1, "low": 0.05, "high": 0.15}],
    "words": [{"member": "m", "column": "note", "towards": "c1", "words": [WORD]}],
    "notes": ["rows count alike here"],
}
SCREENS = ((1280, "light"), (390, "dark"), (1280, "dark"), (390, "light"))
DRAWN = """
() => [...document.querySelectorAll("figure svg")].map((figure) => {
  const box = figure.getBoundingClientRect();
  const marks = figure.querySelectorAll("rect,circle,line,path");
  return [box.width, box.height, marks.length];
})
"""
SORTED = """
() => {
  const table = document.querySelector("#leaderboard > .scroll table");
  const at = [...table.tHead.rows[0].cells].findIndex(
    (head) => head.textContent.trim() === "score");
  table.tHead.rows[0].cells[at].querySelector("button").click();
  return [...table.tBodies[0].rows].map(
    (row) => Number(row.cells[at].dataset.v ?? row.cells[at].textContent));
}
"""
TOO_WIDE = "document.documentElement.scrollWidth > window.innerWidth"
UNFOLDED = """
() => document.querySelectorAll("details").forEach((one) => { one.open = true; })
"""
# Rows whose cells have the same tags, classes and styles have the same colours: after
# all of them were looked at once, two of each are enough.
TWO_ALIKE = """
() => document.querySelectorAll("tbody").forEach((body) => {
  const seen = {};
  for (const row of [...body.rows]) {
    const look = [row, ...row.querySelectorAll("*")].map((one) =>
      [one.tagName, one.getAttribute("class"), one.getAttribute("style")]).join("|");
    seen[look] = (seen[look] ?? 0) + 1;
    if (seen[look] > 2) row.remove();
  }
})
"""


@pytest.fixture
def path_of(drawn_run, page_of, tmp_path):
    """Return what writes the page of a task, explained, and tells where it is."""

    def write(task):
        page = page_of(drawn_run(**TASKS[task]))
        path = tmp_path / "report.html"
        path.write_text(with_block(page, explained_block(EXPLAINED)), encoding="utf-8")
        return path

    return write


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_a_page_opens_without_a_word_and_asks_for_nothing(task, path_of, opened):
    path = path_of(task)
    for width in (1280, 390):
        with opened(path, width) as shown:
            shown.page.evaluate(UNFOLDED)
            figures = shown.page.evaluate(DRAWN)
            scores = shown.page.evaluate(SORTED)
            assert not shown.page.evaluate(TOO_WIDE)
        assert shown.trouble == [] and shown.requests == [path.as_uri()]
        assert len(figures) > 5
        assert all(w > 200 and h > 40 and marks for w, h, marks in figures)
        assert scores == sorted(scores) and len(scores) == 3


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_axe_finds_nothing_that_keeps_anybody_out(task, path_of, opened):
    path = path_of(task)
    # Colours and widths meet on the first page; on the others, each is seen once.
    for at, (width, scheme) in enumerate(SCREENS[: 4 if task == "auc" else 2]):
        with opened(path, width, scheme) as shown:
            shown.page.evaluate(UNFOLDED)
            if at:
                shown.page.evaluate(TWO_ALIKE)
            found = Axe().run(shown.page).response
        told = [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]
        assert told == [] and len(found["passes"]) > 10


@pytest.mark.slow
@pytest.mark.parametrize("at", range(0, len(WORDS), 32))
def test_names_classes_ids_and_cells_run_nothing(
    at, competition_of, run_of, page_of, opened, tmp_path
):
    words = WORDS[at : at + 32]
    train, test, target = table_of(words, n_rows=4 * len(words), n_classes=len(words))
    # Weights of 32 classes, one for each label called, are sought on the first page.
    metric = None if at == 0 else "log_loss"
    run = run_of(competition_of(train, test, metric, target, sample=words[0]))
    path = tmp_path / "report.html"
    path.write_text(page_of(run), encoding="utf-8")
    for width in (1280, 390):
        with opened(path, width) as shown:
            shown.page.evaluate(UNFOLDED)
            titles = shown.page.evaluate("[document.title, document.scripts.length]")
            headings = shown.page.locator("main > section > h2").count()
            assert not shown.page.evaluate(TOO_WIDE)
        assert shown.trouble == [] and shown.requests == [path.as_uri()]
        assert titles[1] == 1 and headings == 8
