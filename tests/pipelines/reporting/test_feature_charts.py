"""Where distributions and points of classes lie, and which colours they have."""

import re

import pytest

from pixelmill.pipelines.reporting.feature_charts import (
    DOT,
    SIDE,
    TALL,
    class_colours,
    class_lines,
    feature_charts,
    pair_plots,
)
from tests.pipelines.reporting.modelling_results import everything_more


@pytest.fixture
def exploration():
    """What is said of four statistics of three classes."""
    return everything_more(["a", "b", "c"], [])["exploration"]


def test_a_distribution_begins_at_zero_and_its_highest_bin_fills_the_line(exploration):
    exploration["distributions"]["counts"][0][1] = [1, 4]
    first, *_ = class_lines(exploration)[1]
    assert first.label == "a"
    assert first.path == f"M0 {TALL}V{0.75 * TALL:g}h1V0h1V{TALL}z"


def test_a_class_without_images_has_no_outline(exploration):
    exploration["distributions"]["counts"][0][1] = [0, 0]
    assert class_lines(exploration)[1][0].path == ""


def test_one_class_alone_has_no_lines_of_its_own(exploration):
    exploration["distributions"]["labels"] = ["a"]
    assert class_lines(exploration) == []


def test_points_are_within_their_cells_and_none_is_lost(exploration):
    plots = pair_plots(exploration)
    assert [name for name, _ in plots.names] == ["red_mean", "blue_mean", "hue_mean"]
    assert len(plots.cells) == 6
    for cell in plots.cells:
        assert cell.is_diagonal == (cell.x == cell.y)
        if cell.is_diagonal:
            continue
        dots = re.findall(r"M([-\d.]+) ([-\d.]+)h", " ".join(path for _, path in cell.paths))
        assert len(dots) == plots.points
        assert all(0 <= float(place) <= SIDE - DOT for dot in dots for place in dot)


def test_low_values_are_at_the_left_and_at_the_bottom(exploration):
    exploration["distributions"] |= {"codes": [0, 1], "values": [[0.0, 0.0, 0.0], [1.0, 1.0, 0.5]]}
    cell = pair_plots(exploration).cells[1]
    low, high = (path.split("h")[0] for _, path in cell.paths)
    assert low == f"M0.0 {SIDE - DOT:.1f}"
    assert high == f"M{SIDE - DOT:.1f} 0.0"


def test_classes_that_are_named_like_colours_have_these():
    red, grey = class_colours(["Red", " grey"])
    assert red == "#d62f2f"
    assert grey == "#8c8c8c"
    others = class_colours(["red", 'x"/><script>'])
    assert all(re.fullmatch("#[0-9a-f]{6}", one) for one in others)
    assert others[0] != red


@pytest.mark.parametrize("nothing", [{}, {"statistics": [], "distributions": {}}])
def test_nothing_is_drawn_of_nothing(nothing):
    drawn = feature_charts(nothing, has_script=False)
    assert not any(drawn[name] for name in ("histograms", "legend", "class_lines", "pair_plots"))


def test_statistics_of_an_earlier_version_have_no_classes(exploration):
    del exploration["distributions"]
    assert feature_charts(exploration, has_script=True)["class_lines"] == []
