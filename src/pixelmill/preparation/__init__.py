"""Preparation of features for a classifier or a map: scaling, normalization, PCA."""

from pixelmill.preparation.preparation import Preparation, from_files

__all__ = ["Preparation", "from_files"]
