"""Widths of edges against known blurs, at any scale, contrast and direction."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelmill.featurizers.edges import WIDEST, edge_widths


def edge_width(luma, scales=(1.0, 1.0)):
    """Width and strength of one picture."""
    ((width, strength),) = edge_widths([luma], np.array([scales]))
    return float(width), float(strength)


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0, 3.0, 4.0])
def test_edge_width_is_the_deviation_of_the_blur_of_steps(sigma):
    """The derivation in numbers: steps between two greys, blurred by a known Gaussian."""
    steps = np.full((256, 256), 40, np.float32)
    steps[:, np.arange(256) // 32 % 2 == 1] = 220
    blurred = np.round(cv2.GaussianBlur(steps, (0, 0), sigma)).astype(np.uint8)
    width, _ = edge_width(blurred)
    assert width == pytest.approx(np.hypot(sigma, 0.75), rel=0.1)  # Sobel's own blur


@given(st.integers(-60, 60), st.sampled_from(["as is", "left", "top"]))
def test_brightness_and_mirroring_leave_edge_width_alone(shift, mirror):
    levels = np.random.default_rng(3).integers(60, 196, (12, 16)).astype(np.uint8)
    levels = cv2.resize(levels, (160, 120), interpolation=cv2.INTER_CUBIC).clip(60, 195)
    other = (levels.astype(int) + shift).astype(np.uint8)
    other = {"as is": other, "left": other[:, ::-1], "top": other[::-1]}[mirror]
    width, strength = edge_width(levels)
    again = edge_width(np.ascontiguousarray(other))
    assert again == pytest.approx((width, strength), rel=1e-3)


@pytest.mark.parametrize("scales", [(0.5, 1.0), (1.0, 0.5), (0.7, 1.4), (0.8, 0.8)])
def test_a_stretched_picture_has_the_width_that_it_had_before(scales):
    """Rings have edges of all directions."""
    across, down = np.mgrid[-160:160, -160:160]
    rings = np.where(np.hypot(across, down) // 40 % 2, 220, 40).astype(np.float32)
    blurred = np.round(cv2.GaussianBlur(rings, (0, 0), 3)).astype(np.uint8)
    size = round(320 * scales[0]), round(320 * scales[1])
    stretched = cv2.resize(blurred, size, interpolation=cv2.INTER_AREA)
    width, strength = edge_width(blurred)
    assert edge_width(stretched, scales) == pytest.approx((width, strength), rel=0.1)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (2, 3), (50, 2)])
def test_a_plain_picture_has_no_edges(size):
    assert edge_width(np.full(size, 90, np.uint8)) == (WIDEST, 0)


def test_a_picture_has_the_same_numbers_beside_others():
    draw = np.random.default_rng(1)
    pictures = [draw.integers(0, 256, (60, 80)).astype(np.uint8) // n for n in (1, 3, 90)]
    drawing = np.where(draw.random((60, 80)) < 0.5, 0, 255).astype(np.uint8)
    pictures += [cv2.GaussianBlur(pictures[0], (0, 0), 3), drawing]
    scales = draw.uniform(0.5, 2, (len(pictures), 2))
    together = edge_widths(pictures, scales)
    alone = [edge_width(*one) for one in zip(pictures, scales, strict=True)]
    assert together.tolist() == [list(one) for one in alone]
