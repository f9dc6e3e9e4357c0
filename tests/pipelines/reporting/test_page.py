"""The page itself, as a browser shows it."""

import re

import pytest

from pixelmill.pipelines.reporting import page as writing
from pixelmill.pipelines.reporting.counts import ConfusionCount, ImageCount
from pixelmill.pipelines.reporting.nodes import score_classifier, write_report
from pixelmill.pipelines.reporting.samples import Sample

EVIL = (
    "<script>alert('label')</script>",
    "\"><img src='http://example.invalid/x.png' onerror='alert(1)'>",
    "</style></script><b id='injected'>bold</b>",
    "{{ 7 * 7 }} {% raw %}",
    "line\nbreak 'and' \"quotes\" & ampersand é বাংলা \udcff",
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
            counts, images, inputs["featurizer"], inputs["profile"], others.pop("dataset", "pets")
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


def test_a_cell_says_what_it_means(look, page_of):
    page = look(page_of(["cat", "dog", "owl"]))
    page.locator("#matrix tbody tr:nth-child(2) td:nth-child(4)").click()
    assert page.locator("#readout").inner_text() == "dog taken for owl: 1 of 3 images (33.3%)"
    page.locator("#matrix tbody tr:nth-child(2) td:nth-child(3)").click()
    assert page.locator("#readout").inner_text() == "dog: 2 of 3 images recognised (66.7%)"


def test_a_picture_says_what_it_means(look, page_of):
    page = look(page_of([f"class {n}" for n in range(100)]))
    box = page.locator("#carpet").bounding_box()
    place = {"x": box["width"] * 0.055, "y": box["height"] * 0.045}
    page.locator("#carpet").click(position=place)
    said = page.locator("#readout").inner_text()
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
def test_nothing_of_the_users_becomes_markup(look, page_of, inputs, more):
    plain = [f"class {n}" for n in range(more)]
    samples = [Sample(path, path, EVIL[0], 0.5, None, path) for path in EVIL]
    source = inputs["source"] | {"images": EVIL[0], "root": EVIL[1], "skipped_examples": [*EVIL]}
    classifier = inputs["classifier_summary"] | {"warnings": [*EVIL], "estimator": EVIL[2]}
    file = page_of(
        [*EVIL, *plain],
        samples,
        EVIL,
        dataset=EVIL[0],
        source=source,
        classifier_summary=classifier,
        featurizer={EVIL[0]: EVIL[1], "network": EVIL[2], "fingerprint": EVIL[1]},
        profile=inputs["profile"] | {"bottleneck": EVIL[0], "advice": EVIL[1]},
    )
    page = look(file)
    assert page.noise == []
    assert page.evaluate("document.scripts.length") == (2 if more else 1)
    assert page.locator("#injected").count() == 0
    assert page.locator("img:not([src^='data:'])").count() == 0
    assert page.locator("[onerror]").count() == 0
    assert page.locator("h1").inner_text() == EVIL[0]
    assert page.title() == f"{EVIL[0]} · pixelmill"
    seen = page.locator("#scores tbody th").all_text_contents()
    assert {label.replace("\udcff", "?") for label in EVIL} <= set(seen)
    assert page.locator(".tile.right").get_attribute("title") == EVIL[0]


def test_descriptions_may_lack_anything(look, page_of):
    bare = {"source": {"root": "/photos"}, "featurizer": {}, "profile": {}}
    page = look(page_of(["cat", "dog"], classifier_summary={}, **bare))
    assert page.noise == []
    assert "turned into features by the featurizer." in page.locator(".lede").inner_text()
    assert page.locator("#profile p").inner_text().strip() == "Nothing to do."


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
    assert page.locator("#readout").inner_text().strip() == ""


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (writing.percent(0.1234, 1), "12.3%"),
        (writing.percent(None), writing.DASH),
        (writing.number(1234567), "1,234,567"),
        (writing.number(9.87), "9.9"),
        (writing.number(1234.5), "1,234"),
        (writing.number(None), writing.DASH),
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
