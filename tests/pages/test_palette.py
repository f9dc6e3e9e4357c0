"""Colours of groups are distinct, and a group has one wherever it is shown."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from pixelmill.pages.palette import COUNT, NOISE_COLOUR, group_colour, group_colours, oklab

WHITE, DARK = (255, 255, 255), (17, 22, 27)  # of the pages


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


def luminances(colours):
    """Relative luminance, as the guidelines for accessible pages have it."""
    share = np.array(colours) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize(("count", "least"), [(10, 25), (20, 19), (60, 10), (200, 5.5)])
def test_colours_differ(count, least):
    assert nearest([*group_colours()[:count], NOISE_COLOUR, WHITE, DARK]) > least


def test_every_group_up_to_the_last_has_a_colour_of_its_own():
    assert len(set(group_colours())) == COUNT >= 200


def test_no_colour_is_a_grey():
    axes = oklab(np.array(group_colours()))[:, 1:]
    assert np.hypot(*axes.T).min() > 0.08
    assert np.hypot(*oklab(np.array([NOISE_COLOUR]))[0, 1:]) < 0.02


def test_the_axes_are_those_of_the_publication():
    red, white = oklab(np.array([[255, 0, 0], WHITE]))
    assert red == pytest.approx([0.628, 0.225, 0.126], abs=1e-3)
    assert white == pytest.approx([1, 0, 0], abs=1e-3)


@pytest.mark.parametrize(("paper", "least"), [(WHITE, 1.7), (DARK, 2.7)])
def test_colours_are_seen_on_light_and_on_dark(paper, least):
    ink, ground = luminances([*group_colours(), NOISE_COLOUR]) + 0.05, luminances([paper]) + 0.05
    assert (np.maximum(ink, ground) / np.minimum(ink, ground)).min() > least


def test_the_colour_of_a_group_hangs_on_its_number_alone():
    assert [group_colour(cluster) for cluster in (-1, 0, 1)] == [
        NOISE_COLOUR,
        *group_colours()[:2],
    ]
    assert group_colour(COUNT + 5) == group_colour(5)
