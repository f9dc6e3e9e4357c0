"""Rows in groups of unlike sizes, with some that lie alone."""

import numpy as np

SIZES = (120, 80, 50, 30)


def blobs(dimension=2, alone=4, seed=0):
    """float32 [284, dimension] in a mixed order, and int [284]: the group, -1 for those alone."""
    random = np.random.default_rng(seed)
    which = np.repeat(np.arange(-1, len(SIZES)), (alone, *SIZES))
    rows = random.normal(size=(len(which), dimension))
    rows[:, :2] += 40 * np.array([[0, 0], [1, 0], [0, 1], [1, 1]])[which]
    corners = 150 * np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]])
    rows[which < 0, :2] = corners[:alone]
    order = random.permutation(len(which))
    return rows[order].astype(np.float32), which[order]
