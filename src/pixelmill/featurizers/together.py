"""Several featurizers of one batch of images, from one decoding of each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import overload

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import ImageError
from pixelmill.featurizers.contracts import FeaturizedBatch, OpenFeaturizer
from pixelmill.featurizers.decoding import Reduced, reduce_image
from pixelmill.featurizers.isolated import joined
from pixelmill.featurizers.reduced import IMAGES, ReducedBatch, ReducedFeaturizer, Row
from pixelmill.images.limits import Limits
from pixelmill.images.sharing import SharedDecoding, shared_decoding

Image = bytes | ImageError
Flags = NDArray[np.bool_]


def featurize_together(
    featurizers: Sequence[OpenFeaturizer], images: Sequence[Image], wanted: Flags
) -> list[FeaturizedBatch]:
    """Featurize a batch by several featurizers.

    The first one takes the batch as it is, and each of its images is given to the others when the
    first has decoded it: a network works on batches, while no more than one decoded image is kept.
    Featurizers that need only reduced images get several of them at once.

    Args:
        featurizers: k of them, open; all but the first work on one image as well as on many.
        images: Content of n files, or why they could not be read.
        wanted: bool [n, k]: which image is for which featurizer.

    Returns:
        For each featurizer the result for its own images, in their order.
    """
    first, *others = featurizers
    with shared_decoding() as shared:
        if isinstance(first, ReducedFeaturizer):  # takes them in the same way as the others
            return list(_Passing(shared, images, [], featurizers, wanted).finish())
        of_first = np.flatnonzero(wanted[:, 0]).tolist()
        passing = _Passing(shared, images, of_first, others, wanted[:, 1:])
        done = first(passing) if len(passing) else joined([])
        # The others work while the first one decodes.
        lead = replace(done, decode_seconds=max(0.0, done.decode_seconds - passing.seconds))
        return [lead, *passing.finish()]


class _Passing(Sequence[Image]):
    """The images of the first featurizer; whoever asks for one has the others work on the last.

    Args:
        shared: Keeps what is decoded of the current image.
        images: n images.
        of_first: Positions of the images of the first featurizer.
        others: k other featurizers.
        wanted: bool [n, k]: which image is for which of the others.
    """

    def __init__(
        self,
        shared: SharedDecoding,
        images: Sequence[Image],
        of_first: Sequence[int],
        others: Sequence[OpenFeaturizer],
        wanted: Flags,
    ) -> None:
        self.seconds = 0.0
        self._shared = shared
        self._images = images
        self._of_first = of_first
        self._current: int | None = None
        self._is_done = [False] * len(images)
        self._groups = _groups(others, wanted)

    def __len__(self) -> int:
        return len(self._of_first)

    @overload
    def __getitem__(self, place: int) -> Image: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Image]: ...

    def __getitem__(self, place: int | slice) -> Image | Sequence[Image]:
        if isinstance(place, slice):
            return [self._images[number] for number in self._of_first[place]]
        if place == len(self):  # before the first one infers: what it decoded is still in the cache
            self._leave()
        number = self._of_first[place]
        if self._current != number:
            self._leave()
            self._current = number
            self._share(number)
        return self._images[number]

    def finish(self) -> Iterator[FeaturizedBatch]:
        """Work on the images that are left.

        Yields:
            What each of the other featurizers made.
        """
        self._leave()
        for number, is_done in enumerate(self._is_done):
            if not is_done:
                self._share(number)
                self._work(number)
        done = {place: batch for group in self._groups for place, batch in group.finish()}
        yield from (done[place] for place in sorted(done))

    def _leave(self) -> None:
        """Let the decoded pixels of the current image go, after all have seen them."""
        if self._current is not None and not self._is_done[self._current]:
            started = perf_counter()
            self._work(self._current)
            self.seconds += perf_counter() - started
        self._current = None

    def _share(self, number: int) -> None:
        image = self._images[number]
        self._shared.take(None if isinstance(image, ImageError) else image)

    def _work(self, number: int) -> None:
        for group in self._groups:
            group.take(number, self._images[number])
        self._is_done[number] = True


class _OneByOne:
    """Featurizers that get each image by itself.

    Args:
        featurizers: Some of k featurizers, by their place among them.
        wanted: Which of n images is for which of them.
    """

    def __init__(self, featurizers: Mapping[int, OpenFeaturizer], wanted: list[list[bool]]) -> None:
        self._featurizers = featurizers
        self._wanted = wanted
        self._done: dict[int, dict[int, FeaturizedBatch]] = {place: {} for place in featurizers}

    def take(self, number: int, image: Image) -> None:
        """Work on an image."""
        for place, featurizer in self._featurizers.items():
            if self._wanted[number][place]:
                self._done[place][number] = featurizer([image])

    def finish(self) -> Iterator[tuple[int, FeaturizedBatch]]:
        """Yield each featurizer's place and what it made, in the order of the images."""
        for place, done in self._done.items():
            yield place, joined([done[number] for number in sorted(done)])


class _OfReduced:
    """Featurizers with the same limits that get several reduced images at once.

    Args:
        featurizers: Some of k featurizers, by their place among them.
        wanted: Which of n images is for which of them.
    """

    def __init__(
        self,
        featurizers: Mapping[int, ReducedFeaturizer],
        wanted: list[list[bool]],
    ) -> None:
        self._featurizers = featurizers
        self._wanted = wanted
        self._is_wanted = [any(flags[place] for place in featurizers) for flags in wanted]
        self._limits = next(iter(featurizers.values())).limits
        self._taken: dict[int, Reduced | str] = {}
        self._rows: dict[int, dict[int, Row | str]] = {place: {} for place in featurizers}
        self._seconds = dict.fromkeys(featurizers, 0.0)
        self._remarks = {place: Counter[str]() for place in featurizers}

    def take(self, number: int, image: Image) -> None:
        """Reduce an image, and work on those that were taken when there are enough."""
        if self._is_wanted[number]:
            self._taken[number] = reduce_image(image, self._limits)
            if len(self._taken) == IMAGES:
                self._work()

    def finish(self) -> Iterator[tuple[int, FeaturizedBatch]]:
        """Yield each featurizer's place and what it made, in the order of the images."""
        self._work()
        for place, rows in self._rows.items():
            ordered = [rows[number] for number in sorted(rows)]
            yield (
                place,
                FeaturizedBatch.of_rows(ordered, self._seconds[place], self._remarks[place]),
            )

    def _work(self) -> None:
        batches: dict[tuple[int, ...], ReducedBatch] = {}
        for place, featurizer in self._featurizers.items():
            started = perf_counter()
            chosen = tuple(number for number in self._taken if self._wanted[number][place])
            if chosen not in batches:
                batches[chosen] = ReducedBatch([self._taken[number] for number in chosen])
            rows = batches[chosen].rows_of(featurizer)
            self._rows[place].update(zip(chosen, rows, strict=True))
            self._remarks[place].update(batches[chosen].remarks)
            self._seconds[place] += perf_counter() - started
        self._taken.clear()


def _groups(featurizers: Sequence[OpenFeaturizer], wanted: Flags) -> list[_OneByOne | _OfReduced]:
    """Return the featurizers by how they get their images."""
    single: dict[int, OpenFeaturizer] = {}
    reduced: dict[Limits, dict[int, ReducedFeaturizer]] = {}
    for place, one in enumerate(featurizers):
        if isinstance(one, ReducedFeaturizer):
            reduced.setdefault(one.limits, {})[place] = one
        else:
            single[place] = one
    flags = wanted.tolist()
    several = (_OfReduced(some, flags) for some in reduced.values())
    return [_OneByOne(single, flags), *several]
