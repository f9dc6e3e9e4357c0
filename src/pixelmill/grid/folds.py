"""Division of training images into the folds of a cross-validation.

An image of which the training has seen a copy says nothing about unseen images: a nearest neighbour
is always right about it. So copies of a picture are held out together.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pixelmill.parameters import GridParameters

Positions = NDArray[np.int64]


def number_pictures(paths: Sequence[str], copies: Mapping[str, int]) -> Positions:
    """Number the pictures that images show.

    Args:
        paths: n different paths.
        copies: Group of each image that has copies, by path.

    Returns:
        int64 [n], the same number for the images of a group.
    """
    keys = [copies.get(path, path) for path in paths]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], dtype=np.int64)


def picture_labels(target: Positions, pictures: Positions) -> Positions:
    """Return the label that most images of each picture have, int64 [pictures].

    Args:
        target: int64 [n], 0 … classes - 1.
        pictures: int64 [n], as `number_pictures` returns them.
    """
    pairs, images = np.unique(np.stack([pictures, target]), axis=1, return_counts=True)
    order = np.lexsort((-images, pairs[0]))
    _, first = np.unique(pairs[0][order], return_index=True)
    labels: Positions = pairs[1][order[first]]
    return labels


def folds_of(target: Positions, pictures: Positions, grid: GridParameters) -> Positions:
    """Return the fold in which each image is held out: without copies as scikit-learn draws it.

    Args:
        target: int64 [n], positions of the labels, in the order of the paths.
        pictures: int64 [n], the same number for copies of one picture.
        grid: Number of folds, and the seed of the division.

    Returns:
        int64 [n], 0 … folds - 1. Where there are copies, each picture is in one fold, and each
        label is divided as evenly as its pictures allow.
    """
    if len(np.unique(pictures)) == len(pictures):
        return _stratified(target, grid)
    sizes, labels = np.bincount(pictures), picture_labels(target, pictures)
    by_chance = np.random.default_rng(grid.seed).random(len(sizes))
    held_out = np.empty(len(sizes), dtype=np.int64)
    # Images of each label, and of all, in each fold; lists, since they are read one by one.
    filled = [[0] * grid.folds for _ in range(int(target.max()) + 1)]
    total = [0] * grid.folds
    # The largest picture first, so that small ones fill what large ones leave uneven.
    for picture in np.lexsort((by_chance, -sizes)).tolist():
        of_label, images = filled[labels[picture]], int(sizes[picture])
        fold = min(range(grid.folds), key=lambda one: (of_label[one], total[one]))
        of_label[fold] += images
        total[fold] += images
        held_out[picture] = fold
    folds: Positions = held_out[pictures]
    return folds


def _stratified(target: Positions, grid: GridParameters) -> Positions:
    from sklearn.model_selection import StratifiedKFold

    drawn = StratifiedKFold(grid.folds, shuffle=True, random_state=grid.seed)
    folds = np.empty(len(target), dtype=np.int64)
    for number, (_, held_out) in enumerate(drawn.split(target, target)):
        folds[held_out] = number
    return folds
