"""A picture too large for one file, as a pyramid of tiles (Deep Zoom).

The format is that of https://learn.microsoft.com/previous-versions/windows/silverlight/dotnet-windows-silverlight/cc645077(v=vs.95).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pixelmill.mosaics.mosaic import Mosaic
from pixelmill.mosaics.pixels import Pixels

TILE = 1024  # pixels of a side: few files, and a screen needs four to eight of them
FORMAT = "jpg"
QUALITY = 88

PutTile = Callable[[str, bytes], None]
"""Takes the name of a tile, `LEVEL/COLUMN_ROW.jpg`, and its content."""


@dataclass(frozen=True)
class Pyramid:
    """The tiles of a picture; each level is half as large as the one above.

    Attributes:
        width: Width of the picture in pixels.
        height: Height of the picture in pixels.
        tile: Pixels of a tile's side; tiles do not overlap.
    """

    width: int
    height: int
    tile: int = TILE

    @property
    def highest(self) -> int:
        """The level of the picture itself; level 0 is one pixel."""
        return (max(self.width, self.height) - 1).bit_length()

    def size(self, level: int) -> tuple[int, int]:
        """Return the width and height of a level in pixels."""
        halvings = self.highest - level
        return -(-self.width >> halvings), -(-self.height >> halvings)

    def manifest(self) -> str:
        """Return the content of the `.dzi` file."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" '
            f'Format="{FORMAT}" Overlap="0" TileSize="{self.tile}">'
            f'<Size Width="{self.width}" Height="{self.height}"/></Image>\n'
        )

    def write(self, mosaic: Mosaic, put: PutTile) -> None:
        """Paint every tile of the picture once, and make the smaller ones from them.

        At most four tiles of each level are in memory.

        Args:
            mosaic: Mosaic of this pyramid's size.
            put: Callback for each tile, the larger scales first.
        """
        self._tile(0, 0, 0, mosaic, put)

    def _tile(self, level: int, column: int, row: int, mosaic: Mosaic, put: PutTile) -> Pixels:
        width, height = self.size(level)
        left, top = column * self.tile, row * self.tile
        box = (left, top, min(left + self.tile, width), min(top + self.tile, height))
        if level == self.highest:
            pixels = np.asarray(mosaic.paint(box))
        else:
            pixels = _halved(self._below(level + 1, column, row, mosaic, put))
        put(f"{level}/{column}_{row}.{FORMAT}", _encoded(pixels))
        return pixels

    def _below(self, level: int, column: int, row: int, mosaic: Mosaic, put: PutTile) -> Pixels:
        """Return the up to four tiles that one of the level below is made from, side by side."""
        width, height = self.size(level)
        columns = [each for each in (2 * column, 2 * column + 1) if each * self.tile < width]
        rows = [each for each in (2 * row, 2 * row + 1) if each * self.tile < height]
        lines = [
            np.hstack([self._tile(level, across, down, mosaic, put) for across in columns])
            for down in rows
        ]
        return np.vstack(lines)


def _halved(pixels: Pixels) -> Pixels:
    """Return the means of 2 by 2 pixels; a last odd row or column counts twice."""
    import cv2

    height, width = pixels.shape[:2]
    even = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    size = even.shape[1] // 2, even.shape[0] // 2
    half: Pixels = cv2.resize(even, size, interpolation=cv2.INTER_AREA)
    return half


def _encoded(pixels: Pixels) -> bytes:
    import simplejpeg

    jpeg = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality=QUALITY)
    return bytes(jpeg)
