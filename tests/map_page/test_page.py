"""The map as people use it, in a browser."""

import csv
import io
import re

import numpy as np
import pytest

from pixelmill.map_page import MapPoints
from pixelmill.palette import group_colour

from .conftest import cloud_summary, clouds, summary, thumbnail, until

INK = "getComputedStyle(document.getElementById('stage')).color"


@pytest.fixture
def cloud_page(cloud_file, look):
    """The three clouds, opened."""
    return look(cloud_file)


def place(page, path):
    return page.evaluate("path => pixelmill.place(path)", path)


def pixel(page, canvas):
    """The colour in the middle of a canvas."""
    return page.locator(canvas).evaluate(
        """canvas => [...canvas.getContext('2d')
          .getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data]"""
    )


def lasso(page, corners):
    (x, y), *others = corners
    page.mouse.move(x, y)
    page.mouse.down()
    for corner in [*others, (x, y)]:
        page.mouse.move(*corner, steps=4)
    page.mouse.up()


def around(page, paths, margin=30):
    places = np.array([place(page, path) for path in paths])
    (west, north), (east, south) = places.min(axis=0) - margin, places.max(axis=0) + margin
    return [(west, north), (east, north), (east, south), (west, south)]


def shown_colours(page, at, reach=3):
    """The colours of the points around a place on the screen."""
    x, y = at
    picture = page.screenshot(
        clip={"x": x - reach, "y": y - reach, "width": 2 * reach, "height": 2 * reach}
    )
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).reshape(-1, 3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_map_opens_from_disk_and_asks_for_nothing(cloud_file, look, width, scheme):
    page = look(cloud_file, width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    light = sum(map(int, re.findall(r"\d+", page.evaluate(INK))[:3])) < 384
    assert light == (scheme == "light")
    for path in ("red/000.jpg", "green/000.jpg", "blue/000.jpg"):
        x, y = place(page, path)
        assert 0 < x < width
        assert 0 < y < 800
    assert page.noise == []


@pytest.mark.parametrize(("path", "channel"), [("red/003.jpg", 0), ("blue/017.jpg", 2)])
def test_hovering_shows_thumbnail_path_label_and_group(cloud_page, path, channel):
    page = cloud_page
    page.keyboard.press("t")  # points alone
    page.mouse.move(*place(page, path))
    page.wait_for_selector("#card:not([hidden])")
    card = page.locator("#card")
    assert card.locator(".path").inner_text() == path
    expected = {"red": ["red"], "blue": ["blue", "group 3"]}[path.split("/")[0]]
    assert card.locator(".category bdi").all_inner_texts() == expected
    until(
        page,
        """() => { const canvas = document.querySelector('#card canvas');
          return canvas.getContext('2d').getImageData(9, 9, 1, 1).data[3] === 255; }""",
    )
    colour = pixel(page, "#card canvas")
    assert int(np.argmax(colour[:3])) == channel
    assert min(np.delete(colour[:3], channel)) < 80
    page.mouse.move(5, 790)
    assert card.is_hidden()


def test_an_image_without_a_thumbnail_shows_its_path_alone(cloud_page):
    cloud_page.mouse.move(*place(cloud_page, "strays/lost.jpg"))
    cloud_page.wait_for_selector("#card:not([hidden])")
    assert cloud_page.locator("#card .path").inner_text() == "strays/lost.jpg"
    assert cloud_page.locator("#card canvas").is_hidden()
    assert cloud_page.locator("#card .category").is_hidden()


def test_a_click_pins_the_card_and_escape_lets_it_go(cloud_page):
    cloud_page.mouse.click(*place(cloud_page, "strays/lost.jpg"))
    cloud_page.mouse.move(5, 790)
    assert cloud_page.locator("#card.pinned").is_visible()
    cloud_page.keyboard.press("Escape")
    assert cloud_page.locator("#card").is_hidden()


def test_zoomed_in_the_thumbnails_lie_at_their_places(cloud_page):
    page = cloud_page
    page.evaluate("pixelmill.view.fly([0])")
    until(page, "pixelmill.drawn().includes('red/000.jpg')")
    page.wait_for_timeout(300)
    drawn = page.evaluate("pixelmill.drawn()")
    assert all(path.startswith("red/") for path in drawn)
    page.keyboard.press("n")
    page.wait_for_timeout(100)
    colours = shown_colours(page, place(page, "red/000.jpg"), reach=8)
    assert np.abs(colours.astype(int) - (200, 30, 30)).max() < 30


def test_far_out_a_crowd_is_drawn_as_points(save, look):
    page = look(save(clouds(400), cloud_summary(400)))
    assert page.evaluate("pixelmill.drawn()") == []
    page.evaluate("pixelmill.view.fly([0, 1])")
    until(page, "pixelmill.drawn().length > 5")


@pytest.mark.parametrize(
    ("query", "count"),
    [("RED", 40), ("/007", 3), ("group 3", 40), ("lost", 1), ("nowhere", 0), ("  blue ", 40)],
)
def test_search_finds_paths_labels_and_groups(cloud_page, query, count):
    page = cloud_page
    page.keyboard.press("/")
    page.keyboard.type(query)
    told = {0: "no match", 1: "1 match"}.get(count, f"{count} matches")
    until(page, f"document.getElementById('found').textContent === '{told}'")
    assert page.evaluate("document.activeElement.id") == "query"
    page.keyboard.press("Escape")
    assert page.locator("#query").input_value() == ""
    assert page.locator("#found").is_hidden()


def test_search_dims_the_rest(cloud_page):
    page = cloud_page
    page.keyboard.press("t")
    page.keyboard.press("n")
    page.wait_for_timeout(100)
    stray, red = place(page, "strays/lost.jpg"), place(page, "red/000.jpg")
    before = shown_colours(page, red).astype(int)
    page.keyboard.press("/")
    page.keyboard.type("lost")
    page.wait_for_selector("#found:not([hidden])")
    page.wait_for_timeout(100)
    assert shown_colours(page, red).sum() > before.sum()  # nearer to the white paper
    assert shown_colours(page, stray).max(axis=1).min() < 200


@pytest.mark.parametrize("how", ["button", "shift"])
def test_the_lasso_lists_and_exports_what_it_encloses(cloud_page, how):
    page = cloud_page
    greens = [f"green/{number:03d}.jpg" for number in range(40)]
    corners = around(page, greens)
    if how == "button":
        page.click("#lasso")
        lasso(page, corners)
    else:
        page.keyboard.down("Shift")
        lasso(page, corners)
        page.keyboard.up("Shift")
    page.wait_for_selector("#selection:not([hidden])")
    assert page.locator("#chosen").inner_text() == "40 images chosen"
    assert page.locator("#mixture").inner_text() == "green 40"
    assert page.locator("#list .path").all_inner_texts() == greens
    with page.expect_download() as text:
        page.click("#text")
    assert text.value.path().read_text() == "".join(f"{path}\n" for path in greens)
    with page.expect_download() as table:
        page.click("#csv")
    rows = list(csv.DictReader(table.value.path().open(encoding="utf-8-sig", newline="")))
    assert [row["path"] for row in rows] == greens
    assert {(row["label"], row["group"]) for row in rows} == {("green", "green")}
    page.keyboard.press("Escape")
    assert page.locator("#selection").is_hidden()
    assert page.noise == []


def test_the_paths_go_to_the_clipboard(save, look):
    page = look(save(clouds(), cloud_summary()), permissions=["clipboard-read", "clipboard-write"])
    page.click("#lasso")
    lasso(page, around(page, ["strays/lost.jpg"]))
    page.click("#copy")
    until(page, "document.getElementById('copy').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == "strays/lost.jpg\n"


def test_a_spreadsheet_runs_no_formula_of_a_path(save, look):
    paths = ["=1+1.jpg", "+a.jpg", "-b.jpg", "@c.jpg", '"d",e\nf.jpg', "\tg.jpg", "h\\i.jpg"]
    places = np.random.default_rng(0).uniform(size=(len(paths), 2))
    clusters = np.full(len(paths), -1)
    points = MapPoints(paths, ["=2+2"] * len(paths), places, clusters)
    page = look(save(points, summary()))
    page.click("#lasso")
    lasso(page, around(page, paths))
    with page.expect_download() as table:
        page.click("#csv")
    rows = list(csv.DictReader(table.value.path().open(encoding="utf-8-sig", newline="")))
    cells = sorted(row["path"] for row in rows)
    assert cells == sorted([*(f"'{path}" for path in paths if path[0] in "=+-@\t"), *paths[4:7:2]])
    assert {row["label"] for row in rows} == {"'=2+2"}
    with page.expect_download() as text:
        page.click("#text")
    lines = text.value.path().read_text().splitlines()
    assert sorted(lines) == sorted([*paths[:4], '"d",e\\nf.jpg', "\tg.jpg", "h\\\\i.jpg"])


def swatches(page):
    """The colours of the legend."""
    read = "all => all.map((one) => one.style.background.match(/[0-9]+/g).map(Number))"
    return [tuple(one) for one in page.locator("#entries .swatch").evaluate_all(read)]


def test_colours_follow_groups_or_labels(cloud_page):
    page = cloud_page
    entries = page.locator("#entries .name")
    assert entries.all_inner_texts() == ["red", "green", "group 3", "noise"]
    assert swatches(page) == [group_colour(cluster) for cluster in (0, 1, 2, -1)]
    page.click("[data-mode=labels]")
    # By size, then by name: blue comes first, and gets the first colour.
    assert entries.all_inner_texts() == ["blue", "green", "red", "no label"]
    page.keyboard.press("t")
    page.keyboard.press("n")
    page.wait_for_timeout(150)
    wanted = np.array(swatches(page)[0])
    shown = shown_colours(page, place(page, "blue/000.jpg"), reach=1).astype(int)
    assert np.abs(shown - wanted).max() < 60


def test_the_legend_hides_and_shows(cloud_page):
    page = cloud_page
    page.keyboard.press("t")
    page.keyboard.press("n")
    at = place(page, "red/000.jpg")
    page.locator(".entry", has_text="red").click()
    page.wait_for_timeout(150)
    assert shown_colours(page, at).min() > 240
    page.mouse.move(*at)
    page.wait_for_timeout(100)
    assert page.locator("#card").is_hidden()
    page.click("#show-all")
    page.wait_for_timeout(150)
    assert shown_colours(page, at).min() < 160
    page.locator(".entry", has_text="red").dblclick()
    pressed = [one.get_attribute("aria-pressed") for one in page.locator(".entry").all()]
    assert pressed == ["true", "false", "false", "false"]
    page.click("#hide-all")
    assert page.locator(".entry[aria-pressed=true]").count() == 0


def test_the_theme_can_be_switched(cloud_page):
    page = cloud_page
    before = page.evaluate(INK)
    page.click("#theme")
    assert page.evaluate(INK) != before
    page.click("#theme")
    assert page.evaluate(INK) == before


def test_the_panel_tells_how_the_map_was_made(cloud_page):
    page = cloud_page
    page.click("#about-open")
    text = page.locator("#about").inner_text()
    for told in ("121", "61%", "0.93", "perplexity", "dbscan", "the knee is at 0.75", "75%"):
        assert told in text, told
    assert page.locator("#about tbody tr").count() == 3
    assert page.locator("#about svg polyline").count() == 1
    assert page.locator("#about tbody canvas:visible").count() == 3
    page.locator("#about tbody button").nth(2).click()
    shown = "pixelmill.drawn().length > 3 && "
    until(page, shown + "pixelmill.drawn().every((path) => path.startsWith('blue/'))")
    page.keyboard.press("Escape")
    assert page.locator("#about").is_hidden()


def test_keys_zoom_and_fit(cloud_page):
    page = cloud_page
    page.keyboard.press("+")
    until(page, "pixelmill.view.k > 1.5")
    page.keyboard.press("-")
    page.keyboard.press("-")
    until(page, "pixelmill.view.k < 1")
    page.keyboard.press("0")
    until(page, "pixelmill.view.k === 1")


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


def test_without_webgl_there_is_a_sentence(cloud_file, look):
    page = look(cloud_file, script="HTMLCanvasElement.prototype.getContext = () => null")
    assert "no WebGL" in page.locator("#message").inner_text()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_hardly_any_images(save, look, count):
    """One place for all: a map of no extent."""
    paths = [f"{number}.jpg" for number in range(count)]
    thumbnails = {number: thumbnail("red") for number in range(count)}
    points = MapPoints(
        paths, [None] * count, np.full((count, 2), 7.0), np.full(count, -1), thumbnails
    )
    page = look(save(points, summary(images=count, fitted=count)))
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


def test_two_hundred_groups_stay_readable(save, look):
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
    page = look(save(points, summary(groups, images=1000)))
    assert page.locator(".entry").count() == 200
    assert len(set(swatches(page))) == 200
    legend = page.locator("#legend").bounding_box()
    assert legend["y"] + legend["height"] <= 800
    page.locator(".entry").last.scroll_into_view_if_needed()
    assert page.locator(".entry").last.is_visible()


def test_a_finger_shows_the_card(cloud_file, look):
    page = look(cloud_file, 390, has_touch=True, is_mobile=True)
    page.tap("#images")
    page.touchscreen.tap(*place(page, "strays/lost.jpg"))
    page.wait_for_selector("#card:not([hidden])")
    assert page.locator("#card .path").inner_text() == "strays/lost.jpg"
    box = page.locator("#card").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_sheets_beside_the_page_are_found_there(save, look, monkeypatch):
    monkeypatch.setattr("pixelmill.map_page.writing.INSIDE", 100)
    file = save(clouds(), cloud_summary(), name="a map #2?")
    sheets = list((file.parent / "a map #2?_files").iterdir())
    assert sorted(sheet.name for sheet in sheets) == ["sheet-00000.webp", "sheet-00001.webp"]
    page = look(file)
    page.keyboard.press("t")
    page.mouse.move(*place(page, "green/003.jpg"))
    page.wait_for_selector("#card:not([hidden])")
    page.wait_for_timeout(400)
    picture = page.locator("#card canvas").screenshot()
    from PIL import Image

    colour = Image.open(io.BytesIO(picture)).convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert colour[1] > 150
    assert page.noise == []
