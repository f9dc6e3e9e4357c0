"""Images far from all others are outliers, wherever they are."""

import numpy as np

from pixelmill.exploration.outliers import find_outliers, principal_components
from pixelmill.parameters import OutlierParameters

PARAMETERS = OutlierParameters()


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


def test_few_images_and_equal_images_have_no_outliers():
    few = np.random.default_rng(2).normal(size=(20, 4)).astype(np.float32)
    assert not list(find_outliers(names(few), few, PARAMETERS))
    same = np.ones((50, 4), np.float32)
    assert not principal_components(same, 3).any()
    assert not list(find_outliers(names(same), same, PARAMETERS))
