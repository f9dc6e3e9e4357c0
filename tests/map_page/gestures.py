"""What people do with a map, and the colours that they see."""

import io

import numpy as np
from PIL import Image

TWO_FRAMES = "new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))"


def place(page, path):
    return page.evaluate("path => pixelmill.place(path)", path)


def around(page, paths, margin=30):
    places = np.array([place(page, path) for path in paths])
    (west, north), (east, south) = places.min(axis=0) - margin, places.max(axis=0) + margin
    return [(west, north), (east, north), (east, south), (west, south)]


def lasso(page, corners):
    (x, y), *others = corners
    page.mouse.move(x, y)
    page.mouse.down()
    for corner in [*others, (x, y)]:
        page.mouse.move(*corner, steps=4)
    page.mouse.up()


def next_frame(page):
    """Waits until what was asked for is drawn, and shown: the page draws once a frame."""
    page.evaluate(TWO_FRAMES)


def pixel(page, canvas):
    """The colour in the middle of a canvas."""
    return page.locator(canvas).evaluate(
        """canvas => [...canvas.getContext('2d')
          .getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data]"""
    )


def shown_colours(page, at, reach=3):
    """The colours of the points around a place on the screen."""
    x, y = at
    picture = page.screenshot(
        clip={"x": x - reach, "y": y - reach, "width": 2 * reach, "height": 2 * reach}
    )
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).reshape(-1, 3)


def swatches(page):
    """The colours of the legend."""
    read = "all => all.map((one) => one.style.background.match(/[0-9]+/g).map(Number))"
    return [tuple(one) for one in page.locator("#entries .swatch").evaluate_all(read)]
