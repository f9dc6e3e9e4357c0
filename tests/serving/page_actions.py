"""What a person does with the pages of the service, and sees there."""

import io
import time

import numpy as np
from PIL import Image


def photo(pets, breed, name="photo.jpg"):
    """The first photo of a breed, as a file that a person chooses."""
    content = pets.photo(pets.labels.index(breed))
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def noise(side):
    """A picture that nothing is similar to; it has 3 bytes a pixel."""
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "BMP")
    return {"name": "noise.bmp", "mimeType": "image/bmp", "buffer": out.getvalue()}


def choose(page, *files):
    """Chooses files and waits until all have been answered."""
    page.locator("#choose").set_input_files(list(files))
    count = page.locator("article").count()
    page.get_by_text(f"{count} photo{'' if count == 1 else 's'}", exact=True).wait_for()


def answer_chooser(page, file):
    """Gives a file to the chooser that the page opens, and waits until it has been answered."""
    deadline = time.monotonic() + 10
    while not page.choosers:
        assert time.monotonic() < deadline, "no chooser has been opened"
        page.wait_for_timeout(20)
    page.choosers[0].set_files(file)
    page.get_by_text("1 photo", exact=True).wait_for()


def try_out(page, photo):
    """Has Swagger UI classify a photo; returns the request as curl and the answer."""
    classify = page.locator(".opblock", has_text="/classify")
    classify.locator(".opblock-summary").click()
    classify.get_by_role("button", name="Try it out").click()
    file = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo}
    classify.locator("input[type=file]").set_input_files(file)
    classify.get_by_role("button", name="Execute").click()
    answer = classify.locator(".live-responses-table .response")
    answer.wait_for()
    return classify.locator(".curl").inner_text(), answer.inner_text()


def card(page, name):
    """What the page says of a photo."""
    return page.locator("article").filter(has=page.get_by_role("heading", name=name, exact=True))


def first_label(card):
    """The most likely label; waits for it."""
    return card.locator(".labels bdi").first.inner_text()
