"""Names of files and classes are other people's: they stay text."""

import urllib.parse

import numpy as np
import pytest

from pixelmill.map_page import MapPoints, Similar

from .conftest import summary, thumbnail, until

EVIL = (
    "<script>alert('path')</script>.jpg",
    "\"><img src='http://example.invalid/x.png' onerror='alert(1)'>.jpg",
    "</script></style><b class='injected'>bold</b>.jpg",
    "<!--<script>.jpg",
    "{{ 7 * 7 }} {% raw %}.jpg",
    "line\nbreak 'and' \"quotes\" & ampersand é বাংলা.jpg",
    "\u202egpj.exe.jpg",
    "\x00\x07\x1b[31m.jpg",
    "not utf-8 \udcff.jpg",
    "\u2028\u2029.jpg",
    "   ",
    "long" * 200,
)


@pytest.fixture(params=["inside", "beside"])
def hostile_page(request, save, open_page, monkeypatch):
    """A map where every text is hostile: paths, labels, groups, notes, parameters."""
    if request.param == "beside":
        monkeypatch.setattr("pixelmill.map_page.writing.INSIDE", 0)
    count = len(EVIL)
    angles = np.linspace(0, 6, count)
    points = MapPoints(
        list(EVIL),
        list(EVIL),
        np.stack([np.cos(angles), np.sin(angles)], axis=1),
        np.arange(count, dtype=np.int32),
        {number: thumbnail("red") for number in range(count)},
    )
    described = summary(
        [(number, text, 1, text) for number, text in enumerate(EVIL)], notes=list(EVIL)
    )
    described["projection"]["method"] = EVIL[0]
    described["projection"]["parameters"] = {EVIL[1]: EVIL[2]}
    return open_page(save(points, described))


def test_hostile_names_stay_text(hostile_page):
    page = hostile_page
    assert page.locator("#message").is_hidden()
    before = page.locator("script").count()
    page.click("#about-open")
    page.keyboard.press("Escape")
    for number in range(len(EVIL)):
        page.mouse.move(*page.evaluate(f"pixelmill.place({_as_read(EVIL[number])})"))
        page.wait_for_selector("#card:not([hidden])")
    page.keyboard.press("Escape")
    page.click("[data-mode=labels]")
    page.click("#lasso")
    page.mouse.move(260, 20)
    page.mouse.down()
    for corner in ((1190, 20), (1190, 790), (260, 790), (260, 30)):
        page.mouse.move(*corner, steps=3)
    page.mouse.up()
    page.wait_for_selector("#selection:not([hidden])")
    assert page.locator("#list li").count() == len(EVIL)
    page.keyboard.press("/")
    page.keyboard.type("<script>")
    page.wait_for_selector("#found:not([hidden])")
    assert page.locator("#found").inner_text() == "2 matches"
    assert page.locator("script").count() == before
    assert page.locator("main img, aside img, #card img, .injected, b").count() == 0
    assert page.noise == []


def test_what_cannot_be_seen_is_made_visible(hostile_page):
    page = hostile_page
    page.mouse.move(*page.evaluate(f"pixelmill.place({_as_read(EVIL[6])})"))
    page.wait_for_selector("#card:not([hidden])")
    assert page.locator("#card .path").inner_text() == "\ufffdgpj.exe.jpg"
    page.mouse.move(*page.evaluate(f"pixelmill.place({_as_read(EVIL[7])})"))
    until(page, "document.querySelector('#card .path').textContent.includes('31m')")
    assert page.locator("#card .path").inner_text() == "\u2400\u2407\u241b[31m.jpg"


def _as_read(path):
    """A path as a script's text; a byte that is no UTF-8 is a question mark."""
    return ascii(path.replace("\udcff", "?"))


def test_hostile_names_open_nothing_but_photos_below_their_folder(save, open_page, tmp_path):
    """The address of a photo is that of its folder and its name, each part in percent."""
    names = [*EVIL, "../../etc/passwd", "a/../../b.jpg", "//example.invalid/x.jpg", "javascript:1"]
    count = len(names)
    angles = np.linspace(0, 6, count)
    points = MapPoints(
        names,
        [None] * count,
        np.stack([np.cos(angles), np.sin(angles)], axis=1),
        np.full(count, -1),
        originals=f"{tmp_path.as_uri()}/",
        similar=Similar(np.roll(np.arange(count, dtype=np.int32), 1)[:, None]),
    )
    page = open_page(save(points, summary(images=count)))
    for name in names:
        page.mouse.click(*page.evaluate(f"pixelmill.place({_as_read(name)})"))
        page.wait_for_selector("#card.pinned")
        link = page.locator("#open")
        refused = any(part in ("", ".", "..") for part in name.split("/"))
        assert link.is_hidden() == refused, name
        if not refused:
            quoted = "/".join(
                urllib.parse.quote(part.replace("\udcff", "?"), safe="!'()*~")
                for part in name.split("/")
            )
            assert link.get_attribute("href") == f"{tmp_path.as_uri()}/{quoted}"
            assert link.evaluate("link => link.href").startswith(f"{tmp_path.as_uri()}/")
        page.locator("#similar button").wait_for()
        page.keyboard.press("Escape")
    assert page.locator("main img, aside img, #card img, .injected, b").count() == 0
    assert page.noise == []
