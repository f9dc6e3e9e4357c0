"""The small pictures of a data set, as the featurizer `picture_signature` made them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelmill.featurizers.picture_signature import CHROMA, LUMA, PIXELS

BLOCK = 512  # images whose pictures are added up at once: 19 MB
Positions = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Pictures:
    """n images, in any order.

    Attributes:
        paths: Image paths, unique.
        labels: Image labels, or None.
        sizes: Bytes, int64 [n].
        modified: datetime64[us] [n], UTC; the epoch where it is unknown.
        widths: Pixels, int32 [n].
        heights: Pixels, int32 [n].
        digests: SHA-256, uint8 [n, 32].
        codes: Luma 64x64, then Cb and Cr 16x16: uint8 [n, 4608]; may be in a file.
    """

    paths: Sequence[str]
    labels: Sequence[str | None]
    sizes: NDArray[np.int64]
    modified: NDArray[np.datetime64]
    widths: NDArray[np.int32]
    heights: NDArray[np.int32]
    digests: NDArray[np.uint8]
    codes: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.paths)

    def luma(self, positions: Positions | slice) -> NDArray[np.float32]:
        """Return the brightness of some images: float32 [m, 64, 64], 0 to 255."""
        values = self.codes[positions, : LUMA * LUMA].astype(np.float32)
        return values.reshape(-1, LUMA, LUMA)

    def chroma(self, positions: Positions) -> NDArray[np.float32]:
        """Return the colour of some images: float32 [m, 2, 16, 16], -128 to 127, 0 is grey."""
        values = self.codes[positions, LUMA * LUMA : PIXELS].astype(np.float32)
        return values.reshape(-1, 2, CHROMA, CHROMA) - 128

    def digest_keys(self) -> NDArray[np.void]:
        """Return the digests as one value each, which compare and sort."""
        return np.ascontiguousarray(self.digests).view("V32").ravel()

    def equal(self, positions: Positions) -> NDArray[np.intp]:
        """Return a number for each of some images, the same where their pictures are: intp [m]."""
        sums = np.empty((len(positions), 2), np.uint64)
        weights = np.random.default_rng(0).integers(0, 2**63, (self.codes.shape[1], 2), np.uint64)
        for start in range(0, len(positions), BLOCK):
            some = slice(start, start + BLOCK)
            sums[some] = self.codes[positions[some]].astype(np.uint64) @ weights  # modulo 2^64
        return np.unique(sums, axis=0, return_inverse=True)[1].ravel()

    def preference(self, keep: str) -> NDArray[np.intp]:
        """Return each image's rank as the one to keep, 0 is the first: intp [n].

        Args:
            keep: Images with a label come first, for only they can be trained on. Then `largest`:
                most pixels, then most bytes; `oldest`: first modified, where that is known, then
                the largest. Of equals the one with the shorter path (`a.jpg` before
                `a copy.jpg`), then the first by path.
        """
        pixels = self.widths.astype(np.int64) * self.heights
        lengths = np.array([len(path) for path in self.paths], np.int64)
        keys = [self.path_ranks(), lengths, -self.sizes, -pixels]
        if keep == "oldest":
            times = self.modified.astype("datetime64[us]").astype(np.int64)
            keys += [times, (times == 0).astype(np.int64)]
        keys.append(np.array([label is None for label in self.labels], np.int64))
        rank = np.empty(len(self), np.intp)
        rank[np.lexsort(keys)] = np.arange(len(self))
        return rank

    def path_ranks(self) -> NDArray[np.intp]:
        """Return the place of each path among all, by code points: intp [n]."""
        ranks = np.empty(len(self), np.intp)
        ranks[sorted(range(len(self)), key=self.paths.__getitem__)] = np.arange(len(self))
        return ranks
