"""The map by its name, after a run: what scripts and people find in the storage."""

import pytest
from PIL import Image

from pixelmill.datasets.optional_json import OF_INDEX
from pixelmill.records import MapSummary

REPORTS = "08_reporting/digits"
PICTURES = {"mosaic.jpg": 600, "mosaic_grid.jpg": 600, "mosaic_bordered.jpg": 600, "map.png": 1200}
PICTURES |= {"mosaic.png": 600}  # scripts go by this name


@pytest.fixture
def mapped(mapped_run):
    """The sample's project after its map was made."""
    return mapped_run


def test_every_image_has_its_place_and_its_group(mapped):
    rows = mapped.table("07_model_output/digits/image_map")
    images = {row["path"] for row in mapped.features("digits") if row["error"] is None}
    assert {row["path"] for row in rows} == images
    assert len(rows) == len(images)
    summary = mapped.json(f"{REPORTS}/map.json")
    assert summary.keys() == MapSummary.__annotations__.keys() | {OF_INDEX}
    assert (summary["images"], summary["fitted"]) == (len(images), 400)
    clusters = {row["cluster"] for row in rows}
    assert clusters - {-1} == {group["cluster"] for group in summary["grouping"]["groups"]}


def test_digits_that_are_alike_lie_together(mapped):
    neighbours = mapped.json(f"{REPORTS}/map.json")["neighbours"]
    assert neighbours["map"] > 0.6  # by chance 0.1
    assert neighbours["trustworthiness"] > 0.85


def test_the_pictures_and_the_page_are_there(mapped):
    folder = mapped.storage / REPORTS
    for name, side in PICTURES.items():
        with Image.open(folder / name) as picture:
            assert max(picture.size) == side
    groups = mapped.json(f"{REPORTS}/map.json")["grouping"]["groups"]
    assert len(list((folder / "mosaics").glob("*.jpg"))) >= len(groups)
    assert (folder / "map.html").read_text(encoding="utf-8").startswith("<!doctype html>")
