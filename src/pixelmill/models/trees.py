"""Ensembles of decision trees: each image reaches one leaf of every tree, and leaves add up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pixelmill.models import ARRAYS, Array, Files, read_arrays, write_arrays
from pixelmill.models.linear import softmax

Link = Literal["share", "logistic"]


@dataclass(frozen=True, eq=False)
class TreesModel:
    """The nodes of all trees in one table; children are rows of it.

    Attributes:
        roots: int64 [trees], the rows where trees begin.
        feature: int64 [nodes], the feature that is compared; -1 in a leaf.
        threshold: float64 [nodes]; up to it an image goes left, above it right.
        left: int64 [nodes], a leaf's is itself.
        right: int64 [nodes], a leaf's is itself.
        values: float64 [nodes, k], what a leaf adds to the sum over trees: a share of each class
            (k is the number of classes), or a margin of class 1 of two (k is 1).
        importances: float64 [d], how much of the impurity each feature's splits took away, sum 1.
        link: `share` divides the sum by its total, `logistic` makes probabilities of twice the
            margin, as in the loss of gradient boosting.
    """

    roots: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: Array
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    values: Array
    importances: Array
    link: Link = "share"

    kind = "trees"

    @property
    def classes(self) -> int:
        """Number of classes."""
        return 2 if self.link == "logistic" else self.values.shape[1]

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
        total = np.zeros((len(features), self.values.shape[1]))
        for leaf in self._leaves(features).T:
            total += self.values[leaf]
        if self.link == "logistic":
            # The loss log(1 + exp(-2 y F)) with y = ±1 is the negative logarithm of the probability
            # P(y) = 1 / (1 + exp(-2 y F)) = exp(y F) / (exp(F) + exp(-F)).
            return softmax(np.hstack([-total, total]))
        shares: Array = total / total.sum(axis=1, keepdims=True)
        return shares

    def _leaves(self, features: Array) -> NDArray[np.int64]:
        """Return where images end: int64 [n, trees]; all go one level down at a time."""
        images = np.arange(len(features))[:, None]
        node = np.broadcast_to(self.roots, (len(features), len(self.roots)))
        while np.any(self.feature[node] >= 0):
            is_left = features[images, self.feature[node]] <= self.threshold[node]
            node = np.where(is_left, self.left[node], self.right[node])
        return node

    def to_files(self) -> Files:
        """Return the content of the model's files by name."""
        return {ARRAYS: write_arrays(**vars(self))}


def from_files(files: Mapping[str, bytes], _trusted: bool = False) -> TreesModel:
    """Return the model of which these are the files.

    Raises:
        ValueError: A node's child does not follow it, so that an image could go round for ever, or
            an index exceeds its array.
    """
    arrays = read_arrays(files[ARRAYS])
    link: Link = "logistic" if str(arrays.pop("link")) == "logistic" else "share"
    model = TreesModel(**arrays, link=link)
    inner = np.flatnonzero(model.feature >= 0)
    for child in (model.left, model.right):
        if not ((child[inner] > inner) & (child[inner] < len(model.values))).all():
            raise ValueError("a node's child does not follow it")
    is_known = [(model.roots < len(model.values)), (model.feature < len(model.importances))]
    if not all(known.all() for known in is_known):
        raise ValueError("an index exceeds its array")
    return model
