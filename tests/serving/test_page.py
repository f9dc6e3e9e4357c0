"""The page of the service, as a person uses it."""

import base64

import pytest

from tests.serving.page_actions import answer_chooser, card, choose, first_label, noise, photo

CONTRASTS = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return numbers(colour)[3] === 0 ? behind(element.parentElement) : colour;
  };
  for (const hidden of document.querySelectorAll("[hidden]")) hidden.hidden = false;
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    const texts = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (!texts.length || element.closest("noscript")) continue;
    const pair = [light(getComputedStyle(element).color), light(behind(element))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    found.push([ratio, element.textContent.slice(0, 40)]);
  }
  return found;
}"""
GIVE = """([kind, name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  if (name) transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer })
    : new DragEvent(kind, { dataTransfer: transfer, cancelable: true });
  window.dispatchEvent(event);
}"""


def test_photos_get_their_labels_and_the_images_most_like_them(service, pets, visit):
    page = visit(service)
    choose(page, photo(pets, "pug", "a.jpg"), photo(pets, "Sphynx", "b.jpg"))
    for name, breed in (("a.jpg", "pug"), ("b.jpg", "Sphynx")):
        found = card(page, name)
        assert first_label(found) == breed
        scores = found.locator(".labels .score").all_inner_texts()
        assert len(scores) == 4
        assert all(score.endswith("%") for score in scores)
        nearest = found.locator(".tile").first
        assert nearest.inner_text().split("\n")[:2] == [breed, "0.000"]
        assert nearest.locator("img").evaluate("one => one.naturalWidth") > 60
        assert found.locator(".tile").count() == 6
    bar = card(page, "a.jpg").locator(".bar").first
    filled = bar.evaluate("one => one.firstChild.offsetWidth / one.offsetWidth")
    share = card(page, "a.jpg").locator(".score").first.inner_text()
    assert filled == pytest.approx(float(share.rstrip("%")) / 100, abs=0.02)
    assert page.noise == []


def test_the_page_says_which_model_answers(service, visit):
    page = visit(service)
    page.get_by_role("heading", name="About the model").wait_for()
    about = service.get("/model").json()
    assert page.title() == "pets · pixelmill"
    assert page.locator("h1").inner_text() == "pets"
    summary = page.locator("#lede")
    assert summary.inner_text() == f"4 classes, 90.0% accuracy. Model {about['sha256'][:12]}."
    assert summary.locator("code").get_attribute("title") == f"SHA-256 {about['sha256']}"
    page.get_by_text("Details", exact=True).click()
    assert about["sha256"] in page.locator("#details").inner_text()
    assert "Abyssinian, Sphynx, beagle, pug" in page.locator("#details").inner_text()


def test_a_broken_file_shows_its_reason_and_costs_no_other_its_labels(service, pets, visit):
    page = visit(service)
    broken = photo(pets, "pug", "broken.jpg")
    broken["buffer"] = broken["buffer"][:300]
    text = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"not a photo"}
    choose(page, broken, photo(pets, "beagle", "whole.jpg"), text)
    reasons = [
        card(page, name).locator(".problem").inner_text() for name in ("broken.jpg", "notes.txt")
    ]
    assert reasons[0] == "Truncated image: it ends before its pixels."
    assert reasons[1].startswith("Not an image: it begins with")
    assert first_label(card(page, "whole.jpg")) == "beagle"
    assert "no preview" in card(page, "notes.txt").inner_text()
    announced = page.get_by_role("log").inner_text()
    assert "broken.jpg: Truncated image" in announced
    assert "whole.jpg: beagle, " in announced
    assert page.noise == []


def test_nothing_is_similar_to_noise(service, visit):
    page = visit(service)
    choose(page, noise(300))
    assert "Nothing similar: the nearest image is" in page.locator("article").inner_text()
    assert page.locator(".tile").first.is_hidden()
    page.get_by_text("Show the nearest images").click()
    assert page.locator(".tile.far").count() == 6


def test_a_large_photo_is_shrunk_before_it_is_sent(service, visit):
    page = visit(service)
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request))
    choose(page, noise(1200))
    assert page.locator("article .note").first.inner_text().startswith("Shrunk from 4.3 MB to ")
    assert {request.url.split("?")[0] for request in sent} == {
        f"{service.url}/classify",
        f"{service.url}/similar",
    }
    assert max(int(request.all_headers()["content-length"]) for request in sent) < 4_000_000


def test_photos_can_be_dropped_and_pasted(service, pets, visit):
    page = visit(service)
    for kind, breed in (("drop", "pug"), ("paste", "beagle")):
        content = base64.b64encode(photo(pets, breed)["buffer"]).decode()
        page.evaluate(GIVE, [kind, f"{kind}.jpg", content])
        assert first_label(card(page, f"{kind}.jpg")) == breed
    page.evaluate(GIVE, ["drop", None, ""])
    assert "That was no file" in page.get_by_role("alert").inner_text()
    assert page.noise == []


def test_a_phone_offers_its_camera(service, pets, visit):
    page = visit(service, width=360, has_touch=True, is_mobile=True)
    page.get_by_role("heading", name="About the model").wait_for()
    page.get_by_text("Take a photo").tap()
    assert page.locator("#capture").get_attribute("capture") == "environment"
    answer_chooser(page, photo(pets, "pug"))
    assert first_label(page.locator("article")) == "pug"
    assert visit(service).get_by_text("Take a photo").is_hidden()


def test_the_keyboard_is_enough(service, pets, visit):
    page = visit(service)
    page.get_by_role("heading", name="About the model").wait_for()
    page.keyboard.press("Tab")
    button = page.get_by_text("Choose photos")
    assert button.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    answer_chooser(page, photo(pets, "pug"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Clear"
    page.keyboard.press("Enter")
    assert page.locator("article").count() == 0
    assert page.evaluate("document.activeElement.id") == "choose"


def test_the_page_reads_well(service, pets, visit):
    page = visit(service, reduced_motion="reduce")
    choose(page, photo(pets, "pug"), noise(200))
    bar = page.locator(".bar i").first
    assert bar.evaluate("one => getComputedStyle(one).animationName") == "none"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        contrasts = page.evaluate(CONTRASTS)
        assert len(contrasts) > 60
        assert [text for ratio, text in contrasts if ratio < 4.5] == []
    for width in (360, 1440):  # with all that can be unfolded
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_margins_are_plain_numbers(service, visit):
    page = visit(service)
    scores = [36, 9.00049, -1.23456, None]
    shown = page.evaluate(
        """async (scores) => {
          const { labelList } = await import("./page/answers.js");
          const list = labelList(scores.map((score) => ({ label: "pug", score })), false);
          const texts = [...list.querySelectorAll(".score")].map((one) => one.textContent);
          return [texts, [...list.querySelectorAll("i")].map((one) => one.style.width)];
        }""",
        scores,
    )
    assert shown[0] == ["36", "9", "-1.235", "no score"]
    assert shown[1][:1] + shown[1][2:] == ["100%", "0%", "0%"]
    assert page.noise == []
