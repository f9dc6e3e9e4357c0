"""The map of similar images on the page, as a browser shows it."""

import io

import pytest
from PIL import Image

from pixelmill.pipelines.reporting.map_view import group_images
from pixelmill.pipelines.reporting.samples import Sample
from tests.pipelines.reporting.hostile import EVIL
from tests.pipelines.reporting.similarity_results import COPIES, INDEX, map_of

FILES = {"Interactive map": "map.html", "Mosaic": "mosaic.png"}


def webp(colour):
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "WEBP")
    return out.getvalue()


def results(labelled, **others):
    """What the pipelines of the map leave, with pictures of every image."""
    summary = map_of(labelled, **others)
    samples = [
        [Sample(image.path, picture=webp("teal")) for image in group]
        for group in group_images(summary)
    ]
    return {"map_summary": summary, "map_samples": samples, "small_map": webp("white")}


def of_classes(count):
    return results([(f"{n % count}/{n}.jpg", f"class {n % count}") for n in range(8 * count)])


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_the_map_reads_well(open_page, page_of, width, scheme):
    left = of_classes(24)
    left["map_summary"]["files"] = FILES
    file = page_of(["cat"], **left, duplicates_summary=COPIES, neighbours_summary=INDEX)
    page = open_page(file, width, color_scheme=scheme)
    assert page.noise == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    section = page.locator("#map")
    assert section.locator(".picture").bounding_box()["width"] > 300
    assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    assert section.locator(".group:visible").count() == 8
    page.get_by_role("button", name="Show all 20 groups").click()
    assert section.locator(".group:visible").count() == 20
    assert section.locator(".group").first.locator("img").count() == 8
    text = section.inner_text()
    assert "62% have its label on the map, and 78% in the space of the features; with" in text
    assert "with classes of this size no more than 90% could." in text
    assert "4 more groups hold 32 images." in text
    assert "Perplexity lowered from 30 to 2: there are 7 images." in text
    assert "6 images are copies of another" in section.locator("#duplicates").inner_text()
    assert "98.8% of the true nearest" in section.locator("#index").inner_text()


def test_links_lead_to_the_files_beside(open_page, page_of, tmp_path):
    (tmp_path / "a map #1.html").write_text("<title>the map</title>")
    left = of_classes(2)
    left["map_summary"]["files"] = {"Interactive map": "a map #1.html"}
    page = open_page(page_of(["cat"], **left))
    page.get_by_role("link", name="Interactive map").click()
    assert page.title() == "the map"


def test_the_curve_shows_its_knee_on_the_dashed_line(open_page, page_of):
    page = open_page(page_of(["cat"], **of_classes(2)), 1280)
    chart = page.locator("#map .chart")
    knee = chart.locator(".dot").bounding_box()
    line = chart.locator(".ideal").bounding_box()
    middle = knee["y"] + knee["height"] / 2
    assert middle == pytest.approx(line["y"] + line["height"] / 2, abs=1)
    assert "up to a distance of 0.65 (eps" in page.locator("#map .aside").inner_text()


def test_a_bare_map_says_what_it_knows(open_page, page_of):
    none = {"k": 10, "map": None, "features": None, "trustworthiness": None}
    summary = map_of([("a.jpg", None)], grouping=None, neighbours=none, notes=[], failed=0)
    page = open_page(page_of(["cat"], map_summary=summary))
    assert page.noise == []
    assert page.locator("#map .intro").inner_text() == (
        "1 image, laid out by t-SNE so that similar ones are close together."
    )
    assert page.locator("#map .facts > div").count() == 1


def test_everything_may_be_noise(open_page, page_of):
    grouping = map_of([])["grouping"] | {"groups": [], "silhouette": None, "k_distances": []}
    summary = map_of([("a.jpg", None)], grouping=grouping | {"ari": None, "nmi": None, "noise": 1})
    page = open_page(page_of(["cat"], map_summary=summary))
    assert "No group was found: every image is on its own." in page.locator("#map").inner_text()
    assert "100.0%" in page.locator("#map .facts").inner_text()


def test_copies_are_reported_without_a_map_too(open_page, page_of):
    page = open_page(page_of(["cat"], duplicates_summary=COPIES))
    assert page.locator("#map h2").inner_text() == "Similar images"
    assert page.locator("#map p").count() == 1


def test_nothing_of_the_users_becomes_markup(open_page, page_of):
    labelled = [(f"{path}/{n}.jpg", path) for path in EVIL for n in range(3)]
    left = results(labelled, notes=list(EVIL), projection={"method": EVIL[0]})
    left["map_samples"][0] = [
        Sample(image.path, problem=EVIL[1]) for image in left["map_samples"][0]
    ]
    left["map_summary"]["files"] = {EVIL[1]: EVIL[1], EVIL[0]: "javascript:alert(1)"}
    copies = COPIES | {"notes": list(EVIL)}
    page = open_page(page_of(["cat"], **left, duplicates_summary=copies))
    assert page.noise == []
    assert page.evaluate("document.scripts.length") == 1
    assert page.locator("#injected").count() == 0
    assert page.locator("img:not([src^='data:'])").count() == 0
    assert page.locator("[onerror]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    names = page.locator("#map .name").all_text_contents()
    assert {label or "(empty)" for label in EVIL} == set(names)
    assert page.locator("#map .gone").first.get_attribute("title") == f"{EVIL[0]}/0.jpg: {EVIL[1]}"
    schemes = page.locator("#map a").evaluate_all("links => links.map(link => link.protocol)")
    assert set(schemes) == {"file:"}
