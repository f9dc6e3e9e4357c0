"""Colours of groups can be told apart."""

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageColor

from pixelmill.mosaics.palette import NOISE_COLOUR, distinct_colours


def lab(colours):
    """CIE L*a*b* of colours, as Pillow's colour management has it."""
    picture = Image.fromarray(np.array([colours], np.uint8))
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    transform = ImageCms.buildTransform(*profiles, "RGB", "LAB")
    light, across, down = np.moveaxis(
        np.asarray(ImageCms.applyTransform(picture, transform)).astype(float)[0], 1, 0
    )
    signed = [np.where(axis > 127, axis - 256, axis) for axis in (across, down)]
    return np.stack([light * 100 / 255, *signed], axis=1)


def nearest(colours):
    """The distance of the two that are most alike."""
    points = lab(colours)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    return distances[~np.eye(len(points), dtype=bool)].min()


@pytest.mark.parametrize(("count", "least"), [(10, 25), (20, 17), (60, 6)])
def test_colours_differ(count, least):
    besides = [NOISE_COLOUR, ImageColor.getrgb("white")]
    assert nearest([*distinct_colours(count), *besides]) > least


def test_two_hundred_groups_have_two_hundred_colours():
    assert len(set(distinct_colours(200))) == 200


def test_more_groups_change_no_colour():
    assert distinct_colours(40)[:12] == distinct_colours(12)


def test_no_groups_need_no_colours():
    assert distinct_colours(0) == ()
