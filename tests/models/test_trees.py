"""Trees as arrays: which leaf an image ends in, and what the leaves add up to."""

import numpy as np
import pytest

from pixelmill.models import read_model
from pixelmill.models.trees import TreesModel


def forest(values, link):
    """Two trees: one asks feature 1 and then feature 0, the other is a single leaf."""
    return TreesModel(
        roots=np.array([0, 5]),
        feature=np.array([1, -1, 0, -1, -1, -1]),
        threshold=np.array([0.5, 0.0, -1.0, 0.0, 0.0, 0.0]),
        left=np.array([1, 1, 3, 3, 4, 5]),
        right=np.array([2, 1, 4, 3, 4, 5]),
        values=np.array(values),
        importances=np.array([0.25, 0.75]),
        link=link,
    )


SHARES = forest([[0, 0], [1, 0], [0, 0], [0.5, 0.5], [0, 1], [0.25, 0.75]], "share")
MARGINS = forest([[0], [-1], [0], [2], [500], [-0.5]], "logistic")
# A value on the threshold goes left, as in Spark.
IMAGES = np.array([[9.0, 0.5], [-1.0, 0.6], [-0.9, 0.6]])


def test_shares_are_the_mean_over_trees():
    np.testing.assert_allclose(
        SHARES.scores(IMAGES), [[0.625, 0.375], [0.375, 0.625], [0.125, 0.875]]
    )
    assert SHARES.classes == 2


def test_margins_become_probabilities_of_two_classes():
    margins = np.array([-1.5, 1.5, 499.5])
    expected = 1 / (1 + np.exp(-2 * margins))
    np.testing.assert_allclose(MARGINS.scores(IMAGES), np.column_stack([1 - expected, expected]))
    assert MARGINS.classes == 2


@pytest.mark.parametrize("model", [SHARES, MARGINS], ids=["share", "logistic"])
def test_files_hold_the_whole_model(model):
    again = read_model("trees", model.to_files())
    np.testing.assert_array_equal(again.scores(IMAGES), model.scores(IMAGES))
    np.testing.assert_array_equal(again.importances, model.importances)
    assert again.probabilities
    assert again.scores(IMAGES[:0]).shape == (0, 2)
