"""The figures that the page shows and kedro-viz previews."""

from xml.parsers import expat

import pytest

from pixelmill.pipelines.reporting import figures
from pixelmill.pipelines.reporting.calibration import calibration
from pixelmill.pipelines.reporting.score_counts import ScoreCount

GROUPING = {"k_distances": [0.1, 0.2, 0.3, 3.0], "knee": 2, "eps": 0.3}


def elements(svg):
    """The elements of a figure: name, attributes, text. An image shows it only if it is XML."""
    found = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: found.append((name, attributes, []))
    parser.CharacterDataHandler = lambda text: found[-1][-1].append(text.strip())
    parser.Parse(svg, True)
    return [(name, attributes, "".join(parts).strip()) for name, attributes, parts in found]


def drawn(svg, kind):
    return [attributes for _, attributes, _ in elements(svg) if attributes.get("class") == kind]


def texts(svg):
    return [text for name, _, text in elements(svg) if name == "text"]


@pytest.mark.parametrize(
    ("draw", "nothing", "sentence"),
    [
        (figures.draw_calibration_curve, {}, "no probabilities"),
        (figures.draw_explained_variance, {}, "No principal components"),
        (figures.draw_k_distances, {}, "No map"),
        (figures.draw_k_distances, {"grouping": None}, "is not dbscan"),
    ],
)
def test_nothing_to_draw_is_said(draw, nothing, sentence):
    svg = draw(nothing)
    (text,) = texts(svg)
    assert sentence in text
    assert not drawn(svg, "grid")


def test_calibration_shows_the_share_right_of_each_bin():
    counts = [ScoreCount(4, 20, 9, 15, 9.0), ScoreCount(9, 80, 78, 80, 77.0)]
    svg = figures.draw_calibration_curve({"calibration": calibration(counts)})
    assert [float(bar.get("y")) for bar in drawn(svg, "bar-of")] == [132.0, 6.0]
    assert {"20", "80", "100%"} <= set(texts(svg))


def test_variance_rises_to_what_the_components_explain():
    svg = figures.draw_explained_variance({"variance_share": [0.5, 0.25]})
    (curve,) = drawn(svg, "curve")
    assert curve.get("points") == "0.0,240.0 170.0,120.0 340.0,60.0"
    assert "2" in texts(svg)


def test_k_distances_have_the_line_of_eps_and_the_knee():
    svg = figures.draw_k_distances({"grouping": GROUPING})
    (line,), (knee,) = drawn(svg, "ideal"), drawn(svg, "dot")
    assert (line.get("y1"), knee.get("cx"), knee.get("cy")) == ("222.0", "226.7", "222.0")
    assert {"0", "1", "2", "3", "4"} <= set(texts(svg))
