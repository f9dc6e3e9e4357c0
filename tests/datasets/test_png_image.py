"""A picture goes to disk or a bucket and comes back, and kedro-viz can show it."""

import inspect
from base64 import b64decode

import pytest
from PIL import Image, ImageChops

from pixelmill.datasets.png_image import PngImage


@pytest.mark.parametrize("root", ["{folder}/new", "memory://png_image_test/new"])
def test_round_trip(root, tmp_path):
    dataset = PngImage(filepath=root.format(folder=tmp_path) + "/sheet.png")
    picture = Image.effect_noise((30, 20), 60)
    assert not dataset.exists()
    dataset.save(picture)
    assert dataset.exists()
    assert ImageChops.difference(dataset.load(), picture).getbbox() is None
    assert b64decode(dataset.preview()).startswith(b"\x89PNG")


def test_kedro_viz_knows_the_preview_by_its_type():
    assert inspect.signature(PngImage.preview).return_annotation.__name__ == "ImagePreview"
