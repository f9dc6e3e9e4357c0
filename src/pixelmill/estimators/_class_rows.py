"""Training rows of pairs of classes, as the descent uses them."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pixelmill.estimators import Arrays, BinaryProblem
from pixelmill.estimators._hinge_descent import Products, fits_gram, products_of
from pixelmill.models import Array

# Gram matrices of some pairs that a processor's cache holds; one call of numpy serves them all.
VALUES_AT_ONCE = 2**19


class ClassRows:
    """Training rows sorted by class, so that those of a class are a view."""

    def __init__(self, data: Arrays, pairs: Iterable[BinaryProblem]) -> None:
        """Keep the rows of the classes that are in a pair.

        Args:
            data: The training images.
            pairs: Problems of two classes.
        """
        labels = [(pair.positive, pair.negative) for pair in pairs if pair.negative is not None]
        order = np.argsort(data.target, kind="stable")
        order = order[np.isin(data.target[order], np.unique(labels))]
        self._features, self._target = data.features[order], data.target[order]

    def target(self, pair: BinaryProblem) -> NDArray[np.int64]:
        """0 for the rows of the negative class, then 1 for those of the positive."""
        first, second = self._places(pair)
        return np.repeat([0, 1], [first.stop - first.start, second.stop - second.start])

    def batches(self, pairs: Iterable[BinaryProblem]) -> Iterator[list[BinaryProblem]]:
        """Yield batches of pairs of similar size whose Gram matrices are small together."""
        ordered = sorted(pairs, key=self._size, reverse=True)
        start = 0
        while start < len(ordered):
            largest = max(1, self._size(ordered[start]))
            several = VALUES_AT_ONCE // largest**2 if self._is_gram_worth(largest) else 1
            end = start + max(1, several)
            yield ordered[start:end]
            start = end

    def products(self, batch: Sequence[BinaryProblem]) -> Products:
        """Return what multiplies coefficients of the rows of each pair, a column each, by its own X
        X'.

        Args:
            batch: One of `batches`; the coefficients of smaller pairs end with zeros.
        """
        largest = self._size(batch[0])
        if not self._is_gram_worth(largest):
            return products_of(np.vstack([self._features[one] for one in self._places(batch[0])]))
        stack = np.zeros((len(batch), largest, largest))
        for number, pair in enumerate(batch):
            self._fill(stack[number], pair)
        return lambda each: (stack @ np.ascontiguousarray(each.T)[:, :, None])[:, :, 0].T

    def combine(self, pair: BinaryProblem, coefficients: Array) -> Array:
        """Return the weights X' a, float64 [d].

        Args:
            pair: One of two classes.
            coefficients: float64 [n], in the order of `target`; what follows is left out.
        """
        first, second = self._places(pair)
        middle, end = first.stop - first.start, self._size(pair)
        combined: Array = coefficients[:middle] @ self._features[first]
        return combined + coefficients[middle:end] @ self._features[second]

    def _fill(self, gram: Array, pair: BinaryProblem) -> None:
        """Write the Gram matrix of a pair into the upper left of a larger one."""
        first, second = self._places(pair)
        middle, end = first.stop - first.start, self._size(pair)
        parts = ((first, slice(0, middle)), (second, slice(middle, end)))
        for (row, to_row), (column, to_column) in product(parts, parts):
            gram[to_row, to_column] = self._products(row, column)

    def _products(self, rows: slice, columns: slice) -> Array:
        if self._gram is not None:
            return self._gram[rows, columns]
        products: Array = self._features[rows] @ self._features[columns].T
        return products

    def _is_gram_worth(self, rows: int) -> bool:
        return fits_gram(rows, self._features.shape[1])

    def _size(self, pair: BinaryProblem) -> int:
        return sum(place.stop - place.start for place in self._places(pair))

    @cached_property
    def _gram(self) -> Array | None:
        """Of all rows, for all pairs."""
        features = self._features
        return features @ features.T if self._is_gram_worth(len(features)) else None

    def _places(self, pair: BinaryProblem) -> tuple[slice, slice]:
        assert pair.negative is not None  # noqa: S101 (only problems of two classes come here)
        return self._place(pair.negative), self._place(pair.positive)

    def _place(self, label: int) -> slice:
        start, stop = np.searchsorted(self._target, [label, label + 1])
        return slice(int(start), int(stop))
