"""CPU time and memory of an exploration, against those of the features that it needs.

python -m benchmarks.exploration_growth [--sizes 5000,20000] [--folder FOLDER] [--steps STEPS]

Small crops of photos lie in 100 folders, which are their labels. They do not overlap; some are the
same place turned or mirrored, which is no copy and hardly ever a candidate for one. Beyond 133,856
images a second grid lies half a side further, whose crops share a quarter with each of four others,
and beyond 252,472 come crops of the same photos enlarged or reduced.
Each size is a `kedro run` of ingestion and featurization, and one of exploration after it, which
decodes the images once more for signatures and checks. The CPU time of an image is the difference
between two sizes, so that start-up cancels out. In a folder of its own a large size can be measured
in two parts: `--steps features`, then `--steps findings`.
"""

import argparse
import itertools
import random
import tempfile
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.growth import FOLDERS, Run, megabytes, run
from benchmarks.machine import print_header
from benchmarks.photos import PETS

SIDE = 48  # pixels
SCALES = (1, 0.8, 1.25, 1.5)
Cell = tuple[np.ndarray, int, int, int]  # photo, top, left and turn
STEPS = {"features": "ingestion,featurization", "findings": "exploration"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="5000,20000", help="rising, with commas")
    parser.add_argument("--folder", type=Path, help="for images and tables, which stay there")
    parser.add_argument("--steps", default=",".join(STEPS), help="features, findings or both")
    given = parser.parse_args()
    sizes = sorted(int(size) for size in given.sizes.split(","))
    print_header()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        runs = {size: measure(size, folder, given.steps.split(",")) for size in sizes}
    for less, more in itertools.pairwise(sizes):
        each = {
            step: 1000 * (done.cpu - runs[less][step].cpu) / (more - less)
            for step, done in runs[more].items()
        }
        costs = ", ".join(f"{step} {one:.2f} ms" for step, one in each.items())
        print(f"from {less} to {more}, CPU time of an image: {costs}")


def measure(size: int, folder: Path, steps: Iterable[str]) -> dict[str, Run]:
    """Run steps on so many images, and print what each takes.

    Args:
        size: Number of images.
        folder: Folder for images and tables; images that are there are taken.
        steps: Of `STEPS`.
    """
    images = folder / f"images-{size}"
    if not images.is_dir():
        crops(size, images)
    runs = {}
    for step in steps:
        done = run(images, folder / str(size), STEPS[step], "parent")
        print(
            f"{size:7} images, {step}: {done.cpu:.0f} CPU s, {done.seconds:.0f} s, peak memory in "
            f"MB: {megabytes(done.peaks)}; without mapped files: {megabytes(done.own_peaks)}",
            flush=True,
        )
        runs[step] = done
    return runs


def crops(count: int, folder: Path) -> Path:
    """Write crops of photos, each turned or mirrored once, into the folders.

    Args:
        count: Number of images.
        folder: The folder that is made.

    Returns:
        The folder.
    """
    photos = [cv2.imread(str(photo)) for photo in sorted(PETS.rglob("*.jpg"))]
    cells: list[Cell] = []
    for scale, offset in itertools.product(SCALES, (0, SIDE // 2)):
        if len(cells) < count:
            cells += cells_of([scaled(photo, scale) for photo in photos], offset)
    for number in range(FOLDERS):
        (folder / f"folder {number:03}").mkdir(parents=True)
    for number, (photo, top, left, turn) in enumerate(random.Random(0).sample(cells, count)):
        crop = np.rot90(photo[top : top + SIDE, left : left + SIDE], turn % 4)
        content = cv2.imencode(".jpg", crop[:: -1 if turn > 3 else 1])[1].tobytes()
        (folder / f"folder {number % FOLDERS:03}" / f"{number:07}.jpg").write_bytes(content)
    return folder


def scaled(photo: np.ndarray, scale: float) -> np.ndarray:
    """Return a photo enlarged or reduced."""
    return photo if scale == 1 else cv2.resize(photo, None, fx=scale, fy=scale)


def cells_of(photos: list[np.ndarray], offset: int) -> list[Cell]:
    """Return each place of a grid from an offset on, in every turn: photo, top, left and turn."""
    return [
        (photo, top, left, turn)
        for turn in range(8)
        for photo in photos
        for top in range(offset, photo.shape[0] - SIDE, SIDE)
        for left in range(offset, photo.shape[1] - SIDE, SIDE)
    ]


if __name__ == "__main__":
    main()
