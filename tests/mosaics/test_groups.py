"""A mosaic for each group."""

import logging

import numpy as np

from pixelmill.mosaics import draw_groups
from pixelmill.mosaics.lettering import Text
from tests.mosaics.conftest import plain


def test_the_largest_group_comes_first_and_noise_last(make_scene):
    clusters = [1] * 4 + [0] * 9 + [-1] * 20 + [2] * 2
    mosaics = draw_groups(make_scene(np.arange(70).reshape(35, 2), clusters, {0: "a/b"}), 5000)
    assert list(mosaics) == ["a_b", "group 2", "group 3", "noise"]
    assert [len(mosaic.scene) for mosaic in mosaics.values()] == [9, 4, 2, 20]


def test_the_most_central_image_comes_first(make_scene):
    scene = make_scene([(9, 0), (0, 0), (1, 0), (-9, 0), (-2, 0), (1, 0)])
    (mosaic,) = draw_groups(scene, 5000).values()
    assert mosaic.scene.paths[:4] == ["00001.jpg", "00002.jpg", "00005.jpg", "00004.jpg"]
    boxes = mosaic.tiles.boxes.tolist()
    assert boxes == sorted(boxes, key=lambda box: (box[1], box[0]))


def test_small_thumbnails_make_a_small_picture(make_scene):
    thumbnails = [plain(30, 100, 100)] * 100
    (mosaic,) = draw_groups(make_scene(np.ones((100, 2)), thumbnails=thumbnails), 5000).values()
    assert mosaic.width == 1000
    assert mosaic.height - 1000 < 100  # the title
    (mosaic,) = draw_groups(make_scene(np.ones((100, 2)), thumbnails=thumbnails), 300).values()
    assert max(mosaic.width, mosaic.height) <= 300


def test_the_title_says_which_group_and_how_many(make_scene):
    scene = make_scene(np.ones((1, 2)), names={0: "Maine Coon, " * 30})
    (mosaic,) = draw_groups(scene, 5000).values()
    name, count = (mark for mark in mosaic.marks if isinstance(mark, Text))
    assert name.text.startswith("Maine Coon, Maine")
    assert name.text.endswith("…")
    assert count.text == "1 image"
    assert count.box[2] - count.size <= mosaic.width


def test_no_more_than_two_hundred_and_it_is_said(make_scene, caplog):
    clusters = [*range(203), 0, -1]
    scene = make_scene(np.ones((205, 2)), clusters, thumbnails=[None] * 205)
    with caplog.at_level(logging.WARNING):
        mosaics = draw_groups(scene, 500)
    assert len(mosaics) == 201
    assert list(mosaics)[-1] == "noise"
    assert "200 groups have a mosaic of their own: the largest. 3 smaller" in caplog.text


def test_no_images_have_no_groups(make_scene):
    assert draw_groups(make_scene([]), 500) == {}


def test_groups_of_real_photos(pets):
    mosaics = draw_groups(pets, 2000)
    assert len(mosaics) == 37
    picture = mosaics["Siamese"].paint()
    assert np.asarray(picture.convert("L")).std() > 40


def test_the_last_row_of_a_group_may_end_early(make_scene):
    scene = make_scene(np.ones((7, 2)), thumbnails=[plain(30, 100, 100)] * 7)
    (mosaic,) = draw_groups(scene, 600).values()
    sides = mosaic.tiles.boxes[:, 2:] - mosaic.tiles.boxes[:, :2]
    assert np.ptp(sides, axis=0).max() <= 1  # no cell is stretched: a list is read, not a map
    tops = mosaic.tiles.boxes[:, 1]
    assert [int((tops == top).sum()) for top in np.unique(tops)] == [3, 3, 1]
