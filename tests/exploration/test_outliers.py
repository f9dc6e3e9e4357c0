"""Images far from all others are outliers, wherever they are."""

import re

import numpy as np
import pytest

from pixelmill.exploration.outliers import find_outliers, principal_components
from pixelmill.parameters import OutlierParameters

PARAMETERS = OutlierParameters()
NUMBERS = re.compile(r"\d+(?:\.\d+)?")


def names(rows):
    return [str(number) for number in range(len(rows))]


def test_a_far_image_is_an_outlier_and_named_with_its_nearest():
    rows = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
    rows[7] += 50
    (found,) = find_outliers(names(rows), rows, PARAMETERS)
    assert (found.path, found.kind) == ("7", "outlier")
    assert found.related_path in names(rows)
    assert found.related_path != "7"
    assert 0 < found.score < 1


def test_scaling_and_moving_all_features_changes_nothing():
    rows = np.random.default_rng(1).normal(size=(120, 10)).astype(np.float32)
    rows[3] += 30
    plain, moved = (
        [one.path for one in find_outliers(names(rows), principal_components(some, 5), PARAMETERS)]
        for some in (rows, 7 * rows + 3)
    )
    assert plain == moved == ["3"]


@pytest.mark.parametrize("scale", [0.3, 1, 2.2, 3, 7.7, 1000])
def test_images_that_are_equally_far_from_each_other_are_none(scale):
    rows = np.eye(30, dtype=np.float32) * np.float32(scale)
    assert not list(find_outliers(names(rows), rows, PARAMETERS))


def test_the_evidence_shows_on_which_side_of_the_limit_an_image_is():
    rows = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
    near, far = 0.0, 50.0
    for _ in range(15):  # moves an image to just beyond the limit
        rows[7] = (near + far) / 2
        found = [one for one in find_outliers(names(rows), rows, PARAMETERS) if one.path == "7"]
        near, far = (near, (near + far) / 2) if found else ((near + far) / 2, far)
        if found:
            _, away, _, limit = map(float, NUMBERS.findall(found[0].evidence))
            assert away > limit
    assert away < 1.001 * limit


def test_few_images_and_equal_images_have_no_outliers():
    few = np.random.default_rng(2).normal(size=(20, 4)).astype(np.float32)
    assert not list(find_outliers(names(few), few, PARAMETERS))
    same = np.ones((50, 4), np.float32)
    assert not principal_components(same, 3).any()
    assert not list(find_outliers(names(same), same, PARAMETERS))
