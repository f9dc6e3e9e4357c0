"""Similarity of an image to the other images of each class.

The features x of an image, centred and of length 1, are compared with those of all other pictures y
of each class c:

    s(x, c) = (cos(x, m_c) + t log mean_{y in c} exp(cos(x, y) / t)) / 2,    t = 0.1.

The first term compares with the mean m_c of the class, the second one with its nearest images: it
lies between their mean cosine and the largest one. Alone, the mean finds photos of breeds with an
unusual look, and the nearest images find those that lie among two breeds; both terms together have
fewer of either. The image and its copies are left out of their classes. Of a class with few images,
of which a classifier learns too little, this says more.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Labels = NDArray[np.intp]
Similarities = NDArray[np.float32]

WIDTH = 0.1  # t: cosines that lie so far below the largest one count a third
CHUNK = 512  # images that are compared with all others at once
NOTHING = 2e-6  # of the largest feature: shorter rows point nowhere


def class_similarities(rows: Rows, labels: Labels, pictures: Labels) -> Similarities:
    """Compare images with the others of each class.

    Args:
        rows: Features as the featurizer made them, float32 [n, d].
        labels: intp [n], from 0 to k - 1.
        pictures: intp [n], from 0 on; images of one number are copies, and count once in a class.

    Returns:
        float32 [n, k], -1 to 1.
    """
    centred = rows - rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred /= np.abs(centred).max() or 1  # squares of large and small numbers are none
    units = _units(centred)
    compared = _Compared(units, labels, pictures)
    found = np.empty((len(units), compared.classes), np.float32)
    for start in range(0, len(units), CHUNK):
        some = np.arange(start, min(start + CHUNK, len(units)))
        found[some] = (compared.to_means(some) + compared.to_nearest(some)) / 2
    return found


class _Compared:
    """All images, with which some are compared.

    Args:
        units: Rows of length 1, float32 [n, d].
        labels: intp [n], from 0 to k - 1.
        pictures: intp [n], from 0 on.
    """

    def __init__(self, units: Rows, labels: Labels, pictures: Labels) -> None:
        from scipy.sparse import csr_array

        self._units, self._labels, self._pictures = units, labels, pictures
        both = labels.astype(np.int64) * (int(pictures.max()) + 1) + pictures
        _, self._group, copies = np.unique(both, return_inverse=True, return_counts=True)
        # A picture that occurs c times in a class weighs 1 / c each time.
        weights = (1 / copies[self._group]).astype(np.float32)
        images = np.arange(len(units))
        self._of_class = csr_array((weights, (labels, images)))  # [k, n]
        self._of_group = csr_array((weights, (self._group, images)))
        self._in_class = csr_array((weights, (pictures, labels)))  # [pictures, k]
        self._sums = self._of_class @ units
        self._means = _units(self._sums)
        self._counts = np.bincount(labels, weights)
        self.classes = len(self._counts)

    def to_means(self, some: Labels) -> Similarities:
        """Return the cosines of m images to the means of the classes, [m, k].

        The own class of an image is the mean of its other pictures, and 0 where it has none.
        """
        found = self._units[some] @ self._means.T
        own = self._of_group[self._group[some]] @ self._units
        others = _units(self._sums[self._labels[some]] - own)
        found[np.arange(len(some)), self._labels[some]] = (self._units[some] * others).sum(axis=1)
        return np.asarray(found)

    def to_nearest(self, some: Labels) -> Similarities:
        """Return the second term, [m, k]: t log mean exp(cos / t) over the other pictures.

        It is written as 1 + t log mean exp((cos - 1) / t), in which no power is too large. A class
        without other pictures gets -1, the least cosine.
        """
        powers = self._units[some] @ self._units.T
        powers -= 1
        powers /= WIDTH
        np.exp(powers, out=powers)
        powers[self._pictures[some][:, None] == self._pictures] = 0
        sums = (self._of_class @ powers.T).T
        of_others = self._counts - self._in_class[self._pictures[some]].toarray()
        means = np.divide(sums, of_others, out=np.zeros_like(sums), where=of_others > 0.5)
        return np.asarray(1 + WIDTH * np.log(np.maximum(means, np.exp(-2 / WIDTH))))


def _units(rows: NDArray[Any]) -> NDArray[Any]:
    """Return rows of length 1; those that are nearly zero become zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    divided = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > NOTHING)
    return np.asarray(divided)
