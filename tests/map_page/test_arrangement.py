"""What the page holds: places, categories, colours, sheets."""

import base64
import io
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

import pixelmill.map_page
from pixelmill.errors import InputError
from pixelmill.map_page import MapPoints, fitting, write_page, writing
from pixelmill.map_page.about import draw_curve
from pixelmill.map_page.categories import group_categories, label_categories
from pixelmill.map_page.fitting import shortened
from pixelmill.map_page.packing import pack_array, pack_codes, pack_json
from pixelmill.map_page.places import centred, neighbours_first, quantised
from pixelmill.map_page.sprites import SHEET, lay_sheets

from .conftest import cloud_summary, clouds, summary, thumbnail

COORDINATES = arrays(
    np.float64, st.tuples(st.integers(0, 40), st.just(2)), elements=st.floats(-1e6, 1e6, width=32)
)


def element(page, name):
    """The packed content of a script element."""
    return page.html.split(f'id="packed-{name}">')[1].split("<")[0]


def unpacked(text):
    return zlib.decompress(base64.b64decode(text))


@given(COORDINATES)
def test_every_map_fills_the_square_and_keeps_its_aspect(coordinates):
    placed = centred(coordinates)
    assert placed.shape == coordinates.shape
    assert np.isfinite(placed).all()
    if len(np.unique(coordinates, axis=0)) > 1:
        spans = np.ptp(coordinates, axis=0)
        assert np.abs(placed).max() == pytest.approx(1)
        assert np.ptp(placed, axis=0) * spans.max() == pytest.approx(2 * spans, rel=1e-4)
    else:
        assert not placed.any()


@given(COORDINATES)
def test_the_order_of_thumbnails_takes_each_point_once(coordinates):
    order = neighbours_first(centred(coordinates))
    assert sorted(order.tolist()) == list(range(len(coordinates)))


