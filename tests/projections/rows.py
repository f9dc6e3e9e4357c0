"""Rows in groups, as features of photos lie, and the projections' cheapest settings."""

import numpy as np

QUICK = {
    "tsne": {"early_exaggeration_iter": 40, "n_iter": 60},
    "umap": {"n_epochs": 40},
    "pca": {},
}


def islands(count, dimension=12, groups=6, seed=0):
    """float32 [count, dimension] around the centres of groups, and int [count] which."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(groups, dimension)) * 6
    which = random.integers(0, groups, count)
    return (centres[which] + random.normal(size=(count, dimension))).astype(np.float32), which
