"""A mosaic is one picture, or a page of tiles; and nothing stays of the one before."""

import inspect
import io
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest
import simplejpeg
from PIL import Image, ImageChops

from pixelmill.datasets import mosaic_picture
from pixelmill.datasets.mosaic_picture import MosaicPicture
from pixelmill.mosaics import Scene, draw_mosaic

NAME = "it's \"<b>#1 & 100%<script>alert(1)<"


def scene(count=60):
    colours = np.random.default_rng(1).integers(0, 220, (count, 3))
    pixels = [np.full((30, 40, 3), colour, np.uint8) for colour in colours]
    return Scene(
        paths=[f"{number}.jpg" for number in range(count)],
        coordinates=np.random.default_rng(2).normal(size=(count, 2)),
        clusters=np.arange(count, dtype=np.int32) % 5,
        names={},
        thumbnails=[simplejpeg.encode_jpeg(each) for each in pixels],
        problems=[None] * count,
    )


@pytest.fixture
def tiles_from(monkeypatch):
    """Has pictures become tiles from a size that is made in a moment."""
    monkeypatch.setattr(mosaic_picture, "LARGEST_PICTURE", 1500)


def names(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("root", ["{folder}/new", "memory://mosaic_picture_test/new"])
def test_a_picture_goes_and_comes_back(root, tmp_path):
    dataset = MosaicPicture(filepath=root.format(folder=tmp_path) + "/mosaic.png")
    assert not dataset.exists()
    mosaic = draw_mosaic("bordered", scene(), 1200)
    dataset.save(mosaic)
    assert dataset.exists()
    assert ImageChops.difference(dataset.load(), mosaic.paint()).getbbox() is None
    with Image.open(io.BytesIO(b64decode(dataset.preview()))) as preview:
        assert preview.size == (1000, 1000)


@pytest.mark.parametrize(("kind", "ending"), mosaic_picture.ENDINGS.items())
def test_a_picture_is_saved_in_the_format_that_is_asked_for(tmp_path, kind, ending):
    mosaic = replace(draw_mosaic("grid", scene(), 700), format=kind)
    dataset = MosaicPicture(filepath=str(tmp_path / "a.b.png"))
    dataset.save(mosaic)
    assert names(tmp_path) == {f"a.b{ending}"}
    with Image.open(tmp_path / f"a.b{ending}") as picture:
        assert picture.format == kind.upper()
        assert picture.size == (700, 700)
    away = np.asarray(dataset.load(), int) - np.asarray(mosaic.paint(), int)
    assert np.abs(away).mean() < 4
    assert dataset.exists()


def test_a_change_of_format_leaves_nothing_of_the_one_before(tmp_path, monkeypatch):
    dataset = MosaicPicture(filepath=str(tmp_path / "mosaic.png"))
    mosaic = draw_mosaic("grid", scene(), 400)
    for kind in ("png", "webp", "jpeg", "png", "jpeg"):
        dataset.save(replace(mosaic, format=kind))
        assert names(tmp_path) == {f"mosaic{mosaic_picture.ENDINGS[kind]}"}
    monkeypatch.setattr(mosaic_picture, "LARGEST_PICTURE", 300)
    dataset.save(mosaic)
    assert not [name for name in names(tmp_path) if name.endswith(("/mosaic.jpg", "mosaic.png"))]
    assert dataset.exists()


def test_the_name_that_scripts_go_by_is_there_in_small(tmp_path, monkeypatch):
    monkeypatch.setattr(mosaic_picture, "REDUCED", 500)
    dataset = MosaicPicture(filepath=str(tmp_path / "mosaic.png"), png=True)
    mosaic = draw_mosaic("grid", scene(), 900)
    dataset.save(replace(mosaic, format="jpeg"))
    assert names(tmp_path) == {"mosaic.jpg", "mosaic.png"}
    with Image.open(tmp_path / "mosaic.png") as small:
        assert (small.format, small.size) == ("PNG", (500, 500))
    assert dataset.load().size == (900, 900)
    dataset.save(replace(mosaic, format="png"))
    assert names(tmp_path) == {"mosaic.png"}
    assert dataset.load().size == (900, 900)


@pytest.mark.usefixtures("tiles_from")
def test_a_large_one_is_a_page_of_tiles(tmp_path):
    dataset = MosaicPicture(filepath=str(tmp_path / "mosaic.png"))
    mosaic = draw_mosaic("grid", scene(), 2100)
    dataset.save(mosaic)
    assert dataset.exists()
    found = names(tmp_path)
    assert {name for name in found if "/" not in name} == {"mosaic.html", "mosaic.dzi"}
    levels = {int(name.split("/")[1]) for name in found if name.startswith("mosaic_files/")}
    assert levels == set(range(13))
    assert {name for name in found if name.startswith("mosaic_files/12/")} == {
        f"mosaic_files/12/{column}_{row}.jpg" for column in range(3) for row in range(3)
    }
    overview = dataset.load()
    assert overview.size == (525, 525)
    expected = np.asarray(mosaic.paint().resize((525, 525)), int)
    assert np.abs(np.asarray(overview) - expected).mean() < 5
    assert b64decode(dataset.preview()).startswith(b"\x89PNG")


@pytest.mark.usefixtures("tiles_from")
def test_nothing_stays_of_the_picture_before(tmp_path):
    other = tmp_path / "mosaic_grid.png"
    other.write_bytes(b"another picture")
    dataset = MosaicPicture(filepath=str(tmp_path / "mosaic.png"))
    dataset.save(draw_mosaic("grid", scene(), 3100))
    large = names(tmp_path)
    dataset.save(draw_mosaic("grid", scene(), 1600))
    small = names(tmp_path)
    assert small < large
    assert "mosaic_files/11/3_3.jpg" not in small
    dataset.save(draw_mosaic("grid", scene(), 300))
    assert names(tmp_path) == {"mosaic.png", "mosaic_grid.png"}
    dataset.save(draw_mosaic("grid", scene(), 1600))
    assert names(tmp_path) == small
    dataset.remove()
    assert names(tmp_path) == {"mosaic_grid.png"}
    assert not dataset.exists()
    dataset.remove()  # of nothing


@pytest.mark.usefixtures("tiles_from")
def test_a_tile_that_cannot_be_written_is_an_error_and_leaves_no_page(tmp_path):
    dataset = MosaicPicture(filepath=str(tmp_path / "mosaic.png"))
    mosaic = draw_mosaic("grid", scene(), 1600)
    write = dataset._write_tile

    def full_disk(name, content):
        if name == "0/0_0.jpg":  # the last
            raise OSError("no space left on device")
        write(name, content)

    dataset._write_tile = full_disk
    with pytest.raises(Exception, match="no space left on device"):
        dataset.save(mosaic)
    assert not dataset.exists()


@pytest.mark.usefixtures("tiles_from")
def test_a_bucket_knows_what_the_files_are(s3):
    dataset = MosaicPicture(filepath="s3://photos/08_reporting/mosaic.png")
    dataset.save(draw_mosaic("grid", scene(), 1600))
    assert dataset.exists()

    def kinds():
        listed = s3.list_objects_v2(Bucket="photos")["Contents"]
        keys = [entry["Key"] for entry in listed]
        return {key: s3.head_object(Bucket="photos", Key=key)["ContentType"] for key in keys}

    found = kinds()
    assert found["08_reporting/mosaic.html"] == "text/html; charset=utf-8"
    assert found["08_reporting/mosaic.dzi"] == "application/xml"
    assert found["08_reporting/mosaic_files/11/1_1.jpg"] == "image/jpeg"
    assert b64decode(dataset.preview()).startswith(b"\x89PNG")
    dataset.save(draw_mosaic("grid", scene(), 300))
    assert kinds() == {"08_reporting/mosaic.png": "image/png"}
    assert dataset.load().size == (300, 300)
    dataset.remove()
    assert "Contents" not in s3.list_objects_v2(Bucket="photos")


def test_kedro_viz_knows_the_preview_by_its_type():
    assert inspect.signature(MosaicPicture.preview).return_annotation.__name__ == "ImagePreview"


def fully_loaded(page):
    page.wait_for_function(
        "() => mosaic.world.getItemCount() && mosaic.world.getItemAt(0).getFullyLoaded()"
    )


def drawn(page):
    """The picture on the screen, without what lies over it."""
    with Image.open(io.BytesIO(page.screenshot())) as screen:
        return screen.convert("RGB")


@pytest.mark.usefixtures("tiles_from")
def test_the_page_shows_its_tiles_from_disk_and_zooms(tmp_path, open_page):
    mosaic = draw_mosaic("grid", scene(), 4000)
    dataset = MosaicPicture(filepath=str(tmp_path / f"{NAME}.png"))
    dataset.save(mosaic)
    page = open_page(tmp_path / f"{NAME}.html", width=844)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    fully_loaded(page)
    page.wait_for_timeout(300)
    place = (300, 250, 600, 600)
    shown = np.asarray(drawn(page).crop(place), int)
    expected = np.asarray(mosaic.paint().resize((844, 844)).crop(place), int)
    assert np.abs(shown - expected).mean() < 6
    for _ in range(2):
        page.click("#closer")
    page.wait_for_function("() => mosaic.viewport.getZoom(true) > 3.9")
    fully_loaded(page)
    page.wait_for_timeout(300)
    assert any("_files/12/" in url for url in asked)  # the largest scale
    middle = mosaic.paint((1500, 1500, 2500, 2500)).resize((844, 844)).crop(place)
    assert np.abs(np.asarray(drawn(page).crop(place), int) - np.asarray(middle, int)).mean() < 6
    page.click("#whole")
    page.wait_for_function("() => mosaic.viewport.getZoom(true) < 1.05")
    assert page.noise == []


@pytest.mark.usefixtures("tiles_from")
def test_a_hostile_name_stays_text(tmp_path, open_page):
    MosaicPicture(filepath=str(tmp_path / f"{NAME}.png")).save(draw_mosaic("grid", scene(), 1600))
    page = open_page(tmp_path / f"{NAME}.html")
    fully_loaded(page)
    assert page.locator("h1").inner_text() == NAME
    assert page.locator("h1 b").count() == 0
    assert page.locator("script").count() == 2
    assert page.title() == f"{NAME} · pixelmill"
    assert page.noise == []


@pytest.mark.usefixtures("tiles_from")
def test_missing_tiles_are_said(tmp_path, open_page):
    import shutil

    MosaicPicture(filepath=str(tmp_path / "mosaic.png")).save(draw_mosaic("grid", scene(), 1600))
    shutil.rmtree(tmp_path / "mosaic_files")
    page = open_page(tmp_path / "mosaic.html")
    page.wait_for_selector("#problem", state="visible")
    assert "mosaic_files belongs beside this page" in page.locator("#problem").inner_text()
