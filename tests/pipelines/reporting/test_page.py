"""The page itself, as a browser shows it."""

import re
import time

import pytest

SECTIONS = (
    *("confusion", "pairs", "classes", "rates", "calibration", "grid", "samples", "table"),
    *("map", "importance", "variance", "exploration", "failures", "profile", "source"),
)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_the_digits_read_well(open_page, digits_report, width, scheme):
    page = open_page(digits_report.report, width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.noise == []
    assert page.locator("h1").inner_text() == "digits & more"
    assert re.fullmatch(r"\d+\.\d%", page.locator(".big").inner_text())
    assert page.locator("#matrix tbody tr").count() == 10
    assert page.locator("#scores tbody tr").count() == 10
    loaded = page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    assert loaded
    assert page.locator(".tile img").count() == 60
    assert page.locator(".reason").count() == 2
    assert page.locator(".legend li").count() == 6
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", background)[:3])) > 384
    assert light == (scheme == "light")


@pytest.mark.parametrize("classes", [2, 37, 60, 61, 500])
def test_any_number_of_classes_fits(open_page, page_of, classes):
    labels = [f"a rather long name of a class, number {n}" for n in range(classes)]
    page = open_page(page_of(labels))
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shown = page.locator("#carpet" if classes > 60 else "#matrix").bounding_box()
        assert shown["width"] > min(width - 60, 18 * classes, 500)
        cell = page.evaluate("document.querySelector('#matrix tbody td')?.offsetWidth ?? 18")
        assert cell >= 18
    assert page.noise == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_every_section_reads_well(open_page, full_report, width, scheme):
    page = open_page(full_report.report, width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.noise == []
    for section in SECTIONS:
        box = page.locator(f"#{section}").bounding_box()
        assert box["width"] > 0.85 * min(width, 1000), section
        assert box["height"] > 80, section
    assert page.locator("#warnings").inner_text() == "It did not converge."
    assert page.locator("#pairs td.wrong").all_inner_texts() == ["75"] * 4
    assert page.locator("#pairs .tile").count() == 7
    assert page.locator("#grid tr.chosen").inner_text().startswith("SVC chosen")
    assert "C must be above 0." in page.locator("#grid li").inner_text()
    assert page.locator("#importance tbody tr").count() == 4
    assert page.locator("#exploration .histograms rect").count() == 8
    assert page.locator("#exploration .class-lines li").count() == 4 * 10
    assert page.locator("#exploration .pair-plots .dots").count() == 3 * 10
    assert page.locator("#class-means tbody tr").count() == 10
    assert page.locator("#table tbody tr:visible").count() == 12
    assert "95.0%" in page.locator("#variance b").inner_text()
    assert smallest_text(page) >= 9
    assert "Parameters" not in page.locator("#source").inner_text()  # of the featurizer, twice


def smallest_text(page):
    """Height in pixels of the smallest letters of any chart, as they are seen."""
    return page.evaluate(
        """Math.min(...[...document.querySelectorAll(".chart text, .pair-plots text")].map(
             (text) => parseFloat(getComputedStyle(text).fontSize)
               * text.ownerSVGElement.getScreenCTM().a))"""
    )


def test_sections_without_data_are_left_out(open_page, page_of):
    page = open_page(page_of(["cat", "dog"]))
    shown = [section for section in SECTIONS if page.locator(f"#{section}").count()]
    assert shown == ["confusion", "classes", "calibration", "failures", "profile", "source"]


def test_unusual_files_are_below_the_failures(page_of):
    html = page_of(["cat", "dog"]).read_text(encoding="utf-8")
    below = html[html.index('<section id="failures">') : html.index('<section id="profile">')]
    assert 'JPEG without its end marker <span class="note">2 images of this run</span>' in below


def test_a_thousand_classes_stay_small_and_quick(open_page, page_of, every_section):
    labels = [f"class number {n}" for n in range(1000)]
    more = every_section(labels, [(labels[0], labels[1], "a.png", labels[0])])
    more.pop("pair_mistakes")
    begun = time.process_time()
    file = page_of(labels, **more)
    assert time.process_time() - begun < 15
    assert file.stat().st_size < 3_000_000
    page = open_page(file)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.noise == []
    assert page.locator("#pair-matrix tbody tr").count() == 60
    assert page.locator("#rates tbody tr:visible").count() == 12
    assert page.evaluate("document.body.scrollHeight") < 30_000


def test_descriptions_may_lack_anything(open_page, page_of):
    bare = {"source": {"root": "/photos"}, "joined_featurizer": {}, "profile": {}}
    page = open_page(page_of(["cat", "dog"], classifier_summary={}, **bare))
    assert page.noise == []
    assert "turned into features by the featurizer." in page.locator(".lede").inner_text()
    assert page.locator("#profile p").inner_text().strip() == "Nothing to do."


def test_what_else_took_time_has_its_share_and_its_remedy(open_page, page_of, inputs):
    found = [
        {"name": "infer", "share": 0.6, "sentence": "60% is inference", "advice": "more cores"},
        {"name": "skew", "share": 0.25, "sentence": "25% is waiting", "advice": "smaller tasks"},
        {"name": "s3_wait", "share": 0.1, "sentence": "10% is S3", "advice": "more reads"},
    ]
    cluster = {"executors": 12, "executors_without_a_task": 2, "hosts": 3}
    profile = inputs["profile"] | {"findings": found, "cluster": cluster}
    page = open_page(page_of(["cat", "dog"], profile=profile))
    assert page.noise == []
    lines = page.locator("#profile .findings li")
    said = [text.strip() for text in lines.all_inner_texts()]
    assert said == ["25% is waiting. Smaller tasks.", "10% is S3. More reads."]
    bars = page.locator("#profile .findings .bar").evaluate_all(
        "bars => bars.map(bar => bar.firstChild.offsetWidth / bar.offsetWidth)"
    )
    assert bars == pytest.approx([0.25, 0.1], abs=0.01)
    facts = page.locator("#profile dl").inner_text()
    assert "2 never had a task" in facts
    assert "Machines" in facts


def test_a_run_on_one_machine_says_nothing_of_executors(open_page, page_of, inputs):
    cluster = {"executors": 1, "executors_without_a_task": 0, "hosts": 1}
    page = open_page(page_of(["cat", "dog"], profile=inputs["profile"] | {"cluster": cluster}))
    assert "Executors" not in page.locator("#profile").inner_text()
    assert page.locator("#profile .findings").count() == 0
