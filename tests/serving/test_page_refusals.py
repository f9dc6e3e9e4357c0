"""What the page says when the service, or a proxy before it, refuses."""

import os
import signal

import pytest

from tests.serving.page_actions import card, choose, first_label, noise, photo, try_out

EVIL = ("<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>", "w" * 200, "বাংলা")
KEY = "open sesame"


@pytest.fixture(scope="module")
def model(pets, tmp_path_factory):
    """Folder of a model whose labels are HTML; there is no index beside it."""
    return pets.export(tmp_path_factory.mktemp("guarded") / "model", EVIL)


@pytest.fixture(scope="module")
def guarded(model, start_service):
    """A service with a key and low limits."""
    limits = ("--set", "max_images=2", "--set", "max_body_bytes=300000")
    return start_service(model, *limits, PIXELMILL_API_KEY=KEY)


@pytest.fixture
def enter(guarded, visit):
    """Opens its page and gives the key."""

    def open_page(width=1280):
        page = visit(guarded, width=width)
        page.get_by_label("API key").fill(KEY)
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("heading", name="About the model").wait_for()
        page.noise.clear()  # Chromium reports each status of 400 and more as an error
        return page

    return open_page


def problem(page):
    """Why the only photo has no labels."""
    return page.locator(".problem").inner_text()


def give(page, *files):
    page.locator("#choose").set_input_files(list(files))


def test_the_page_asks_for_the_key_and_keeps_it_as_long_as_its_tab(guarded, pets, visit):
    page = visit(guarded)
    page.get_by_label("API key").wait_for()
    assert page.evaluate("document.activeElement.id") == "key"
    give(page, photo(pets, "Sphynx"))  # which waits for the key
    for wrong in ("wrong", "ключ"):
        page.get_by_label("API key").fill(wrong)
        page.keyboard.press("Enter")
        page.get_by_text("The service does not accept this key.").wait_for()
    page.get_by_label("API key").fill(KEY)
    page.keyboard.press("Enter")
    assert first_label(page) == EVIL[1]
    assert page.get_by_label("API key").is_hidden()
    assert page.get_by_role("alert").is_hidden()
    page.reload()
    page.get_by_role("heading", name="About the model").wait_for()
    assert page.url == f"{guarded.url}/"
    visit(guarded).get_by_label("API key").wait_for()


def test_names_and_labels_are_shown_as_text(enter, pets):
    page = enter(360)
    name = "<img src=x onerror=alert(3)>" + "n" * 200 + ".jpg"
    choose(page, photo(pets, "Abyssinian", name), photo(pets, "Sphynx", "b.jpg"))
    assert first_label(card(page, name)) == EVIL[0]
    assert first_label(card(page, "b.jpg")) == EVIL[1]
    assert page.locator("article img").count() == 2
    assert page.locator("script").count() == 1
    assert page.locator("article .tile").count() == 0  # it has no index
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.noise == []


def test_more_photos_than_the_limit_are_counted(enter, pets):
    page = enter()
    photos = [photo(pets, breed, f"{breed}.jpg") for breed in ("pug", "beagle", "Sphynx")]
    choose(page, *photos)
    assert (
        page.get_by_role("alert")
        .inner_text()
        .startswith("Only the first 2 photos of 3 were taken.")
    )
    assert page.locator("h3").all_inner_texts() == ["pug.jpg", "beagle.jpg"]


def test_a_file_above_the_limit_is_shrunk_or_named(enter):
    page = enter()
    choose(page, noise(400))
    assert page.locator("article .note").inner_text().startswith("Shrunk from 0.5 MB to 0.")
    page.get_by_role("button", name="Clear").click()
    give(page, {"name": "film.mp4", "mimeType": "video/mp4", "buffer": bytes(400_000)})
    page.locator(".problem").wait_for()
    assert problem(page) == "The file has 0.4 MB: the service takes at most 0.3 MB. Try again"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 413, "body": "<h1>Too large</h1>"}, "The photo is too large for this service."),
        (
            {"status": 503, "body": ""},
            "The service cannot answer now: status 503. Try again in 1 second.",
        ),
        ({"status": 502, "body": "<h1>Bad</h1>"}, "The service refused: status 502."),
        ({"status": 200, "body": "<h1>Log in</h1>"}, "The answer of the service cannot be read."),
        (None, "The service cannot be reached. Check the connection, then try again."),
    ],
)
def test_answers_of_a_proxy_are_one_sentence(service, pets, visit, answer, said):
    page = visit(service)
    page.get_by_role("heading", name="About the model").wait_for()
    page.route("**/classify?*", lambda route: route.fulfill(**answer) if answer else route.abort())
    give(page, photo(pets, "pug"))
    page.locator(".problem").wait_for()
    assert problem(page) == f"{said} Try again"
    page.unroute("**/classify?*")
    page.get_by_role("button", name="Try again").click()
    assert first_label(page) == "pug"
    assert page.locator(".problem").count() == 0


def test_the_page_loads_once_the_service_can_be_reached(service, visit):
    page = visit(service)
    page.route("**/model", lambda route: route.abort())
    page.reload()
    page.get_by_text("The service cannot be reached.").wait_for()
    assert page.locator("#lede").inner_text() == "The model is not loaded."
    page.unroute("**/model")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("heading", name="About the model").wait_for()
    assert page.get_by_role("alert").is_hidden()


def test_the_page_works_below_a_path_of_a_proxy(service, pets, visit):
    page = visit(service, below="/some/path")
    choose(page, photo(pets, "pug"))
    assert first_label(page) == "pug"
    assert page.noise == []


def test_the_interface_takes_the_key(guarded, pets, visit):
    page = visit(guarded, "/docs")
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.locator(".auth-container input").fill(KEY)
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").click()
    _, answer = try_out(page, pets.photo(0))
    assert answer.startswith("200")
    assert page.noise == []


def test_the_page_reports_a_missing_model_and_uses_another(enter, guarded, pets, model):
    page = enter()
    before = page.locator("#lede").inner_text()
    (model / "manifest.json").rename(model / "away.json")
    os.kill(guarded.worker(), signal.SIGKILL)
    give(page, photo(pets, "pug"))
    page.locator(".problem").wait_for()
    assert problem(page) == (
        "The service cannot answer now: there is no model now. Try again in 10 seconds. Try again"
    )
    pets.export(model, ("one", "two", "three", "four"))
    page.get_by_role("button", name="Try again").click()
    assert first_label(page) == "four"
    digest = guarded.get("/model", headers={"X-API-Key": KEY}).json()["sha256"]
    page.get_by_text(digest[:12], exact=True).wait_for()
    assert page.locator("#lede").inner_text() != before
