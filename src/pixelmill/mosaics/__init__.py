"""Pictures made of thumbnails: one module for each style, found by name.

A module `pixelmill.mosaics.<style>` has a function `draw(scene, size)`, which returns a `Mosaic`.
"""

from importlib import import_module

from pixelmill.errors import InputError
from pixelmill.mosaics.mosaic import Mosaic
from pixelmill.mosaics.scene import Scene

__all__ = ["Mosaic", "Scene", "draw_groups", "draw_mosaic"]

STYLES = ("scatter", "grid", "bordered")


def draw_mosaic(style: str, scene: Scene, size: int) -> Mosaic:
    """Lay the images of a map out as one picture; nothing is decoded before it is painted.

    Args:
        style: `scatter`: at their places on the map; `grid`: each in a cell of its own, as near to
            its place as can be; `bordered`: the grid with borders in the groups' colours and a
            legend.
        scene: The images.
        size: Side length in pixels.

    Raises:
        InputError: For a style that does not exist.
    """
    if style not in STYLES:
        raise InputError(f"mosaics.styles: there is no {style!r}; choose from {', '.join(STYLES)}")
    mosaic: Mosaic = import_module(f"{__name__}.{style}").draw(scene, size)
    return mosaic


def draw_groups(scene: Scene, size: int) -> dict[str, Mosaic]:
    """Lay each group out as a picture of its own, the most central image first.

    Args:
        scene: The images.
        size: Maximum side length in pixels.

    Returns:
        The largest 200 groups, largest first, and noise; by a name that is safe for a file, without
        an ending. A warning says how many groups were left out.
    """
    from pixelmill.mosaics.groups import draw

    return draw(scene, size)
