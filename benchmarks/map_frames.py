"""Frames a second of the interactive map while it is zoomed and moved, in headless Chromium.

python -m benchmarks.map_frames [--images 50000] [--width 1280] [--height 800] [--seconds 5]

The page is that of a map with as many images, thumbnails inside. In each frame that the browser
offers, the map is moved or zoomed again, as by a mouse. Headless Chromium draws by software
unless a graphics card is there, so that this machine's cores do what anybody's card does: what
the page's own scripts take of a frame is printed beside it.
"""

import argparse
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import print_header
from benchmarks.photos import PETS

GROUPS = 60
SIDE = 64  # pixels of a thumbnail
COUNT = """(move) => {
  const seen = globalThis.seen = [];
  const [x, y] = [innerWidth / 2, innerHeight / 2];
  const map = document.getElementById("points");
  const wheel = (deltaY) => map.dispatchEvent(new WheelEvent("wheel",
    {deltaY, clientX: x, clientY: y, bubbles: true, cancelable: true, view: globalThis}));
  const drag = (turn) => globalThis.dispatchEvent(new MouseEvent("mousemove",
    {clientX: x + 200 * Math.sin(turn), clientY: y + 120 * Math.cos(turn), view: globalThis}));
  const moves = {rest: () => {}, drag: (frame) => drag(frame / 20),
    in: () => wheel(-6), out: () => wheel(6)};
  const note = (now) => {
    moves[move](seen.push(now));
    globalThis.counting = requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
}"""
STOP = "() => { cancelAnimationFrame(globalThis.counting); return globalThis.seen; }"


@dataclass(frozen=True)
class Motion:
    """What was counted while the map moved.

    Attributes:
        frames: Timestamps in ms.
        script: Seconds that the page's scripts took.
    """

    frames: list[float]
    script: float

    def described(self) -> str:
        """Frames a second, the slowest of twenty, and the scripts' part of a frame."""
        took = np.diff(self.frames)
        rate = 1000 / took.mean()
        slow = np.percentile(took, 95)
        script = 1000 * self.script / len(took)
        return f"{rate:5.1f} frames a second, 95% within {slow:4.1f} ms, scripts {script:4.1f} ms"


def write_map(count: int, folder: Path) -> Path:
    """The page of a map with as many images, their thumbnails inside."""
    from pixelmill.map_page import MapPoints, write_page
    from pixelmill.thumbnails import jpeg_thumbnail

    chance = np.random.default_rng(0)
    clusters = chance.integers(-1, GROUPS, count).astype(np.int32)
    middles = chance.uniform(-80, 80, (GROUPS + 1, 2))
    pictures = [
        jpeg_thumbnail(photo.read_bytes(), SIDE).data for photo in sorted(PETS.rglob("*.jpg"))
    ]
    points = MapPoints(
        paths=[f"folder/{number:06}.jpg" for number in range(count)],
        labels=[f"label {cluster}" for cluster in clusters],
        coordinates=middles[clusters] + chance.normal(0, 5, (count, 2)),
        clusters=clusters,
        thumbnails={number: pictures[number % len(pictures)] for number in range(count)},
    )
    summary: dict[str, Any] = {
        "images": count,
        "failed": 0,
        "fitted": count,
        "notes": [],
        "projection": {"method": "tsne", "parameters": {}, "seed": 0, "seconds": 1.0},
        "grouping": None,
        "neighbours": {"k": 10, "map": None, "features": None, "trustworthiness": None},
    }
    page = write_page(points, summary)
    place = folder / "map.html"
    place.write_text(page.html)
    for name, data in page.files.items():
        (folder / name).write_bytes(data)
    return place


def watched(page: Any, move: str, seconds: float) -> Motion:
    """Counts frames while the map moves in each of them: 'rest', 'drag', 'in' or 'out'."""
    metrics = page.context.new_cdp_session(page)
    metrics.send("Performance.enable")
    before = scripts(metrics)
    page.evaluate(COUNT, move)
    page.wait_for_timeout(1000 * seconds)
    frames = page.evaluate(STOP)
    return Motion(frames, scripts(metrics) - before)


def scripts(metrics: Any) -> float:
    """Seconds that scripts took since the page was opened."""
    found = metrics.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in found if one["name"] == "ScriptDuration"))


def measure(place: Path, width: int, height: int, seconds: float) -> None:
    """Prints the frames a second of zooming in, of moving, and of zooming out."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as engine:
        browser = engine.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--enable-unsafe-swiftshader"],
        )
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(place.as_uri())
        page.wait_for_selector("body:not(.loading)", timeout=120_000)
        page.wait_for_timeout(2000)
        page.mouse.move(width / 2, height / 2)
        print(f"  at rest: {watched(page, 'rest', seconds).described()}", flush=True)
        page.mouse.down()
        print(f"  moving: {watched(page, 'drag', seconds).described()}", flush=True)
        page.mouse.up()
        print(f"  zooming in: {watched(page, 'in', seconds).described()}", flush=True)
        print(f"  zooming out: {watched(page, 'out', seconds).described()}", flush=True)
        browser.close()


def main() -> None:
    """Reads the arguments and measures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--images", type=int, default=50_000)
    arguments.add_argument("--width", type=int, default=1280)
    arguments.add_argument("--height", type=int, default=800)
    arguments.add_argument("--seconds", type=float, default=5)
    given = arguments.parse_args()
    print_header()
    with tempfile.TemporaryDirectory() as folder:
        place = write_map(given.images, Path(folder))
        print(f"  {given.images:,} images, a page of {place.stat().st_size / 1e6:.1f} MB")
        measure(place, given.width, given.height, given.seconds)


if __name__ == "__main__":
    main()
