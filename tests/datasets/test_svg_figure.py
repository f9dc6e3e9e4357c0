"""A figure goes to disk or a bucket and comes back, and kedro-viz can show it."""

import inspect
import re
from base64 import b64decode

import pytest

from pixelmill.datasets.svg_figure import SvgFigure

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><text>η² _a_ *b* [c](d)</text></svg>'


@pytest.mark.parametrize("root", ["{folder}/new", "memory://svg_figure_test/new"])
def test_round_trip(root, tmp_path):
    dataset = SvgFigure(filepath=root.format(folder=tmp_path) + "/curve.svg")
    assert not dataset.exists()
    dataset.save(SVG)
    assert dataset.exists()
    assert dataset.load() == SVG
    assert isinstance(dataset.preview(), str)


def test_preview_is_an_image_without_markdown(tmp_path):
    """kedro-viz replaces Markdown in what it has made safe."""
    dataset = SvgFigure(filepath=f"{tmp_path}/curve.svg")
    dataset.save(SVG)
    found = re.fullmatch(
        r'<img src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)" width="420" alt="">',
        dataset.preview(),
    )
    assert b64decode(found[1]).decode() == SVG


def test_kedro_viz_knows_the_preview_by_its_type():
    assert inspect.signature(SvgFigure.preview).return_annotation.__name__ == "HTMLPreview"
