"""The class whose training images have the nearest mean: an estimator in NumPy alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pixelmill.errors import InputError
from pixelmill.estimators import Arrays, BinaryProblem, Fit, Training
from pixelmill.models.linear import LinearModel


def estimator(name: str, parameters: Mapping[str, Any]) -> "NearestCentroid":
    """Make the estimator that `modelling.estimator: nearest_centroid` names."""
    if parameters:
        raise InputError(f"modelling.parameters: {name} has none, so leave out {[*parameters]}")
    return NearestCentroid()


class NearestCentroid:
    """Learns the mean of each class."""

    def fit(self, training: Training) -> Fit:
        """Learn all classes at once."""
        return Fit(centroids(training.arrays()), {})

    def fit_binary(self, training: Training, problems: Sequence[BinaryProblem]) -> list[Fit]:
        """Learn two sides for each problem, as `modelling.strategy: one_vs_one` asks for."""
        return [Fit(centroids(problem.of(training.arrays())), {}) for problem in problems]


def centroids(data: Arrays) -> LinearModel:
    """Fit a linear model that scores an image by its distance to each mean.

    -|x - m|² = 2 m·x - |m|² - |x|², and |x|² is the same for every class: the nearest mean m has
    the largest 2 m·x - |m|². A class without images in a fold is never predicted.
    """
    sizes = np.bincount(data.target, minlength=data.classes)
    members = np.eye(data.classes)[data.target]  # [n, classes]
    means = members.T @ data.features / np.maximum(sizes, 1)[:, None]  # [classes, d]
    return LinearModel(2 * means, np.where(sizes, -(means**2).sum(axis=1), -np.inf))
