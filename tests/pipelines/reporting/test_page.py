"""The page itself, as a browser shows it."""

import json
import re
import time

import pytest

from pixelmill.pipelines.reporting import page as writing
from pixelmill.pipelines.reporting.counts import ConfusionCount, ImageCount
from pixelmill.pipelines.reporting.nodes import score_classifier, write_report
from pixelmill.pipelines.reporting.samples import Sample
from pixelmill.pipelines.reporting.score_counts import ScoreCount

EVIL = (
    "<script>alert('label')</script>",
    "\"><img src='http://example.invalid/x.png' onerror='alert(1)'>",
    "</style></script><b id='injected'>bold</b>",
    "{{ 7 * 7 }} {% raw %}",
    "line\nbreak 'and' \"quotes\" & ampersand é বাংলা \udcff",
    "",
    "long" * 75,
    "7",
)
EVIL_FINDINGS = {"findings": [{"share": 0.5, "sentence": EVIL[2], "advice": EVIL[6]}] * 2}
SCORES = [ScoreCount(4, 20, 9, 15, 9.1), ScoreCount(9, 70, 68, 70, 67.2)]
SECTIONS = (
    *("confusion", "pairs", "classes", "rates", "calibration", "grid", "samples", "table"),
    *("importance", "variance", "exploration", "failures", "profile", "source"),
)


