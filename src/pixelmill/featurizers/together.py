"""Several featurizers of one batch of images, from one decoding of each."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import perf_counter
from typing import overload

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import ImageError
from pixelmill.featurizers.contracts import FeaturizedBatch, OpenFeaturizer
from pixelmill.featurizers.isolated import joined
from pixelmill.images.decoding import SharedImage

Image = bytes | ImageError
Flags = NDArray[np.bool_]


def featurize_together(
    featurizers: Sequence[OpenFeaturizer], images: Sequence[Image], wanted: Flags
) -> list[FeaturizedBatch]:
    """Featurize a batch by several featurizers.

    The first one takes the batch as it is, and each of its images is given to the others when the
    first has decoded it: a network works on batches, while no more than one decoded image is kept.

    Args:
        featurizers: k of them, open; all but the first work on one image as well as on many.
        images: Content of n files, or why they could not be read.
        wanted: bool [n, k]: which image is for which featurizer.

    Returns:
        For each featurizer the result for its own images, in their order.
    """
    first, *others = featurizers
    passing = _Passing(images, others, wanted)
    done = first(passing) if len(passing) else joined([])
    # The others work while the first one decodes.
    lead = replace(done, decode_seconds=max(0.0, done.decode_seconds - passing.seconds))
    return [lead, *passing.finish()]


class _Passing(Sequence[Image]):
    """The images of the first featurizer; whoever asks for one has the others work on the last."""

    def __init__(
        self, images: Sequence[Image], others: Sequence[OpenFeaturizer], wanted: Flags
    ) -> None:
        self.seconds = 0.0
        self._images = images
        self._others = others
        self._wanted = wanted
        self._of_first = np.flatnonzero(wanted[:, 0]).tolist()
        self._current: tuple[int, Image] | None = None
        self._done: dict[int, list[FeaturizedBatch | None]] = {}

    def __len__(self) -> int:
        return len(self._of_first)

    @overload
    def __getitem__(self, place: int) -> Image: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Image]: ...

    def __getitem__(self, place: int | slice) -> Image | Sequence[Image]:
        if isinstance(place, slice):
            return [self._images[number] for number in self._of_first[place]]
        number = self._of_first[place]
        if self._current is None or self._current[0] != number:
            self._leave()
            self._current = number, _shared(self._images[number])
        return self._current[1]

    def finish(self) -> Iterator[FeaturizedBatch]:
        """Work on the images that are left.

        Yields:
            What each of the other featurizers made.
        """
        self._leave()
        for number, image in enumerate(self._images):
            if number not in self._done:
                self._done[number] = self._work(number, _shared(image))
        ordered = [self._done[number] for number in range(len(self._images))]
        for other in range(len(self._others)):
            yield joined([done for of_image in ordered if (done := of_image[other]) is not None])

    def _leave(self) -> None:
        """Let the decoded pixels of the current image go, after all have seen them."""
        if self._current is not None and self._current[0] not in self._done:
            started = perf_counter()
            self._done[self._current[0]] = self._work(*self._current)
            self.seconds += perf_counter() - started
        self._current = None

    def _work(self, number: int, image: Image) -> list[FeaturizedBatch | None]:
        wanted = self._wanted[number, 1:].tolist()
        both = zip(self._others, wanted, strict=True)
        return [other([image]) if is_wanted else None for other, is_wanted in both]


def _shared(image: Image) -> Image:
    return image if isinstance(image, ImageError) else SharedImage(image)
