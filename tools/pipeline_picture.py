"""Take the picture of the pipelines that the README shows.

kedro viz run --env local --no-browser &
python tools/pipeline_picture.py
"""

import io
import json
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import FloatRect, Page, ViewportSize, sync_playwright

SCREEN: ViewportSize = {"width": 1440, "height": 900}
SMALLEST_LABEL = 9  # pixels, to be legible
MARGIN = 16  # pixels around the boxes
COLOURS = 64
PICTURE = Path(__file__).parents[1] / "docs" / "pipelines.png"
STATE = {"theme": "light", "showFeatureHints": False}  # of a browser that was here before
UNSHOWN = "[class*=update-reminder] { display: none !important }"  # of a newer version
NODES = ".pipeline-node"


@click.command()
@click.option("--url", default="http://127.0.0.1:4141/", show_default=True)
@click.option("--chromium", help="Its program, where Playwright has none of its own.")
@click.option("--output", default=PICTURE, show_default=True, type=click.Path(path_type=Path))
def take_picture(url: str, chromium: str | None, output: Path) -> None:
    """Save what a running kedro-viz opens on, without its controls.

    Raises:
        click.ClickException: If its labels are too small to read on a usual screen.
    """
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SCREEN, device_scale_factor=2)
        page.add_init_script(f"localStorage.setItem('KedroViz', {json.dumps(json.dumps(STATE))})")
        page.goto(url)
        page.locator(NODES).first.wait_for()
        page.add_style_tag(content=UNSHOWN)
        page.wait_for_timeout(3000)  # it moves to its place
        heights = [box["height"] for box in _boxes(page, f"{NODES} text")]
        if min(heights) < SMALLEST_LABEL:
            raise click.ClickException(f"labels are {min(heights):.1f} pixels high")
        shot = page.screenshot(clip=_around(_boxes(page, NODES)))
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    picture.quantize(COLOURS, kmeans=4).save(output, optimize=True)


def _boxes(page: Page, selector: str) -> list[FloatRect]:
    found = [one.bounding_box() for one in page.locator(selector).all()]
    return [box for box in found if box]


def _around(boxes: list[FloatRect]) -> FloatRect:
    """Return the part of the page with the boxes."""
    left, top = min(box["x"] for box in boxes), min(box["y"] for box in boxes)
    right = max(box["x"] + box["width"] for box in boxes)
    bottom = max(box["y"] + box["height"] for box in boxes)
    return {
        "x": left - MARGIN,
        "y": top - MARGIN,
        "width": right - left + 2 * MARGIN,
        "height": bottom - top + 2 * MARGIN,
    }


if __name__ == "__main__":
    take_picture()
