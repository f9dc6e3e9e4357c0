"""The card of an image: thumbnail, path, label, the photo and similar ones."""

import urllib.parse

import numpy as np
import pytest

from pixelmill.map_page import Similar

from .conftest import cloud_summary, clouds, thumbnail, until
from .gestures import pixel, place


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


def test_a_finger_shows_the_card(cloud_file, open_page):
    page = open_page(cloud_file, 390, has_touch=True, is_mobile=True)
    page.tap("#images")
    page.touchscreen.tap(*place(page, "strays/lost.jpg"))
    page.wait_for_selector("#card:not([hidden])")
    assert page.locator("#card .path").inner_text() == "strays/lost.jpg"
    box = page.locator("#card").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def with_photos(folder):
    """The clouds with their photos on disk, each with the four next of its colour."""
    points = clouds()
    root = folder / "it's 100% photos"
    for number, path in enumerate(points.paths):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(points.thumbnails.get(number, thumbnail("gray")))
    places = np.array(
        [[40 * (n // 40) + (n + step) % 40 for step in range(1, 5)] for n in range(120)]
    )
    similar = Similar(np.vstack([places, [[-1] * 4]]).astype(np.int32))
    return clouds(similar=similar, originals=f"{root.as_uri()}/")


@pytest.mark.parametrize("phone", [False, True])
def test_the_card_opens_the_photo_and_leads_to_similar_ones(save, open_page, tmp_path, phone):
    file = save(with_photos(tmp_path), cloud_summary())
    page = open_page(file, 390, has_touch=True, is_mobile=True) if phone else open_page(file)
    page.keyboard.press("t")
    x, y = place(page, "blue/003.jpg")
    if phone:
        page.touchscreen.tap(x, y)
    else:
        page.mouse.click(x, y)
    similar = page.locator("#similar button")
    similar.first.wait_for()
    path = page.locator("#card .path").inner_text()
    number = int(path[5:8])
    following = [f"blue/{(number + step) % 40:03d}.jpg" for step in range(1, 5)]
    labels = similar.evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))")
    assert labels == following
    box = page.locator("#card").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]
    assert box["y"] + box["height"] <= page.viewport_size["height"]
    with page.context.expect_page() as opened:
        page.locator("#open").click()
    opened.value.wait_for_load_state()
    assert urllib.parse.unquote(opened.value.url).endswith(f"/it's 100% photos/{path}")
    assert opened.value.evaluate("document.images[0].naturalWidth") == 64
    similar.nth(1).click()
    until(page, f"document.querySelector('#card .path').textContent === '{following[1]}'")
    assert page.locator("#card.pinned").is_visible()
    assert page.noise == []


def test_keys_open_the_card_of_the_middle_and_the_photo(save, open_page, tmp_path):
    page = open_page(save(with_photos(tmp_path), cloud_summary()))
    page.keyboard.press("/")
    page.keyboard.type("green/007")
    until(page, "document.getElementById('found').textContent === '1 match'")
    page.keyboard.press("Enter")
    assert page.locator("#card.pinned .path").inner_text() == "green/007.jpg"
    assert page.evaluate("document.activeElement.id") == "open"
    with page.context.expect_page() as opened:
        page.keyboard.press("o")
    assert opened.value.url.endswith("/green/007.jpg")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#card .path').textContent === 'green/008.jpg'")
    page.keyboard.press("Escape")
    assert page.locator("#card").is_hidden()
    page.keyboard.press("0")
    page.keyboard.press("Enter")  # the one in the middle
    assert page.locator("#card.pinned").is_visible()


def test_without_an_address_no_photo_is_offered(cloud_page):
    cloud_page.mouse.click(*place(cloud_page, "strays/lost.jpg"))
    assert cloud_page.locator("#card.pinned").is_visible()
    assert cloud_page.locator("#open").is_hidden()
    assert cloud_page.locator("#similar").is_hidden()
