"""Search, lasso and legend, as people choose images with them in a browser."""

import csv
from unicodedata import normalize

import numpy as np
import pytest

from pixelmill.map_page import MapPoints
from pixelmill.pages.palette import group_colour

from .conftest import summary, until
from .gestures import around, lasso, next_frame, place, shown_colours, swatches


@pytest.mark.parametrize(
    ("query", "count"),
    [("RED", 40), ("/007", 3), ("group 3", 40), ("lost", 1), ("nowhere", 0), ("  blue ", 40)],
)
def test_search_finds_paths_labels_and_groups(cloud_page, query, count):
    page = cloud_page
    page.keyboard.press("/")
    page.keyboard.type(query)
    message = {0: "no match", 1: "1 match"}.get(count, f"{count} matches")
    until(page, f"document.getElementById('found').textContent === '{message}'")
    assert page.evaluate("document.activeElement.id") == "query"
    page.keyboard.press("Escape")
    assert page.locator("#query").input_value() == ""
    assert page.locator("#found").is_hidden()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_search_finds_accents_however_they_are_written(save, open_page, form):
    paths = [normalize(form, "größe/é.jpg"), "grosse/e.jpg"]
    labels = [None, normalize(form, "Türkis")]
    points = MapPoints(paths, labels, np.array([[0.0, 0], [1, 1]]), np.array([-1, -1]))
    page = open_page(save(points, summary()))
    for query in ("größe/É", "türkis"):
        page.keyboard.press("/")
        page.keyboard.insert_text(query)
        until(page, "document.getElementById('found').textContent === '1 match'")
        page.keyboard.press("Escape")
    assert page.noise == []


def test_enter_leads_to_what_is_typed_however_fast(cloud_page):
    page = cloud_page
    for query in ("red/007", "blue/012"):
        page.locator("#query").fill(query)
        page.locator("#query").press("Enter")
        until(page, f"document.querySelector('#card .path').textContent === '{query}.jpg'")
    assert page.noise == []


def test_search_dims_the_rest(cloud_page):
    page = cloud_page
    page.keyboard.press("t")
    page.keyboard.press("n")
    next_frame(page)
    stray, red = place(page, "strays/lost.jpg"), place(page, "red/000.jpg")
    before = shown_colours(page, red).astype(int)
    page.keyboard.press("/")
    page.keyboard.type("lost")
    page.wait_for_selector("#found:not([hidden])")
    next_frame(page)
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


def test_the_lasso_leaves_what_a_search_does_not_find(cloud_page):
    page = cloud_page
    corners = around(page, [f"green/{number:03d}.jpg" for number in range(40)])
    page.keyboard.press("/")
    page.keyboard.type("green/00")
    page.wait_for_selector("#found:not([hidden])")
    until(page, "document.getElementById('found').textContent === '10 matches'")
    page.click("#lasso")
    lasso(page, corners)
    page.wait_for_selector("#selection:not([hidden])")
    assert page.locator("#chosen").inner_text() == "10 images chosen"
    assert page.noise == []


def test_the_paths_go_to_the_clipboard(cloud_file, open_page):
    page = open_page(cloud_file, permissions=["clipboard-read", "clipboard-write"])
    page.click("#lasso")
    lasso(page, around(page, ["strays/lost.jpg"]))
    page.click("#copy")
    until(page, "document.getElementById('copy').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == "strays/lost.jpg\n"


def test_a_long_label_is_exported_whole(save, open_page):
    label = "one of many words " * 40
    points = MapPoints(["0.jpg", "1.jpg"], [label, None], np.eye(2), np.array([-1, -1]))
    page = open_page(save(points, summary()))
    page.click("#lasso")
    lasso(page, [(300, 100), (1150, 100), (1150, 750), (300, 750)])
    with page.expect_download() as table:
        page.click("#csv")
    rows = list(csv.DictReader(table.value.path().open(encoding="utf-8-sig", newline="")))
    assert [row["label"] for row in rows] == [label, ""]


def test_a_spreadsheet_runs_no_formula_of_a_path(save, open_page):
    paths = ["=1+1.jpg", "+a.jpg", "-b.jpg", "@c.jpg", '"d",e\nf.jpg', "\tg.jpg", "h\\i.jpg"]
    places = np.random.default_rng(0).uniform(size=(len(paths), 2))
    clusters = np.full(len(paths), -1)
    points = MapPoints(paths, ["=2+2"] * len(paths), places, clusters)
    page = open_page(save(points, summary()))
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
    next_frame(page)
    wanted = np.array(swatches(page)[0])
    shown = shown_colours(page, place(page, "blue/000.jpg"), reach=1).astype(int)
    assert np.abs(shown - wanted).max() < 60


def test_the_legend_hides_and_shows(cloud_page):
    page = cloud_page
    page.keyboard.press("t")
    page.keyboard.press("n")
    at = place(page, "red/000.jpg")
    page.locator(".entry", has_text="red").click()
    next_frame(page)
    assert shown_colours(page, at).min() > 240
    page.mouse.move(*at)
    next_frame(page)
    assert page.locator("#card").is_hidden()
    page.click("#show-all")
    next_frame(page)
    assert shown_colours(page, at).min() < 160
    page.locator(".entry", has_text="red").dblclick()
    pressed = [one.get_attribute("aria-pressed") for one in page.locator(".entry").all()]
    assert pressed == ["true", "false", "false", "false"]
    page.click("#hide-all")
    assert page.locator(".entry[aria-pressed=true]").count() == 0