@pytest.fixture
def page_of(tmp_path, inputs):
    """Writes the report on given classes: three images of each, one of them a mistake."""

    def write(labels, samples=(), paths=(), **others):
        counts = [ConfusionCount(label, label, 2) for label in labels]
        counts += [
            ConfusionCount(label, after, 1)
            for label, after in zip(labels, [*labels[1:], labels[0]], strict=True)
        ]
        images = [ImageCount("test", label, None, 3) for label in labels]
        images += [ImageCount("train", label, None, 5) for label in labels]
        reasons = [
            {"reason": path, "images": 1, "examples": [{"path": path, "error": f"{path}: {path}"}]}
            for path in paths
        ]
        metrics, scores = score_classifier(
            counts,
            SCORES,
            images,
            inputs["classifier_summary"] | {"labels": list(labels)},
            inputs["joined_featurizer"],
            inputs["profile"],
            others.pop("dataset", "pets"),
        )
        written = write_report(
            **inputs
            | {
                "metrics": metrics,
                "scores_by_class": scores,
                "confusion_counts": counts,
                "image_counts": images,
                "samples": list(samples),
                "failures": {"images": 9, "failed": len(paths), "reasons": reasons},
            }
            | others
        )
        file = tmp_path / "report.html"
        file.write_text(written, encoding="utf-8")
        return file

    return write


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_digits_read_well(look, digits_report, width, scheme):
    page = look(digits_report.report, width, color_scheme=scheme)
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


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("classes", [2, 37, 60, 61, 200, 500])
def test_any_number_of_classes_fits(look, page_of, classes, width):
    labels = [f"a rather long name of a class, number {n}" for n in range(classes)]
    page = look(page_of(labels), width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.noise == []
    shown = page.locator("#carpet" if classes > 60 else "#matrix").bounding_box()
    assert shown["width"] > min(width - 60, 18 * classes, 500)
    cell = page.evaluate("document.querySelector('#matrix tbody td')?.offsetWidth ?? 18")
    assert cell >= 18


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_section_reads_well(look, full_report, width, scheme):
    page = look(full_report.report, width, color_scheme=scheme)
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
    assert page.locator("#exploration svg rect").count() == 8
    assert page.locator("#class-means tbody tr").count() == 10
    assert page.locator("#table tbody tr:visible").count() == 12
    assert "95.0%" in page.locator("#variance b").inner_text()
    assert smallest_text(page) >= 9
    assert "Parameters" not in page.locator("#source").inner_text()  # of the featurizer, twice


def smallest_text(page):
    """Height in pixels of the smallest letters of any chart, as they are seen."""
    return page.evaluate(
        """Math.min(...[...document.querySelectorAll(".chart text")].map(
             (text) => 12 * text.ownerSVGElement.getScreenCTM().a))"""
    )


def test_sections_without_data_are_left_out(look, page_of):
    page = look(page_of(["cat", "dog"]))
    shown = [section for section in SECTIONS if page.locator(f"#{section}").count()]
    assert shown == ["confusion", "classes", "calibration", "failures", "profile", "source"]


def test_every_matrix_reads_its_own_cells(look, full_report):
    page = look(full_report.report, 1280)
    page.locator("#pair-matrix tbody tr:nth-child(2) td:nth-child(4)").hover()
    page.locator("#correlation tbody tr:nth-child(1) td:nth-child(2)").click()
    readouts = page.locator(".readout").all_inner_texts()
    assert readouts[1] == "1 and 2: 75.0% of 12 images told apart"
    assert readouts[3] == "red_mean, red_mean: 1"
    assert readouts[0].startswith("Point at a cell")


def test_a_thousand_classes_stay_small_and_quick(look, page_of, every_section):
    labels = [f"class number {n}" for n in range(1000)]
    more = every_section(labels, [(labels[0], labels[1], "a.png", labels[0])])
    more.pop("pair_mistakes")
    begun = time.process_time()
    file = page_of(labels, **more)
    assert time.process_time() - begun < 15
    assert file.stat().st_size < 3_000_000
    page = look(file)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.noise == []
    assert page.locator("#pair-matrix tbody tr").count() == 60
    assert page.locator("#rates tbody tr:visible").count() == 12
    assert page.evaluate("document.body.scrollHeight") < 30_000


def test_a_cell_says_what_it_means(look, page_of):
    page = look(page_of(["cat", "dog", "owl"]))
    page.locator("#matrix tbody tr:nth-child(2) td:nth-child(4)").click()
    assert (
        page.locator("#confusion .readout").inner_text()
        == "dog taken for owl: 1 of 3 images (33.3%)"
    )
    page.locator("#matrix tbody tr:nth-child(2) td:nth-child(3)").click()
    assert (
        page.locator("#confusion .readout").inner_text() == "dog: 2 of 3 images recognised (66.7%)"
    )


def test_a_picture_says_what_it_means(look, page_of):
    page = look(page_of([f"class {n}" for n in range(100)]))
    box = page.locator("#carpet").bounding_box()
    place = {"x": box["width"] * 0.055, "y": box["height"] * 0.045}
    page.locator("#carpet").click(position=place)
    said = page.locator("#confusion .readout").inner_text()
    assert said == "class 4 taken for class 5: 1 of 3 images (33.3%)"


def test_the_table_sorts_and_unfolds(look, page_of):
    page = look(page_of([f"class {n}" for n in range(30)]), 1280)
    rows = page.locator("#scores tbody tr:visible")
    assert rows.count() == 12
    page.get_by_role("button", name="Show all 30 classes").click()
    assert rows.count() == 30
    page.get_by_role("button", name="Class", exact=True).click()
    names = rows.locator("th").all_inner_texts()
    assert names == [f"class {n}" for n in range(30)]
    page.get_by_role("button", name="Class", exact=True).click()
    assert rows.locator("th").first.inner_text() == "class 29"
    assert page.locator("#scores [aria-sort]").get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize("more", [0, 80])
def test_nothing_of_the_users_becomes_markup(look, page_of, inputs, every_section, more):
    plain = [f"class {n}" for n in range(more)]
    samples = [Sample(path, path, EVIL[0], 0.5, None, path) for path in EVIL]
    source = inputs["source"] | {"images": EVIL[0], "root": EVIL[1], "skipped_examples": [*EVIL]}
    classifier = inputs["classifier_summary"] | {"warnings": [*EVIL], "estimator": EVIL[2]}
    everything = every_section([*EVIL, *plain], [(EVIL[0], EVIL[1], EVIL[2], EVIL[0])])
    everything.pop("pair_mistakes")
    everything["grid"]["error"] = everything["grid"]["estimator"] = EVIL[1]
    everything["grid"]["parameters"] = json.dumps({EVIL[0]: EVIL[1]})
    everything["importance"][0]["feature"] = EVIL[1]
    everything["exploration"]["statistics"][0]["name"] = EVIL[1]
    file = page_of(
        [*EVIL, *plain],
        samples,
        [path for path in EVIL if path],
        table_samples=samples,
        pair_samples=[samples[:2], samples[2:]],
        **everything,
        dataset=EVIL[0],
        source=source,
        classifier_summary=classifier,
        joined_featurizer={"parts": [{EVIL[0]: EVIL[1], "network": EVIL[2]}] * 2},
        profile=inputs["profile"] | {"bottleneck": EVIL[0], "advice": EVIL[1]} | EVIL_FINDINGS,
    )
    page = look(file)
    assert page.noise == []
    assert page.evaluate("document.scripts.length") == (2 if more else 1)
    assert page.locator("#injected").count() == 0
    assert page.locator("img:not([src^='data:'])").count() == 0
    assert page.locator("[onerror]").count() == 0
    assert page.locator("h1").inner_text() == EVIL[0]
    assert page.title() == f"{EVIL[0]} · pixelmill"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    seen = page.locator("#scores tbody th").all_text_contents()
    assert {label.replace("\udcff", "?") or "(empty)" for label in EVIL} <= set(seen)
    assert page.locator("#samples .tile.right").get_attribute("title") == EVIL[0]
    assert "(empty)" in page.locator("#rates tbody th").all_text_contents()


def test_descriptions_may_lack_anything(look, page_of):
    bare = {"source": {"root": "/photos"}, "joined_featurizer": {}, "profile": {}}
    page = look(page_of(["cat", "dog"], classifier_summary={}, **bare))
    assert page.noise == []
    assert "turned into features by the featurizer." in page.locator(".lede").inner_text()
    assert page.locator("#profile p").inner_text().strip() == "Nothing to do."


def test_what_else_took_time_has_its_share_and_its_remedy(look, page_of, inputs):
    found = [
        {"name": "infer", "share": 0.6, "sentence": "60% is inference", "advice": "more cores"},
        {"name": "skew", "share": 0.25, "sentence": "25% is waiting", "advice": "smaller tasks"},
        {"name": "s3_wait", "share": 0.1, "sentence": "10% is S3", "advice": "more reads"},
    ]
    cluster = {"executors": 12, "executors_without_a_task": 2, "hosts": 3}
    profile = inputs["profile"] | {"findings": found, "cluster": cluster}
    page = look(page_of(["cat", "dog"], profile=profile))
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


def test_a_run_on_one_machine_says_nothing_of_executors(look, page_of, inputs):
    cluster = {"executors": 1, "executors_without_a_task": 0, "hosts": 1}
    page = look(page_of(["cat", "dog"], profile=inputs["profile"] | {"cluster": cluster}))
    assert "Executors" not in page.locator("#profile").inner_text()
    assert page.locator("#profile .findings").count() == 0


def test_the_page_refuses_any_other_script(look, page_of, tmp_path):
    text = page_of(["cat", "dog"]).read_text(encoding="utf-8")
    forged = tmp_path / "forged.html"
    forged.write_text(text.replace("</main>", "</main><script>alert(1)</script>"))
    page = look(forged)
    assert len(page.noise) == 1
    assert "Content Security Policy" in page.noise[0]


def test_without_scripts_everything_is_there(look, page_of):
    page = look(page_of([f"class {n}" for n in range(30)]), java_script_enabled=False)
    assert page.locator("#scores tbody tr:visible").count() == 30
    assert page.locator("#confusion .readout").inner_text().strip() == ""


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (writing.percent(0.1234, 1), "12.3%"),
        (writing.percent(None), writing.DASH),
        (writing.number(1234567), "1,234,567"),
        (writing.number(9.87), "9.9"),
        (writing.number(1234.5), "1,234"),
        (writing.number(None), writing.DASH),
        (writing.brief(999), "999"),
        (writing.brief(1234), "1.2k"),
        (writing.brief(12_345), "12k"),
        (writing.brief(999_700), "1.0M"),
        (writing.figure(0.0123456), "0.0123"),
        (writing.figure(None), writing.DASH),
        (writing.label(" "), "(empty)"),
        (writing.label(None), writing.DASH),
        (writing.label("0"), "0"),
        (writing.duration(0.012), "12 ms"),
        (writing.memory(412_000_000), "412 MB"),
        (writing.memory(2_500_000_000), "2.5 GB"),
        (writing.duration(12.34), "12.3 s"),
        (writing.duration(600), "10 min"),
        (writing.duration(9000), "2.5 h"),
        (writing.value([1, None, True]), f"1, {writing.DASH}, yes"),
        (writing.value(0.1 + 0.2), "0.3"),
        (writing.sentence("nothing to do"), "Nothing to do."),
        (writing.sentence("Why?"), "Why?"),
        (writing.sentence(" "), ""),
    ],
)
def test_values_are_written_as_people_write_them(shown, expected):
    assert shown == expected
