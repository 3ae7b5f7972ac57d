"""The picture: lines of the right numbers, the same bytes twice."""

import pytest

from ensemble_kit.voting.exchangeable_voting import exchangeable_accuracy
from ensemble_kit.voting.voters import VoteError
from ensemble_kit.voting.voting_plot import plot_vote


def test_every_line_is_the_calculators():
    axes = plot_vote(0.7, correlations=(0.0, 0.3), most=7).axes[0]
    for line, correlation in zip(axes.lines, (0.0, 0.3), strict=True):
        expected = [exchangeable_accuracy(0.7, n, correlation) for n in (1, 3, 5, 7)]
        assert line.get_xdata().tolist() == [1, 3, 5, 7]
        assert line.get_ydata().tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("ending", "magic"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_the_same_picture_is_the_same_bytes(tmp_path, ending, magic):
    paths = [tmp_path / f"{name}.{ending}" for name in "ab"]
    for path in paths:
        plot_vote(0.6, most=5, target=0.65, path=path)
    first, again = (path.read_bytes() for path in paths)
    assert first.startswith(magic)
    assert first == again


def test_another_ending_is_refused_before_anything_is_drawn(tmp_path):
    with pytest.raises(VoteError, match=r"ending in \.svg, \.png, \.pdf"):
        plot_vote(0.7, path=tmp_path / "picture.docx")
    assert not list(tmp_path.iterdir())
