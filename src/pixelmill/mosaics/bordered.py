"""The grid with borders in the clusters' colours, and a legend."""

from dataclasses import replace

import numpy as np

from pixelmill.mosaics.grid import grid_tiles
from pixelmill.mosaics.legend import draw_legend
from pixelmill.mosaics.mosaic import Mosaic
from pixelmill.mosaics.scene import Scene
from pixelmill.pages.palette import group_colour

BORDER = 0.07  # of the shorter side of a cell


def draw(scene: Scene, size: int) -> Mosaic:
    """Draw the grid above the legend; both together are the square.

    Args:
        scene: The images.
        size: Side length in pixels.
    """
    groups = scene.groups()
    colours = {group.cluster: group_colour(group.cluster) for group in groups}
    legend = draw_legend(groups, colours, size)
    tiles = grid_tiles(scene, size, size - legend.height)
    painted = np.array([colours[cluster] for cluster in scene.clusters.tolist()], np.uint8)
    sides = tiles.boxes[:, 2:] - tiles.boxes[:, :2]
    shortest = int(sides.min()) if len(scene) else 0
    frame = max(0, min(max(1, round(BORDER * shortest)), (shortest - 1) // 2))
    framed = replace(tiles, frame=frame, colours=painted.reshape(-1, 3))
    return Mosaic(size, size, scene, framed, legend.marks)
