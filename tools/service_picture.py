"""Take the picture of the service's page that the documents show.

pixelmill-serve data/06_models/pets/export &
python tools/service_picture.py PHOTO [PHOTO ...]
"""

import io
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import FloatRect, sync_playwright

WIDTH = 1280
COLOURS = 256
PICTURE = Path(__file__).parents[1] / "docs" / "service.png"


@click.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--url", default="http://127.0.0.1:9797/", show_default=True)
@click.option("--chromium", help="Its program, where Playwright has none of its own.")
@click.option("--output", default=PICTURE, show_default=True, type=click.Path(path_type=Path))
def take_picture(photos: tuple[str, ...], url: str, chromium: str | None, output: Path) -> None:
    """Give PHOTOS to the page of a running service, and save what a person then sees."""
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": WIDTH, "height": 800}, color_scheme="light", reduced_motion="reduce"
        )
        page = context.new_page()
        page.goto(url)
        page.locator("#choose").set_input_files(list(photos))
        page.get_by_text(f"{len(photos)} photo{'s' * (len(photos) > 1)}", exact=True).wait_for()
        end = page.locator("#answered").bounding_box()
        if end is None:
            raise click.ClickException("the page shows no results")
        height = end["y"] + end["height"]
        clip: FloatRect = {"x": 0, "y": 0, "width": WIDTH, "height": height}
        shot = page.screenshot(full_page=True, clip=clip)
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    palette = picture.quantize(COLOURS, kmeans=4)  # a third of the bytes of all its colours
    picture.quantize(palette=palette).save(output, optimize=True)


if __name__ == "__main__":
    take_picture()
