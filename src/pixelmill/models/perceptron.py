"""Multilayer perceptrons: sigmoid between the layers, softmax behind the last."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pixelmill.models import ARRAYS, Array, Files, read_arrays, write_arrays
from pixelmill.models.linear import softmax


@dataclass(frozen=True, eq=False)
class PerceptronModel:
    """The layers, from the features to the classes.

    Attributes:
        weights: Weights of each layer, float64 [outputs, inputs].
        intercepts: Intercepts of each layer, float64 [outputs].
    """

    weights: list[Array]
    intercepts: list[Array]

    kind = "perceptron"

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.intercepts[-1])

    @property
    def probabilities(self) -> bool:
        """Always: scores are probabilities."""
        return True

    def scores(self, features: Array) -> Array:
        """Return probabilities of images.

        Args:
            features: float64 [n, d].

        Returns:
            float64 [n, classes].
        """
        return softmax(self.margins(features))

    def margins(self, features: Array) -> Array:
        """Return the logarithms of the probabilities, each row but for a constant.

        Args:
            features: float64 [n, d].

        Returns:
            float64 [n, classes].
        """
        signal = features
        for weights, intercepts in zip(self.weights[:-1], self.intercepts[:-1], strict=True):
            signal = _sigmoid(signal @ weights.T + intercepts)
        margins: Array = signal @ self.weights[-1].T + self.intercepts[-1]
        return margins

    def to_files(self) -> Files:
        """Return the content of the model's files by name."""
        arrays = {f"weights_{layer}": value for layer, value in enumerate(self.weights)}
        arrays |= {f"intercepts_{layer}": value for layer, value in enumerate(self.intercepts)}
        return {ARRAYS: write_arrays(**arrays)}


def _sigmoid(margins: Array) -> Array:
    """Return 1 / (1 + exp(-x)), written so that no exponential overflows."""
    values: Array = 0.5 * (1 + np.tanh(0.5 * margins))
    return values


def from_files(files: Mapping[str, bytes], _trusted: bool = False) -> PerceptronModel:
    """Return the model of which these are the files."""
    arrays = read_arrays(files[ARRAYS])
    layers = range(len(arrays) // 2)
    return PerceptronModel(
        [arrays[f"weights_{layer}"] for layer in layers],
        [arrays[f"intercepts_{layer}"] for layer in layers],
    )
