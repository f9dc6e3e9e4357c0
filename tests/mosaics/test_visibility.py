"""What lies on top: of overlapping images many can be recognised."""

import numpy as np
import pytest

from pixelmill.mosaics.visibility import layers, least_hidden_on_top, shares_seen
from tests.mosaics.conftest import islands


def squares(places, side):
    corners = np.round(places - places.min(axis=0)).astype(np.int32)
    return np.concatenate([corners, corners + side], axis=1)


def recognised(boxes, order):
    return (shares_seen(boxes, order) >= 0.25).mean()


@pytest.mark.parametrize("side", [12, 24, 48])
def test_many_more_can_be_recognised_than_in_an_order_by_chance(side):
    boxes = squares(islands(1500, 12)[0] * 12, side)
    order = least_hidden_on_top(boxes)
    assert sorted(order) == list(range(1500))
    chance = np.random.default_rng(1)
    others = [recognised(boxes, chance.permutation(1500)) for _ in range(5)]
    assert recognised(boxes, order) > 1.15 * max(others)


def test_the_small_image_is_on_the_large_one():
    boxes = np.array([[40, 40, 60, 60], [0, 0, 100, 100]], np.int32)
    assert least_hidden_on_top(boxes).tolist() == [1, 0]


def test_of_a_pile_one_image_is_seen():
    boxes = np.tile(np.array([[5, 5, 25, 25]], np.int32), (6, 1))
    seen = shares_seen(boxes, least_hidden_on_top(boxes))
    assert sorted(seen) == [0, 0, 0, 0, 0, 1]
    assert layers(boxes) == 6


def test_images_side_by_side_are_all_seen():
    boxes = np.array([[0, 0, 12, 12], [12, 0, 24, 12], [0, 12, 12, 24]], np.int32)
    order = least_hidden_on_top(boxes)
    assert shares_seen(boxes, order).tolist() == [1, 1, 1]
    assert layers(boxes) == 1


def test_half_of_the_lower_one_of_two_is_seen():
    boxes = np.array([[0, 0, 24, 24], [12, 0, 36, 24]], np.int32)
    assert shares_seen(boxes, np.array([0, 1])).tolist() == [0.5, 1]
