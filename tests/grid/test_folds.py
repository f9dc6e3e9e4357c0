"""Folds are scikit-learn's; where there are copies, each picture is in one, and labels in all."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

from pixelmill.grid.folds import folds_of, number_pictures, picture_labels
from pixelmill.parameters import GridParameters

POINTS = [{"estimator": "svm_sgd"}]


@given(st.lists(st.integers(0, 3), min_size=4, max_size=60), st.integers(2, 4), st.integers(0, 9))
def test_folds_are_those_of_scikit_learn(classes, folds, seed):
    target = np.array(classes + list(range(4)) * folds)
    names = np.array(["d", "b", "a", "c"])[target]
    drawn = StratifiedKFold(folds, shuffle=True, random_state=seed).split(target, names)
    grid = GridParameters(folds=folds, seed=seed, points=POINTS)
    found = folds_of(target, np.arange(len(target))[::-1], grid)
    for number, (train, held_out) in enumerate(drawn):
        np.testing.assert_array_equal(np.flatnonzero(found == number), held_out)
        np.testing.assert_array_equal(np.flatnonzero(found != number), train)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9)), min_size=2), st.integers(2, 4))
def test_a_picture_is_in_one_fold_and_labels_are_divided_evenly(groups, folds):
    labels, sizes = np.array([*groups, (0, 2)]).T
    pictures = np.repeat(np.arange(len(sizes)), sizes)
    target = labels[pictures]
    fold = folds_of(target, pictures, GridParameters(folds=folds, points=POINTS))
    assert all(len(set(fold[pictures == one])) == 1 for one in range(len(sizes)))
    for label in range(3):
        images = np.bincount(fold[target == label], minlength=folds)
        # No fold is behind another by more than a picture that could have gone there.
        assert np.ptp(images) <= max(sizes[labels == label], default=0)
        assert (images > 0).sum() == min(folds, (labels == label).sum())


def test_images_of_a_group_are_one_picture_whose_label_most_of_them_have():
    paths = ["a.png", "b.png", "c.png", "d.png", "e.png", "f.png"]
    pictures = number_pictures(paths, {"b.png": 0, "d.png": 0, "f.png": 0})
    assert pictures.tolist() == [0, 1, 2, 1, 3, 1]
    assert picture_labels(np.array([2, 0, 1, 3, 0, 3]), pictures).tolist() == [2, 3, 1, 0]
