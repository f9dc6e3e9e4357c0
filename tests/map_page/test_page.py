"""The map as people look at it, in a browser."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from pixelmill.map_page import MapPoints

from .conftest import COLOURS, cloud_summary, clouds, summary, thumbnail, until
from .gestures import next_frame, place, shown_colours, swatches

INK = "getComputedStyle(document.getElementById('stage')).color"


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_a_map_opens_from_disk_and_asks_for_nothing(cloud_file, open_page, width, scheme):
    page = open_page(cloud_file, width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    light = sum(map(int, re.findall(r"\d+", page.evaluate(INK))[:3])) < 384
    assert light == (scheme == "light")
    for path in ("red/000.jpg", "green/000.jpg", "blue/000.jpg"):
        x, y = place(page, path)
        assert 0 < x < width
        assert 0 < y < 800
    assert page.noise == []


def test_zoomed_in_the_thumbnails_are_at_their_places(cloud_page):
    page = cloud_page
    page.evaluate("pixelmill.view.fly([0])")
    until(page, "pixelmill.drawn().includes('red/000.jpg')")
    page.wait_for_timeout(300)
    drawn = page.evaluate("pixelmill.drawn()")
    assert all(path.startswith("red/") for path in drawn)
    page.keyboard.press("n")
    next_frame(page)
    colours = shown_colours(page, place(page, "red/000.jpg"), reach=8)
    assert np.abs(colours.astype(int) - (200, 30, 30)).max() < 30


def test_far_out_a_crowd_is_drawn_as_points(save, open_page):
    page = open_page(save(clouds(400), cloud_summary(400)))
    assert page.evaluate("pixelmill.drawn()") == []
    page.evaluate("pixelmill.view.fly([0, 1])")
    until(page, "pixelmill.drawn().length > 5")


def test_the_theme_can_be_switched(cloud_page):
    page = cloud_page
    before = page.evaluate(INK)
    page.click("#theme")
    assert page.evaluate(INK) != before
    page.click("#theme")
    assert page.evaluate(INK) == before


def test_the_panel_shows_how_the_map_was_made(cloud_page):
    page = cloud_page
    page.click("#about-open")
    text = page.locator("#about").inner_text()
    for message in ("121", "61%", "0.93", "perplexity", "dbscan", "the knee is at 0.75", "75%"):
        assert message in text, message
    assert page.locator("#about tbody tr").count() == 3
    assert page.locator("#about svg polyline").count() == 1
    assert page.locator("#about tbody canvas:visible").count() == 3
    page.locator("#about tbody button").nth(2).click()
    shown = "pixelmill.drawn().length > 3 && "
    until(page, shown + "pixelmill.drawn().every((path) => path.startsWith('blue/'))")
    page.keyboard.press("Escape")
    assert page.locator("#about").is_hidden()


def test_keys_zoom_and_fit(cloud_page):
    for key, zoom in (("+", 1.6), ("-", 1), ("-", 1 / 1.6), ("0", 1)):
        before = cloud_page.evaluate("pixelmill.view.k")
        cloud_page.keyboard.press(key)
        until(cloud_page, f"pixelmill.view.k !== {before}")
        assert cloud_page.evaluate("pixelmill.view.k") == pytest.approx(zoom)


def test_arrows_pan_the_map_and_scroll_a_panel(cloud_page):
    page = cloud_page
    before = place(page, "strays/lost.jpg")
    page.keyboard.press("ArrowDown")
    assert place(page, "strays/lost.jpg") == pytest.approx([before[0], before[1] - 80])
    page.click("#about-open")
    page.locator("#about .close").focus()
    page.keyboard.press("ArrowDown")
    until(page, "document.getElementById('about').scrollTop > 0")
    assert place(page, "strays/lost.jpg") == pytest.approx([before[0], before[1] - 80])


def test_dragging_moves_the_map_and_the_wheel_zooms(cloud_page):
    page = cloud_page
    x, y = place(page, "strays/lost.jpg")
    page.mouse.move(300, 700)
    page.mouse.down()
    page.mouse.move(340, 670, steps=4)
    page.mouse.up()
    moved = place(page, "strays/lost.jpg")
    assert moved == pytest.approx([x + 40, y - 30], abs=1.5)
    page.mouse.move(*moved)
    page.mouse.wheel(0, -400)
    until(page, "pixelmill.view.k > 1.3")
    assert place(page, "strays/lost.jpg") == pytest.approx(moved, abs=2)


def test_without_webgl_there_is_a_sentence(cloud_file, open_page):
    page = open_page(cloud_file, script="HTMLCanvasElement.prototype.getContext = () => null")
    assert "no WebGL" in page.locator("#message").inner_text()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_hardly_any_images(save, open_page, count):
    """One place for all: a map of no extent."""
    paths = [f"{number}.jpg" for number in range(count)]
    thumbnails = {number: thumbnail("red") for number in range(count)}
    points = MapPoints(
        paths, [None] * count, np.full((count, 2), 7.0), np.full(count, -1), thumbnails
    )
    page = open_page(save(points, summary(images=count, fitted=count)))
    assert page.locator("#legend").is_hidden()
    message = page.locator("#message")
    if count:
        assert message.is_hidden()
        page.mouse.move(*place(page, "0.jpg"))
        page.wait_for_selector("#card:not([hidden])")
    else:
        assert message.inner_text() == "There are no images on this map."
    page.click("#about-open")
    page.keyboard.press("0")
    assert page.noise == []


def test_two_hundred_groups_stay_readable(save, open_page):
    random = np.random.default_rng(0)
    middles = random.uniform(-100, 100, (200, 2))
    clusters = np.repeat(np.arange(200), 5)
    points = MapPoints(
        [f"{number}.jpg" for number in range(1000)],
        [None] * 1000,
        middles[clusters] + random.normal(size=(1000, 2)),
        clusters,
    )
    groups = [(number, f"group {number + 1}", 5, f"{5 * number}.jpg") for number in range(200)]
    page = open_page(save(points, summary(groups, images=1000)))
    assert page.locator(".entry").count() == 200
    assert len(set(swatches(page))) == 200
    legend = page.locator("#legend").bounding_box()
    assert legend["y"] + legend["height"] <= 800
    page.locator(".entry").last.scroll_into_view_if_needed()
    assert page.locator(".entry").last.is_visible()


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("members", [3, 12, 40])
def test_no_thumbnail_and_no_name_is_under_a_panel(save, open_page, width, members):
    points = clouds(members)
    groups = [
        (number, f"{colour} with a rather long name of a class", members, f"{colour}/000.jpg")
        for number, colour in enumerate(COLOURS)
    ]
    page = open_page(save(points, summary(groups, images=3 * members + 1)), width)
    page.keyboard.press("+")
    page.keyboard.press("0")
    until(page, "pixelmill.view.k === 1")
    next_frame(page)
    panels = [page.locator(name).bounding_box() for name in ("#bar", "#legend", "#tools")]
    rects = [(b["x"], b["y"], b["x"] + b["width"], b["y"] + b["height"]) for b in panels]
    boxes, names = page.evaluate("[pixelmill.boxes(), pixelmill.names()]")
    assert len(names) == 3
    assert boxes or members == 40
    for name in names:
        assert 0 <= name[0] < name[2] <= width
        assert 0 <= name[1] < name[3] <= 800
    for box in [*boxes, *names]:
        assert not any(overlap(box, rect) for rect in rects), box


def card_colour(page):
    """As the eye sees it: no script may read a canvas with a picture of another file."""
    picture = page.locator("#card canvas").screenshot()
    return Image.open(io.BytesIO(picture)).convert("RGB").resize((1, 1)).getpixel((0, 0))


def test_sheets_beside_the_page_are_found_there(save, open_page, monkeypatch):
    monkeypatch.setattr("pixelmill.map_page.writing.INSIDE", 100)
    file = save(clouds(), cloud_summary(), name="a map #2?")
    sheets = list((file.parent / "a map #2?_files").iterdir())
    assert len(sheets) == 2
    page = open_page(file)
    page.keyboard.press("t")
    page.mouse.move(*place(page, "green/003.jpg"))
    page.wait_for_selector("#card:not([hidden])")
    until(page, lambda page: card_colour(page)[0] < 100)  # no longer white
    assert card_colour(page) == pytest.approx(COLOURS["green"], abs=30)
    assert page.noise == []
