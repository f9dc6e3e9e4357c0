"""A picture of many thumbnails, painted region by region."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from pixelmill.mosaics.lettering import Mark
from pixelmill.mosaics.missing import missing_tile
from pixelmill.mosaics.pixels import Box, Pixels, decode, fill, inside, moved, overlap
from pixelmill.mosaics.scene import Scene

if TYPE_CHECKING:
    from PIL.Image import Image

Format = Literal["jpeg", "webp", "png"]
UNREADABLE = "the thumbnail is broken"


@dataclass(frozen=True, eq=False)
class Tiles:
    """Positions of the images of a scene.

    Attributes:
        boxes: int32 [m, 4]: left, top, right, bottom in pixels; a later one covers an earlier.
        images: int32 [m]: positions in the scene.
        frame: Pixels of the border within each box.
        colours: uint8 [m, 3] of the borders.
    """

    boxes: NDArray[np.int32]
    images: NDArray[np.int32]
    frame: int
    colours: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Mosaic:
    """A picture that holds no pixels: it knows how to paint any part of itself.

    Attributes:
        width: Width in pixels.
        height: Height in pixels.
        scene: The images.
        tiles: Tiles with their places.
        marks: Marks drawn over the tiles.
        format: Kind of the file that it is saved in; tiles are JPEG always.
    """

    width: int
    height: int
    scene: Scene
    tiles: Tiles
    marks: tuple[Mark, ...] = ()
    format: Format = "png"

    def paint(self, box: Box | None = None) -> "Image":
        """Paint a region; the same pixels whatever region they are asked in.

        Args:
            box: Left, top, right, bottom in pixels; None is the whole picture.

        Returns:
            RGB, of the region's size.
        """
        from PIL import Image, ImageDraw

        box = box or (0, 0, self.width, self.height)
        canvas = np.full((box[3] - box[1], box[2] - box[0], 3), 255, np.uint8)
        for tile in self._tiles_in(box):
            self._paint_tile(canvas, box, tile)
        picture = Image.fromarray(canvas)
        pen = ImageDraw.Draw(picture)
        for mark in self.marks:
            if overlap(mark.box, box):
                mark.draw(pen, box[0], box[1])
        return picture

    def _tiles_in(self, box: Box) -> list[int]:
        left, top, right, bottom = self.tiles.boxes.T
        met = (left < box[2]) & (right > box[0]) & (top < box[3]) & (bottom > box[1])
        return [int(tile) for tile in np.flatnonzero(met)]

    def _paint_tile(self, canvas: Pixels, box: Box, tile: int) -> None:
        left, top, right, bottom = self.tiles.boxes[tile].tolist()
        frame = self.tiles.frame
        if frame:
            _paint_box(canvas, box, (left, top, right, bottom), self.tiles.colours[tile].tolist())
        inner = (left + frame, top + frame, right - frame, bottom - frame)
        seen = overlap(inner, box)
        if seen:
            place = inner[3] - inner[1], inner[2] - inner[0]
            pixels = self._pixels(int(self.tiles.images[tile]), place)
            canvas[inside(seen, box)] = fill(pixels, place, moved(seen, inner))

    def _pixels(self, image: int, place: tuple[int, int]) -> Pixels:
        jpeg = self.scene.thumbnails[image]
        pixels = None if jpeg is None else decode(jpeg, place)
        if pixels is not None:
            return pixels
        reason = self.scene.problems[image] if jpeg is None else UNREADABLE
        return missing_tile(reason or "no thumbnail", place)


def _paint_box(canvas: Pixels, box: Box, painted: Box, colour: list[int]) -> None:
    import cv2

    first = painted[0] - box[0], painted[1] - box[1]
    last = painted[2] - box[0] - 1, painted[3] - box[1] - 1
    cv2.rectangle(canvas, first, last, colour, cv2.FILLED)
