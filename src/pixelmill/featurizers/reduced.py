"""Featurizers that look at small pictures, several images at once.

Between two images a decoder runs, after which the caches of a core hold none of the code and data
of these featurizers. So images are decoded and reduced one by one, and everything else is done for
several of them: picture by picture what reads pixels, so that each stays in the innermost cache.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import ImageError
from pixelmill.featurizers.contracts import FeaturizedBatch
from pixelmill.featurizers.decoding import Reduced, reduce_image
from pixelmill.images.limits import Limits

Pixels = NDArray[np.uint8]
Rows = NDArray[np.float32]
Row = NDArray[np.float32]

IMAGES = 8
"""Images that are worked on at once: their pictures fit into the cache of a core."""


class ReducedBatch:
    """Images and what they were reduced to; what is computed for one featurizer serves others.

    Args:
        reduced: Pictures of n images, or why there is none.

    Attributes:
        pictures: Pictures of the good ones.
    """

    def __init__(self, reduced: Sequence[Reduced | str]) -> None:
        self._reduced = reduced
        self.pictures = [one for one in reduced if isinstance(one, Reduced)]

    @cached_property
    def halved_luma(self) -> list[Pixels]:
        """Luma of each `halved` picture, uint8 [height, width]."""
        luma = (cv2.cvtColor(one.halved, cv2.COLOR_RGB2GRAY) for one in self.pictures)
        return [np.asarray(one, np.uint8) for one in luma]

    @property
    def remarks(self) -> Counter[str]:
        """Number of unusual images, by what is unusual."""
        return Counter(remark for one in self.pictures for remark in one.remarks)

    def rows_of(self, featurizer: "ReducedFeaturizer") -> list[Row | str]:
        """Return for each image its row, float32 [d], or the reason why it has none."""
        rows = iter(featurizer.rows(self) if self.pictures else ())
        return [one if isinstance(one, str) else next(rows) for one in self._reduced]


class ReducedFeaturizer(ABC):
    """An open featurizer that needs no more than a reduced image.

    Args:
        limits: Images beyond them are refused.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    @abstractmethod
    def rows(self, batch: ReducedBatch) -> Rows:
        """Return the features of the good images of a batch, float32 [good, d].

        A row must not depend on the other images.
        """

    def __call__(self, images: Sequence[bytes | ImageError]) -> FeaturizedBatch:
        """Featurize a batch.

        Args:
            images: Content of the files, or why it could not be read.

        Returns:
            Rows of the good images, and the reasons of the others; all time counts as decoding.
        """
        started = perf_counter()
        rows: list[Row | str] = []
        remarks: Counter[str] = Counter()
        for start in range(0, len(images), IMAGES):
            some = images[start : start + IMAGES]
            batch = ReducedBatch([reduce_image(image, self.limits) for image in some])
            rows += batch.rows_of(self)
            remarks.update(batch.remarks)
        return FeaturizedBatch.of_rows(rows, perf_counter() - started, remarks)
