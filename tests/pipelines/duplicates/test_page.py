"""The page of near-duplicates, as a browser shows it."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from unicodedata import normalize

import pyarrow as pa
import pytest
from PIL import Image

from pixelmill.duplicates.table import schema, summarise
from pixelmill.parameters import DuplicatesParameters
from pixelmill.pipelines.duplicates.page import copies_as_csv, groups_shown, render
from pixelmill.thumbnails.reading import Picture
from pixelmill.untrusted_text import csv_cell

EVIL = (
    "cat/<script>alert('path')</script>.jpg",
    "\"><img src='http://example.invalid/x.png' onerror='alert(1)'>.jpg",
    "</script><b id='injected'>bold</b>.jpg",
    "line\nbreak, 'and' \"quotes\" & é বাংলা {{ 7 * 7 }}.jpg",
)
THEN = datetime(2026, 3, 1, tzinfo=UTC)


def table_of(*groups):
    """Groups of (path, label); the first of each is kept."""
    rows = [
        {
            "group": number,
            "path": path,
            "label": label,
            "width": 500,
            "height": 375 - place,
            "size": 40_000,
            "modified": THEN,
            "kind": (None, "exact bytes", "same picture")[min(place, 2)],
            "similarity": 1.0 if place < 2 else 0.97,
            "keep": place == 0,
            "labels_differ": len({label for _, label in group}) > 1,
        }
        for number, group in enumerate(groups)
        for place, (path, label) in enumerate(group)
    ]
    return pa.Table.from_pylist(rows, schema())


@pytest.fixture
def picture():
    out = io.BytesIO()
    Image.new("RGB", (220, 165), "teal").save(out, "WEBP")
    return Picture(out.getvalue(), None)


@pytest.fixture
def page_of(tmp_path, picture):
    """Writes the page of a table; of one path there is no picture."""

    def write(table, limit=200, gone="gone.jpg", dataset="pets", **summary):
        groups = groups_shown(table, limit)
        paths = [row["path"] for group in groups for row in group.images]
        missing = Picture(None, "unreadable, vanished")
        pictures = {path: missing if path == gone else picture for path in paths}
        figures = summarise(table, images=900, unreadable=1, flat=2) | summary
        file = tmp_path / "duplicates.html"
        parameters = DuplicatesParameters(similarity=0.96)
        file.write_text(render(dataset, figures, table, groups, pictures, parameters), "utf-8")
        return file

    return write


PAIRS = [[(f"{n}/a.jpg", "cat"), (f"{n}/b.jpg", "cat"), (f"{n}/c.jpg", "cat")] for n in range(5)]
DIFFERING = [("x/kept.jpg", "cat"), ("y/wrong.jpg", "dog"), ("gone.jpg", "cat")]


def test_without_scripts_no_button_does_nothing(open_page, page_of):
    page = open_page(page_of(table_of(*PAIRS)), java_script_enabled=False)
    assert page.locator("button:visible, input:visible").count() == 0
    assert page.locator(".twins:visible").count() == len(PAIRS)


def test_the_bytes_of_another_copy_are_named(open_page, page_of):
    rows = table_of([("kept.jpg", None), ("again.jpg", "cat"), ("small.jpg", "cat")]).to_pylist()
    rows[1]["copy_of"], rows[2]["copy_of"] = "small.jpg", "kept.jpg"
    page = open_page(page_of(pa.Table.from_pylist(rows, schema())))
    kept, again, small = page.locator(".tile figcaption").all_inner_texts()
    assert "of small.jpg" in again
    assert not any("of kept.jpg" in text for text in (kept, small))
    assert "of those with a label if there are any" in page.locator(".intro").inner_text()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_the_groups_read_well(open_page, page_of, width, scheme):
    page = open_page(page_of(table_of(*PAIRS, DIFFERING)), width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.noise == []
    assert page.locator(".twins").count() == 6
    first = page.locator(".twins").first
    assert "labels differ" in first.inner_text()  # they come first
    assert first.locator(".kept").inner_text().startswith("keep")
    assert "unreadable, vanished" in first.inner_text()
    assert "12 of 900 images could go" in page.locator(".lede").inner_text()
    intro = page.locator(".intro").inner_text()
    assert "below 0.96 (duplicates.similarity) it would count as another picture" in intro
    assert "Groups whose labels differ come first" in intro
    page.locator(".twins").last.scroll_into_view_if_needed()
    # At once: what scrolls into view gets its true height, and moves what is above it.
    tops = first.locator(".tile").evaluate_all("all => all.map((one) => one.offsetTop)")
    assert tops[0] == tops[1]  # side by side


def test_a_path_that_is_too_long_ends_in_dots_and_is_whole_in_its_title(open_page, page_of):
    path = "x" * 300 + ".jpg"
    page = open_page(page_of(table_of([("kept.jpg", None), (path, None)])), 390)
    short, long = page.locator(".path").all()
    assert long.get_attribute("title") == path
    assert long.evaluate("one => one.scrollHeight > one.clientHeight")
    assert long.evaluate("one => getComputedStyle(one).webkitLineClamp") == "4"
    assert short.evaluate("one => one.scrollHeight == one.clientHeight")


@pytest.mark.parametrize("path", EVIL)
def test_no_path_and_no_label_becomes_part_of_the_page(open_page, page_of, path):
    table = table_of([(path, path), ("plain.jpg", "cat"), (path + "2", path)])
    page = open_page(page_of(table, dataset=path))
    assert page.noise == []
    assert page.locator("#injected").count() == 0
    assert page.locator("script").count() == 2
    shown = page.locator(".path").evaluate_all("all => all.map(one => one.textContent)")
    assert shown == [path, "plain.jpg", path + "2"]
    assert page.locator(".label").first.text_content() == path
    assert page.locator("h1").text_content() == path


def downloaded(page, kind):
    with page.expect_download() as download:
        page.locator(f"[data-export={kind}]").click()
    return Path(download.value.path()).read_bytes().decode()


def test_the_copies_are_exported_as_csv_and_as_a_list(open_page, page_of):
    table = table_of(*PAIRS, [(path, 'a, "b"') for path in EVIL])
    page = open_page(page_of(table))
    found = downloaded(page, "csv")
    rows = list(csv.reader(io.StringIO(found, newline="")))
    assert rows == list(csv.reader(io.StringIO(copies_as_csv(table), newline="")))
    assert rows[0] == ["path", "keep", "kind", "similarity", "label", "size"]
    assert [row[0] for row in rows[-3:]] == list(EVIL[1:])
    assert rows[-1][1:] == [EVIL[0], "same picture", "0.9700", 'a, "b"', "40000"]
    assert downloaded(page, "txt").splitlines() == [row[0] for row in rows[1:-1]]
    assert "leaves out 1 path with a line break" in page.locator("#message").inner_text()
    assert page.noise == []


FORMULAS = ("=cmd|' /C calc'!A0.jpg", "+1.jpg", "-1", " @SUM(A1)", "a;=1.jpg", "b\n=1", "\tc",
            "\t=1", "\r\n;-1", "\uff1d1", "\x00=1", "\ufeff+1")  # fmt: skip


def test_no_export_of_the_copies_holds_a_formula(open_page, page_of):
    table = table_of([("kept.jpg", None), *((cell, cell) for cell in FORMULAS)])
    page = open_page(page_of(table))
    written = copies_as_csv(table)
    assert downloaded(page, "csv") == written
    rows = list(csv.reader(io.StringIO(written, newline="")))[1:]
    assert [(row[0], row[4]) for row in rows] == [(csv_cell(cell),) * 2 for cell in FORMULAS]
    assert rows[0][0] == "'=cmd|' /C calc'!A0.jpg"


def test_a_group_is_found_by_each_of_its_images(open_page, page_of):
    large = [(normalize("NFD", f"größe/{number:02d}.jpg"), "Maß") for number in range(20)]
    page = open_page(page_of(table_of(*PAIRS, large)))
    for wanted in ("größe/01.JPG", "größe/19.jpg", "maß"):
        page.locator("#find").fill(wanted)
        assert page.locator("#count").inner_text() == "1 of 6 groups"
        assert page.locator(".twins:visible").count() == 1
    page.locator("#find").fill("größe/20.jpg")
    assert page.locator("#count").inner_text() == "0 of 6 groups"


def test_groups_are_found_by_path_and_by_their_labels(open_page, page_of):
    page = open_page(page_of(table_of(*PAIRS, DIFFERING)))
    page.locator("#find").fill("3/B")
    assert page.locator(".twins:visible").count() == 1
    assert page.locator("#count").inner_text() == "1 of 6 groups"
    page.locator("#find").fill("")
    page.locator("#differ").check()
    assert page.locator(".twins:visible").count() == 1
    page.locator("#differ").uncheck()
    assert page.locator(".twins:visible").count() == 6
    assert page.noise == []


def test_many_groups_and_large_ones_are_counted_not_shown(open_page, page_of):
    many = [[(f"{n}/{image}.jpg", None) for image in range(30)] for n in range(9)]
    page = open_page(page_of(table_of(*many), limit=4))
    assert page.locator(".twins").count() == 4
    assert page.locator(".tile").count() == 4 * 12
    assert "4 groups are shown, 5 more" in page.locator("#more").inner_text()
    assert page.locator(".twins").first.locator("p").inner_text() == "and 18 more"


def test_nothing_found_and_nobody_looked_are_two_sentences(open_page, page_of):
    page = open_page(page_of(table_of()))
    assert "Each of 900 images is a picture of its own" in page.locator(".lede").inner_text()
    assert "In each group" not in page.locator(".intro").inner_text()
    page = open_page(page_of(table_of(), enabled=False))
    assert "duplicates.enabled is false" in page.locator(".lede").inner_text()
    assert page.noise == []
