"""The pages of five tasks in a real browser, on a desk and on a phone."""

import pytest

TASKS = {
    "auc": {"kind": "binary", "metric": "auc"},
    "labels": {"kind": "binary", "metric": "accuracy"},
    "multiclass": {"kind": "multiclass"},
    "values": {"kind": "regression"},
    "hostile": {
        "notes": (
            "<img src=x onerror=alert(1)>",
            "</script><script>alert(1)</script>",
            "\u202egnp.exe",
        ),
        "failures": {'"><svg onload=alert(1)>': "javascript:alert(1)"},
    },
}
DRAWN = """
[...document.querySelectorAll("figure svg")].map((figure) => {
  const box = figure.getBoundingClientRect();
  return [box.width, box.height, figure.querySelectorAll("rect,circle,line").length];
})
"""
SORTED = """
(() => {
  const table = document.querySelector("#leaderboard > .scroll table");
  const at = [...table.tHead.rows[0].cells].findIndex(
    (head) => head.textContent.trim() === "score");
  table.tHead.rows[0].cells[at].querySelector("button").click();
  return [...table.tBodies[0].rows].map((row) => Number(row.cells[at].dataset.v));
})()
"""
TOO_WIDE = "document.documentElement.scrollWidth > window.innerWidth"


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_a_page_opens_without_a_word_and_asks_for_nothing(
    task, drawn_run, page_of, browser, tmp_path
):
    path = tmp_path / "report.html"
    path.write_text(page_of(drawn_run(**TASKS[task])), encoding="utf-8")
    for width in (1280, 390):
        browser.open(path, width)
        figures = browser.value(DRAWN)
        assert browser.trouble == [] and browser.requests == [path.as_uri()]
        assert len(figures) > 5
        assert all(w > 200 and h > 40 and marks for w, h, marks in figures)
        assert not browser.value(TOO_WIDE)
    scores = browser.value(SORTED)
    assert scores == sorted(scores) and len(scores) == 3
