"""Linear models: a weight for each feature and an intercept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pixelmill.models import ARRAYS, Array, Files, read_arrays, write_arrays

Link = Literal["softmax", "margin"]


@dataclass(frozen=True, eq=False)
class LinearModel:
    """One row of weights for each class.

    Attributes:
        weights: float64 [classes, d].
        intercepts: float64 [classes].
        link: `softmax` makes probabilities of the weighted sums, `margin` leaves them.
    """

    weights: Array
    intercepts: Array
    link: Link = "margin"

    kind = "linear"

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.weights)

    @property
    def probabilities(self) -> bool:
        """Whether scores are probabilities."""
        return self.link == "softmax"

    def scores(self, features: Array) -> Array:
        """Return scores of images.

        Args:
            features: float64 [n, d].

        Returns:
            float64 [n, classes].
        """
        margins = features @ self.weights.T + self.intercepts
        return margins if self.link == "margin" else softmax(margins)

    def to_files(self) -> Files:
        """Return the content of the model's files by name."""
        return {ARRAYS: write_arrays(**vars(self))}


def binary_margins(weights: Array, intercept: float) -> LinearModel:
    """Return a model of two classes from one row of weights; positive margins mean class 1.

    Args:
        weights: float64 [d].
        intercept: Added to the weighted sum.
    """
    return LinearModel(np.stack([-weights, weights]), np.array([-intercept, intercept]))


def softmax(margins: Array) -> Array:
    """Return probabilities of margins, float64 [n, classes]; each row's maximum is subtracted."""
    powers = np.exp(margins - margins.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares


def from_files(files: Mapping[str, bytes], _trusted: bool = False) -> LinearModel:
    """Return the model of which these are the files."""
    arrays = read_arrays(files[ARRAYS])
    link: Link = "softmax" if str(arrays["link"]) == "softmax" else "margin"
    return LinearModel(arrays["weights"], arrays["intercepts"], link)