def test_thumbnails_that_are_seen_together_share_a_sheet():
    places = centred(np.random.default_rng(0).uniform(size=(10_000, 2)))
    rank = np.argsort(neighbours_first(places))
    view = (np.abs(places) < 0.06).all(axis=1)
    assert 20 < view.sum() < 60
    # One hundredth of all on a sheet: by chance they would lie on some thirty.
    assert len(np.unique(rank[view] // 100)) <= 8


def test_labels_are_numbered_from_the_most_frequent():
    labels = ["b", None, "a", "c", "c", "a", "c"]
    found = label_categories(labels, np.arange(14.0).reshape(7, 2))
    assert found.names == ["c", "a", "b"]
    assert found.sizes == [3, 2, 1]
    assert found.codes.tolist() == [2, -1, 1, 0, 0, 1, 0]
    assert [labels[centre] for centre in found.centres] == ["c", "a", "b"]


def test_a_name_is_at_a_member_near_the_middle():
    coordinates = np.array([[0, 0], [1, 0], [0.4, 0.1], [90, 90], [0.5, 0.5]], float)
    found = group_categories(np.array([3, 3, 3, 3, -1]), {3: "third"}, coordinates)
    assert found.names == ["third"]
    assert found.centres == [2]
    assert found.codes.tolist() == [0, 0, 0, 0, -1]


def test_sheets_hold_every_thumbnail_in_its_cell():
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]
    sizes = [(100, 25), (30, 60), (64, 64)]
    laid = lay_sheets([thumbnail(colours[n % 3], sizes[n % 3]) for n in range(70)], 10**7)
    assert (laid.cell, laid.inside, len(laid.files)) == (128, True, 2)
    assert laid.sizes[:3].tolist() == [[128, 32], [64, 128], [128, 128]]
    for number in range(70):
        sheet = Image.open(io.BytesIO(laid.files[number // 64]))
        row, column = divmod(number % 64, laid.columns)
        width, height = (laid.sizes[number] // 2).tolist()
        found = sheet.getpixel((column * 128 + width, row * 128 + height))
        assert np.abs(np.subtract(found, colours[number % 3])).max() < 30


def test_sheets_shrink_to_their_budget_or_leave_the_page():
    random = np.random.default_rng(0)
    out = []
    for _ in range(30):
        noise = Image.fromarray(random.integers(0, 255, (96, 96, 3), dtype=np.uint8))
        file = io.BytesIO()
        noise.save(file, "JPEG")
        out.append(file.getvalue())
    whole = sum(map(len, lay_sheets(out, 10**7).files))
    smaller = lay_sheets(out, whole // 2)
    assert smaller.inside
    assert smaller.cell < 128
    assert sum(map(len, smaller.files)) <= whole // 2
    assert not lay_sheets(out, 2000).inside
    assert SHEET // lay_sheets([], 0).cell > 0


@given(st.text())
def test_nothing_that_is_packed_can_end_its_element(text):
    packed = pack_json([text])
    assert "<" not in packed
    assert json.loads(unpacked(packed)) == [text.encode("utf-8", "replace").decode()]


def test_arrays_are_packed_little_endian():
    values = np.array([[1, -2], [3, 4]], ">i4")
    assert np.frombuffer(unpacked(pack_array(values)), "<i4").tolist() == [1, -2, 3, 4]


def test_an_image_without_a_place_is_one_sentence():
    places = np.array([[0, 0], [np.nan, 1]])
    with pytest.raises(InputError, match=r"1 of 2 images have no finite place.*'b\.jpg'"):
        MapPoints(["a.jpg", "b.jpg"], [None, None], places, np.array([-1, -1]))


def test_small_maps_are_one_file_and_large_ones_have_sheets_beside(monkeypatch):
    page = write_page(clouds(), cloud_summary())
    assert page.files == {}
    assert 'id="sheet-0"' in page.html
    monkeypatch.setattr("pixelmill.map_page.writing.INSIDE", 100)
    page = write_page(clouds(), cloud_summary())
    assert [name[-11:] for name in page.files] == ["-00000.webp", "-00001.webp"]
    other = write_page(clouds(39), cloud_summary(39))
    assert not page.files.keys() & other.files.keys(), "a killed run would leave others' pictures"
    assert 'id="sheet-0"' not in page.html
    assert all(Image.open(io.BytesIO(sheet)).format == "WEBP" for sheet in page.files.values())


def test_a_map_of_many_points_without_thumbnails_is_small():
    random = np.random.default_rng(0)
    count = 100_000
    paths = [
        f"{n % 50}/{value:016x}.jpg" for n, value in enumerate(random.integers(2**62, size=count))
    ]
    clusters = random.integers(-1, 200, count)
    points = MapPoints(
        paths, [f"{one}" for one in clusters], random.normal(size=(count, 2)), clusters
    )
    # A million of these would be 31 MB.
    assert len(write_page(points, summary(images=count)).html) < 4_000_000


def synthetic_map(count, length, labels, random):
    """A map without thumbnails: names of so many letters, and so many labels as long."""
    letters = random.integers(33, 126, (count, length), dtype=np.uint8).view(f"S{length}").ravel()
    paths = sorted({f"{number:06d}/{name.decode()}" for number, name in enumerate(letters)})
    names = [f"{number} {paths[number]}" for number in range(labels)]
    clusters = random.integers(-1, 200, count)
    given = [names[number % labels] if labels else None for number in range(count)]
    return MapPoints(paths, given, random.normal(size=(count, 2)), clusters)


@settings(max_examples=5, deadline=None)
@given(
    length=st.integers(1, 300),
    share=st.sampled_from([0, 0.001, 1]),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_page_of_any_names_keeps_below_its_size(length, share, seed):
    """A two-hundredth of a million images, and of 50 MB."""
    count, largest = 5_000, writing.LARGEST // 200
    points = synthetic_map(count, length, int(share * count), np.random.default_rng(seed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "LARGEST", largest)
        page = write_page(points, summary(images=count))
    empty = write_page(MapPoints([], [], np.empty((0, 2)), np.empty(0, int)), summary())
    assert len(page.html) - len(empty.html) <= largest + 2_000
    facts = json.loads(unpacked(element(page, "facts")))
    names = json.loads(unpacked(element(page, "paths")))
    if facts["names"] is None:
        assert names == points.paths
        assert page.notes == []
    else:
        assert max(map(len, names)) <= facts["names"]
        assert f"names are cut to {facts['names']} characters" in page.notes[0]


def test_of_more_images_than_a_page_has_room_for_some_are_drawn(monkeypatch):
    monkeypatch.setattr(fitting, "MOST_POINTS", 50)
    points = clouds()
    page = write_page(points, cloud_summary())
    names = json.loads(unpacked(element(page, "paths")))
    medoids = {"red/000.jpg", "green/000.jpg", "blue/000.jpg"}
    assert 50 <= len(names) <= 53
    assert medoids <= set(names) < set(points.paths)
    assert names == sorted(names, key=points.paths.index)
    assert f"{121 - len(names)} images, drawn by chance, are left out" in page.notes[0]


@given(st.text(), st.integers(0, 40))
def test_a_cut_name_keeps_its_ends(text, length):
    cut = shortened(text, length)
    assert len(cut) <= length
    if len(text) <= length:
        assert cut == text
    elif length > 2:
        head, tail = cut.split("…", 1) if "…" not in text else (cut[:1], cut[-1:])
        assert text.startswith(head)
        assert text.endswith(tail)


@given(st.lists(st.integers(-1, 2**24 - 2), max_size=50))
def test_codes_are_packed_in_planes(codes):
    packed = unpacked(pack_codes(np.array(codes, int)))
    planes = np.frombuffer(packed, np.uint8).reshape(3, -1).astype(int)
    found = planes[0] + 256 * planes[1] + 65536 * planes[2] - 1
    assert found.tolist() == codes


def test_places_keep_a_pixel_of_the_closest_view():
    places = centred(np.random.default_rng(0).normal(size=(1000, 2)))
    planes = quantised(places).astype(int)
    found = (planes * [[1], [256], [65536]]).sum(axis=1) / 2**20 - 1
    assert np.abs(found.T - places).max() < 1e-6


def test_the_same_map_is_the_same_page():
    assert write_page(clouds(), cloud_summary()) == write_page(clouds(), cloud_summary())


def test_the_scripts_cannot_end_their_element():
    folder = Path(pixelmill.map_page.__file__).parent
    scripts = list(folder.rglob("*.js"))
    assert len(scripts) > 20
    for script in scripts:
        text = script.read_text(encoding="utf-8").lower()
        assert "<!--" not in text
        assert "<script" not in text
        assert "</script" not in text
        assert "\r" not in text


def test_the_curve_keeps_its_knee():
    curve = draw_curve([0.0, 1.0, 4.0], 1)
    assert curve["line"] == "0.0,120.0 150.0,90.0 300.0,0.0"
    assert curve["knee"] == {"x": "150.0", "y": "90.0"}
    assert curve["eps"] == "1"
    assert draw_curve([], None) is None
    assert draw_curve([0.0, 0.0], None)["line"] == "0.0,120.0 300.0,120.0"
