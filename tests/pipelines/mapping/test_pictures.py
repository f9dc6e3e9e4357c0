"""What is shown of a map: every image that there is room for, in its place, or its reason."""

import io
import logging

import numpy as np
import pytest
from PIL import Image

from pixelmill.datasets.optional_output import OMITTED
from pixelmill.datasets.parquet_table import ParquetTable
from pixelmill.datasets.png_image import MADE_OF
from pixelmill.map_page import Similar
from pixelmill.mosaics import Scene
from pixelmill.pipelines.mapping.pictures import (
    arrange_scene,
    draw_bordered,
    draw_grid,
    draw_groups,
    draw_scatter,
    read_thumbnails,
    sketch_map,
    thumbnail_side,
    write_map_page,
)
from pixelmill.storage.sealed_json import digest_of
from tests.pipelines.mapping.conftest import QUICK, MappingParameters, islands

IMAGES = 30
STYLES = {"scatter": draw_scatter, "grid": draw_grid, "bordered": draw_bordered}


@pytest.fixture
def photos(tmp_path):
    """A picture for each image, every one of another grey."""
    root = tmp_path / "photos"
    root.mkdir()
    for number in range(IMAGES):
        Image.new("RGB", (60, 40), (number * 8,) * 3).save(root / f"{number:04d}.jpg")
    return root


@pytest.fixture
def shown(a_map, photos, tmp_path):
    """Draws a map, and what the nodes of the pictures return of it."""

    def show(**parameters):
        a_map.draw(*a_map.index(islands(IMAGES)[0]))
        mapping = MappingParameters(**QUICK | parameters)
        image_map, summary = a_map.made["image_map"], a_map.made["map_summary"]
        table = ParquetTable(filepath=str(tmp_path / "thumbnails"))
        table.save(read_thumbnails(image_map, summary, {"root": str(photos)}, mapping))
        thumbnails = table.load()
        scene = arrange_scene(image_map, thumbnails, summary, mapping)
        source = {"root": str(photos)}
        page = write_map_page(image_map, thumbnails, Similar(), summary, source, mapping)
        return thumbnails, scene, page, mapping

    return show


def test_every_image_is_on_the_mosaics_and_the_page(shown):
    thumbnails, scene, page, mapping = shown()
    assert thumbnails.where("error is null").count() == IMAGES
    assert scene.paths == [f"{number:04d}.jpg" for number in range(IMAGES)]
    greys = [Image.open(io.BytesIO(one)).getpixel((5, 5))[0] for one in scene.thumbnails]
    assert all(abs(grey - place * 8) < 6 for place, grey in enumerate(greys))
    assert scene.names == {0: "group 1", 1: "group 2", 2: "group 3"}
    for draw in STYLES.values():
        picture = draw(scene, mapping).paint((0, 0, 400, 400))
        assert picture.size == (400, 400)
        assert len(picture.getcolors(1 << 20)) > IMAGES / 2
    assert len(draw_groups(scene, mapping)) == 3
    sketch = sketch_map(scene, {"images": 4}, mapping)
    assert sketch.size == (1200, 1200)
    assert sketch.info[MADE_OF] == digest_of({"images": 4}), "the report shows it beside no other"
    assert page.html.startswith("<!doctype html>")
    assert page.files == {}


def test_images_that_are_gone_keep_their_place_and_are_counted(shown, photos, caplog):
    (photos / "0007.jpg").unlink()
    (photos / "0008.jpg").write_text("no picture any more")
    with caplog.at_level(logging.WARNING):
        thumbnails, scene, page, _ = shown()
    assert "2 of 30 images on the mosaics have no picture any more" in caplog.text
    assert len(scene) == IMAGES
    assert (scene.thumbnails[7], scene.thumbnails[8]) == (None, None)
    assert "vanished" in scene.problems[7]
    assert "no thumbnail" in scene.problems[8]
    assert scene.problems.count(None) == IMAGES - 2
    assert thumbnails.count() == IMAGES
    assert page.html


def test_what_is_not_wanted_is_left_out(shown):
    _, scene, page, mapping = shown(mosaics={"styles": ["grid"]}, page={"enabled": False})
    assert draw_scatter(scene, mapping) is OMITTED
    assert draw_bordered(scene, mapping) is OMITTED
    assert draw_groups(scene, mapping) == {}
    assert draw_grid(scene, mapping).width == mapping.mosaics.size
    assert page is OMITTED


def test_where_nothing_is_shown_no_image_is_read(shown, photos):
    for photo in photos.iterdir():
        photo.unlink()
    thumbnails, scene, _, _ = shown(mosaics={"styles": []}, page={"thumbnails": 0})
    assert thumbnails.count() == 0
    assert len(scene) == 0
    assert sketch_map(scene, {}, MappingParameters()) is OMITTED


def test_no_more_are_read_than_are_shown_and_those_that_stand_for_groups(shown, a_map):
    few = {"images": 4, "size": 400}
    thumbnails, scene, _, mapping = shown(mosaics=few, page={"thumbnails": 3})
    groups = a_map.made["map_summary"]["grouping"]["groups"]
    standing = {path for group in groups for path in (group["medoid"], *group["typical"])}
    standing |= {path for group in groups for path in group["unusual"]}
    read = {row["path"] for row in thumbnails.collect()}
    assert len(scene) == 4
    assert read == set(scene.paths) | standing
    assert draw_grid(scene, mapping).width == 400


@pytest.mark.parametrize(
    ("images", "size", "page", "side"),
    [
        (10_000, 5000, True, 128),  # the page asks for more than the cells of 50
        (10_000, 5000, False, 100),
        (100_000, 5000, False, 32),
        (9, 5000, False, 512),
        (0, 5000, True, 128),
    ],
)
def test_thumbnails_are_as_large_as_something_shows_them(images, size, page, side):
    mapping = MappingParameters(mosaics={"size": size}, page={"enabled": page})
    assert thumbnail_side(images, mapping) == side


def test_a_sketch_of_many_images_is_drawn_by_chance_and_always_the_same():
    many = 1600
    tile = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(tile, "JPEG")
    scene = Scene(
        paths=[f"{number}.jpg" for number in range(many)],
        coordinates=np.random.default_rng(0).normal(size=(many, 2)),
        clusters=np.zeros(many, np.int32),
        names={},
        thumbnails=[tile.getvalue()] * many,
        problems=[None] * many,
    )
    first, again = (sketch_map(scene, {}, MappingParameters()) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert len(first.getcolors(1 << 24)) > 1
