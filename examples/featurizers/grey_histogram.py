"""The share of an image's pixels at each of 16 levels of grey: a featurizer without a network."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pixelmill.errors import ImageError
from pixelmill.featurizers import Description, FeaturizedBatch
from pixelmill.featurizers.decoding import PIXEL_VERSION, FullSizeDecoder
from pixelmill.parameters import FeaturizationParameters

LEVELS = 16


@dataclass(frozen=True)
class GreyHistogram:
    """The featurizer; without a network there is nothing to build or to compile."""

    decoder: FullSizeDecoder

    def describe(self) -> Description:
        """Return all that changes the numbers; its hash names the folder of the features."""
        return {"featurizer": "grey_histogram", "levels": LEVELS, "pixels": PIXEL_VERSION}

    def prepare(self) -> "GreyHistogram":
        """Return what is pickled on the driver and sent to the workers."""
        return self

    def open(self, threads: int) -> "GreyHistogram":
        """Return what featurizes in a worker, one image at a time."""
        del threads
        return self

    def __call__(self, images: Sequence[bytes | ImageError]) -> FeaturizedBatch:
        """Featurize a batch; an image that cannot be decoded has a reason instead of a row."""
        rows, errors = [], list[str | None]()
        for image in images:
            try:
                if isinstance(image, ImageError):
                    raise image
                grey = self.decoder.decode(image).mean(axis=2)  # [height, width, 3]
                rows.append(np.histogram(grey, LEVELS, (0, 256))[0] / grey.size)
                errors.append(None)
            except ImageError as problem:
                errors.append(str(problem))
        features = np.array(rows, np.float32) if rows else np.empty((0, 0), np.float32)
        return FeaturizedBatch(features, errors, 0.0, 0.0)


def featurizer(parameters: FeaturizationParameters) -> GreyHistogram:
    """Make the featurizer that `featurization.featurizer: grey_histogram` names."""
    return GreyHistogram(FullSizeDecoder(parameters.limits))
