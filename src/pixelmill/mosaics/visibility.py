"""Drawing order of overlapping images, so that many can be recognised."""

from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

RECOGNISED = 0.25  # of an image must be seen
GRAIN = 12  # cells of the raster along the side of an image

Boxes = NDArray[np.int32]
Order = NDArray[np.int64]


def least_hidden_on_top(boxes: Boxes) -> Order:
    """Return the order from the lowest to the topmost.

    The lowest image is the one of which most is seen with all others above it; it is taken away,
    and the next is looked for among the rest. Where of none enough is seen, the most hidden goes
    below everything, where it hides no other. On maps of 1,000 to 10,000 images a fifth to a half
    more of them can be recognised than in an order by chance.

    Args:
        boxes: int32 [n, 4]: left, top, right, bottom, in pixels.

    Returns:
        int64 [n]: positions among the boxes.
    """
    pile = _Pile(_coarse(boxes))
    most = [(-share, image) for image, share in enumerate(pile.shares())]
    least = [(share, image) for image, share in enumerate(pile.shares())]
    heapify(most)
    heapify(least)
    lowest: list[int] = []
    shown: list[int] = []
    while pile.left:
        image = _first(most, pile)
        if pile.share(image) >= RECOGNISED:
            shown.append(image)
        else:
            image = _first(least, pile)
            lowest.append(image)
        for freed in pile.take(image):
            heappush(most, (-pile.share(freed), freed))
            heappush(least, (pile.share(freed), freed))
    return np.array(lowest + shown, np.int64)


def shares_seen(boxes: Boxes, order: Order) -> NDArray[np.float64]:
    """Return how much of each image is seen.

    Args:
        boxes: int32 [n, 4]: left, top, right, bottom, in pixels.
        order: int64 [n], from the lowest to the topmost.

    Returns:
        float64 [n], 0 to 1.
    """
    cells = _coarse(boxes)
    topmost = np.full(_extent(cells), -1, np.int32)
    for image in order.tolist():
        topmost[_within(cells[image])] = image
    seen = np.bincount(topmost[topmost >= 0], minlength=len(cells))
    return np.asarray(seen / _areas(cells), np.float64)


def layers(boxes: Boxes) -> float:
    """Return how many images overlap on average, where there are any; 1 is side by
    side.

    Args:
        boxes: int32 [n, 4], n > 0: left, top, right, bottom, in pixels.
    """
    cells = _coarse(boxes)
    covered = np.zeros(_extent(cells), bool)
    for cell in cells:
        covered[_within(cell)] = True
    return float(_areas(cells).sum() / covered.sum())


class _Pile:
    """The images that are left, on a raster of cells.

    Each cell has the number of images there and the exclusive or of their positions: of a cell
    with one image, that is the image.
    """

    def __init__(self, cells: Boxes) -> None:
        self._cells = cells
        self._areas = _areas(cells)
        self._counts = np.zeros(_extent(cells), np.int32)
        self._owners = np.zeros(_extent(cells), np.int32)
        for image, cell in enumerate(cells):
            self._counts[_within(cell)] += 1
            self._owners[_within(cell)] ^= image
        alone = self._owners[self._counts == 1]
        self._seen = np.bincount(alone, minlength=len(cells))
        self._there = np.ones(len(cells), bool)
        self.left = len(cells)

    def shares(self) -> list[float]:
        """Return how much is seen of each image with all others above it."""
        shares: list[float] = (self._seen / self._areas).tolist()
        return shares

    def share(self, image: int) -> float:
        """Return how much is seen of one image."""
        return float(self._seen[image] / self._areas[image])

    def has(self, image: int) -> bool:
        """Return whether it is still there."""
        return bool(self._there[image])

    def take(self, image: int) -> list[int]:
        """Take an image away; return those of which more is seen now."""
        self._there[image] = False
        self.left -= 1
        counts = self._counts[_within(self._cells[image])]
        owners = self._owners[_within(self._cells[image])]
        counts -= 1
        owners ^= image
        freed, cells = np.unique(owners[counts == 1], return_counts=True)
        self._seen[freed] += cells
        found: list[int] = freed.tolist()
        return found


def _first(queue: list[tuple[float, int]], pile: _Pile) -> int:
    """Return the first image of a queue; entries that are no longer true are dropped."""
    while not pile.has(queue[0][1]) or abs(queue[0][0]) != pile.share(queue[0][1]):
        heappop(queue)
    return queue[0][1]


def _coarse(boxes: Boxes) -> Boxes:
    """Return the boxes in cells of the raster; each has one cell at least."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    grain = max(1.0, float(np.sqrt(np.median(width * height))) / GRAIN)
    cells = np.floor((boxes - np.tile(boxes[:, :2].min(axis=0), 2)) / grain).astype(np.int32)
    cells[:, 2:] = np.maximum(cells[:, 2:], cells[:, :2] + 1)
    return np.asarray(cells, np.int32)


def _extent(cells: Boxes) -> tuple[int, int]:
    return int(cells[:, 3].max()), int(cells[:, 2].max())


def _areas(cells: Boxes) -> NDArray[np.int64]:
    sides = cells[:, 2:].astype(np.int64) - cells[:, :2]
    areas: NDArray[np.int64] = sides[:, 0] * sides[:, 1]
    return areas


def _within(cell: Boxes) -> tuple[slice, slice]:
    left, top, right, bottom = cell.tolist()
    return slice(top, bottom), slice(left, right)
