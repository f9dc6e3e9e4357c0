"""Borders in the colours of the groups, and what they mean."""

import numpy as np
import pytest

from pixelmill.mosaics import draw_mosaic
from pixelmill.mosaics.lettering import Swatch, Text
from pixelmill.pages.palette import NOISE_COLOUR, group_colour
from tests.mosaics.conftest import islands


def written(mosaic):
    return [mark.text for mark in mosaic.marks if isinstance(mark, Text)]


def test_every_tile_has_the_border_of_its_group(make_scene):
    places, clusters = islands(60, 4)
    scene = make_scene(places, clusters - 1)  # the first is noise
    mosaic = draw_mosaic("bordered", scene, 700)
    pixels = np.asarray(mosaic.paint())
    for (left, top, right, bottom), image in zip(
        mosaic.tiles.boxes.tolist(), mosaic.tiles.images.tolist(), strict=True
    ):
        wanted = group_colour(scene.clusters[image])
        for down, across in ((top, left), (bottom - 1, right - 1), (top, (left + right) // 2)):
            assert tuple(pixels[down, across]) == wanted
    assert group_colour(-1) == NOISE_COLOUR


def test_a_part_of_a_map_keeps_its_colours(make_scene):
    clusters = [7, 7, 7, 3, 12, 12]  # of the others, none is shown; the sizes have another order
    mosaic = draw_mosaic("bordered", make_scene(islands(6, 2)[0], clusters), 700)
    swatches = [mark.colour for mark in mosaic.marks if isinstance(mark, Swatch)]
    assert swatches == [group_colour(cluster) for cluster in (7, 12, 3)]


def test_the_legend_names_and_counts_every_group(make_scene):
    clusters = [0] * 5 + [1] * 3 + [-1] * 9
    scene = make_scene(np.arange(34).reshape(17, 2), clusters, {0: "Siamese", 1: "pug\n<b>"})
    mosaic = draw_mosaic("bordered", scene, 900)
    assert written(mosaic) == ["Siamese", "5", "pug <b>", "3", "noise", "9"]
    swatches = [mark for mark in mosaic.marks if isinstance(mark, Swatch)]
    pixels = np.asarray(mosaic.paint())
    for swatch in swatches:
        left, top, right, bottom = swatch.box
        assert tuple(pixels[(top + bottom) // 2, (left + right) // 2]) == swatch.colour


@pytest.mark.parametrize("cluster", [-1, 0])
def test_all_images_in_one_group_or_in_none(make_scene, cluster):
    mosaic = draw_mosaic("bordered", make_scene(islands(50, 3)[0], [cluster] * 50), 500)
    assert written(mosaic) == [{-1: "noise", 0: "group 1"}[cluster], "50"]
    assert len(np.unique(mosaic.tiles.colours, axis=0)) == 1


@pytest.mark.parametrize(
    ("size", "groups"), [(200, 1), (200, 37), (1000, 37), (5000, 37), (5000, 200), (1000, 600)]
)
def test_the_legend_is_never_cut_by_the_pictures_edge(make_scene, size, groups):
    names = {
        cluster: f"a long name of group {cluster} " * (1 + cluster % 4) for cluster in range(groups)
    }
    scene = make_scene(
        np.random.default_rng(0).normal(size=(groups, 2)), np.arange(groups), names, [None] * groups
    )
    mosaic = draw_mosaic("bordered", scene, size)
    grid = mosaic.tiles.boxes[:, 3].max()
    assert grid >= 0.75 * size
    texts = [mark for mark in mosaic.marks if isinstance(mark, Text)]
    for mark in texts:
        assert mark.left >= 0
        assert mark.box[2] - mark.size <= size
        assert mark.middle - mark.size / 2 >= grid - 1
        assert mark.middle + mark.size / 2 <= size
        assert mark.size >= 10
    lines = {}
    for mark in sorted(texts, key=lambda mark: mark.left):
        assert lines.get(mark.middle, 0) <= mark.left  # no text over another
        lines[mark.middle] = mark.box[2] - mark.size - 1
    named = sum(isinstance(mark, Swatch) for mark in mosaic.marks)
    if named < groups:
        assert texts[-1].text.startswith(f"and {groups - named:,}"[:4])
    else:
        assert named == groups


def test_two_hundred_groups_fit_into_the_legend(make_scene):
    names = {cluster: f"breed {cluster}" for cluster in range(200)}
    scene = make_scene(
        np.random.default_rng(0).normal(size=(200, 2)), range(200), names, [None] * 200
    )
    mosaic = draw_mosaic("bordered", scene, 5000)
    assert sum(isinstance(mark, Swatch) for mark in mosaic.marks) == 200
