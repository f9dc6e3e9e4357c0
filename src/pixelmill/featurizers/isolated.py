"""A featurizer in a child process, so that an image that kills it costs no other image."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from pixelmill.child_process import Allowance, ChildProcess
from pixelmill.errors import ImageError, UnreadableImageError
from pixelmill.featurizers.contracts import FeaturizedBatch, OpenFeaturizer, PreparedFeaturizer
from pixelmill.images.limits import Limits


@dataclass(frozen=True)
class _Opening:
    """Opens a featurizer; what the child is sent."""

    prepared: PreparedFeaturizer
    threads: int

    def __call__(self) -> OpenFeaturizer:
        return partial(featurize_within_memory, self.prepared.open(self.threads))


class IsolatedFeaturizer:
    """An open featurizer whose work is done in a child process.

    Args:
        prepared: The featurizer.
        threads: Cores that it may use.
        limits: Seconds and bytes that an image may take.
    """

    def __init__(self, prepared: PreparedFeaturizer, threads: int, limits: Limits) -> None:
        allowance = Allowance(limits.max_seconds, limits.max_decoded_bytes)
        self._child = ChildProcess(_Opening(prepared, threads), allowance)

    def __call__(self, images: Sequence[bytes | ImageError]) -> FeaturizedBatch:
        """Featurize a batch; where it ends the child, its images one by one.

        Args:
            images: Content of the files, or why it could not be read.

        Returns:
            Features of the good images, and the reasons of the others.
        """
        try:
            return self._in_child(images)
        except ImageError:
            return _one_by_one(self._in_child, images)

    def close(self) -> None:
        """End the child."""
        self._child.close()

    def _in_child(self, images: Sequence[bytes | ImageError]) -> FeaturizedBatch:
        done: FeaturizedBatch = self._child.call(images, len(images))
        return done


def featurize_within_memory(
    featurizer: OpenFeaturizer, images: Sequence[bytes | ImageError]
) -> FeaturizedBatch:
    """Featurize a batch; where memory is refused, its images one by one.

    Args:
        featurizer: Open in this process.
        images: Content of the files, or why it could not be read.

    Returns:
        Features of the good images, and the reasons of the others; of one for which memory is
        refused alone, a reason to try it again.
    """
    try:
        return featurizer(images)
    except MemoryError:
        return _one_by_one(featurizer, images)


def _one_by_one(
    featurizer: OpenFeaturizer, images: Sequence[bytes | ImageError]
) -> FeaturizedBatch:
    return joined([_one(featurizer, image) for image in images])


def _one(featurizer: OpenFeaturizer, image: bytes | ImageError) -> FeaturizedBatch:
    try:
        return featurizer([image])
    except MemoryError:
        problem: ImageError = UnreadableImageError("not enough memory to work on it: run again")
    except ImageError as reason:
        problem = reason
    return FeaturizedBatch(np.empty((0, 0), np.float32), [str(problem)], 0.0, 0.0)


def joined(parts: Sequence[FeaturizedBatch]) -> FeaturizedBatch:
    """Make one batch of batches of one image.

    Args:
        parts: n batches, or none.

    Returns:
        A batch of n images.
    """
    rows = [part.features for part in parts if part.errors == [None]]
    return FeaturizedBatch(
        np.concatenate(rows) if rows else np.empty((0, 0), np.float32),
        [part.errors[0] for part in parts],
        sum(part.decode_seconds for part in parts),
        sum(part.infer_seconds for part in parts),
        sum((part.remarks for part in parts), Counter()),
    )
