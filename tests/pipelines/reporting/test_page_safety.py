"""Nothing of the user's becomes markup, whatever it holds."""

import json

import pytest

from pixelmill.pipelines.reporting.samples import Sample
from tests.pipelines.reporting.hostile import EVIL, NOT_UTF8

EVIL_FINDINGS = {"findings": [{"share": 0.5, "sentence": EVIL[2], "advice": EVIL[6]}] * 2}


@pytest.mark.parametrize("more", [0, 80])
def test_nothing_of_the_users_becomes_markup(open_page, page_of, inputs, every_section, more):
    plain = [f"class {n}" for n in range(more)]
    samples = [Sample(path, path, EVIL[0], 0.5, None, path) for path in EVIL]
    source = inputs["source"] | {"images": EVIL[0], "root": NOT_UTF8, "skipped_examples": [*EVIL]}
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
    page = open_page(file)
    assert page.noise == []
    assert page.evaluate("document.scripts.length") == (2 if more else 1)
    assert page.locator("#injected").count() == 0
    assert page.locator("img:not([src^='data:'])").count() == 0
    assert page.locator("[onerror]").count() == 0
    assert page.locator("h1").inner_text() == EVIL[0]
    assert page.title() == f"{EVIL[0]} · pixelmill"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    seen = page.locator("#scores tbody th").all_text_contents()
    assert {label or "(empty)" for label in EVIL} <= set(seen)
    assert page.locator("#samples .tile.right").get_attribute("title") == EVIL[0]
    assert "(empty)" in page.locator("#rates tbody th").all_text_contents()


def test_the_page_refuses_any_other_script(open_page, page_of, tmp_path):
    text = page_of(["cat", "dog"]).read_text(encoding="utf-8")
    forged = tmp_path / "forged.html"
    forged.write_text(text.replace("</main>", "</main><script>alert(1)</script>"))
    page = open_page(forged)
    assert len(page.noise) == 1
    assert "Content Security Policy" in page.noise[0]
