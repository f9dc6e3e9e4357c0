"""Copies among many soft pictures: how many neighbours must be compared to find them.

python -m benchmarks.crowded_copies [--images 60000] [--copies 1500]

The images are crops of photos with 48 pixels a side, most of them soft, so that each has many
others near it. Some have a copy, made in one of the ways of `benchmarks.near_duplicates`; of these
count the ones that are alike when they are compared. Printed are the pairs that are compared, and
the copies among them, where only so many nearest neighbours of each picture are; then what
`find_groups` finds, and how long it takes.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.exploration_growth import crops
from benchmarks.image_copies import BOTH, COPIES
from benchmarks.machine import print_header
from benchmarks.near_duplicates import signed
from pixelmill.duplicates import candidates
from pixelmill.duplicates.groups import find_groups
from pixelmill.duplicates.pictures import Pictures
from pixelmill.duplicates.similarity import similarities
from pixelmill.parameters import DuplicatesParameters

MOST = (1, 2, 4, 16, 100)  # neighbours
BLOCK = 1000  # files


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--copies", type=int, default=1500)
    given = parser.parse_args()
    print_header()
    with tempfile.TemporaryDirectory() as folder:
        files = sorted(crops(given.images, Path(folder)).rglob("*.jpg"))
        copied = sorted(random.Random(0).sample(range(given.images), given.copies))
        pictures = signed_in_parts([*files, *copies_of([files[one] for one in copied], folder)])
    originals, copies = np.array(copied), given.images + np.arange(given.copies)
    enough = DuplicatesParameters().similarity
    alike = similarities(pictures, originals, copies, enough) >= enough
    wanted = set(zip(originals[alike].tolist(), copies[alike].tolist(), strict=True))
    print(f"{given.images:,} images, {len(wanted):,} copies that are alike", flush=True)
    for most in MOST:
        print_candidates(pictures, wanted, most)
    print_groups(pictures, wanted)


def copies_of(files: Sequence[Path], folder: str) -> list[Path]:
    """Write a copy of each file, each in the next way.

    Args:
        files: Images.
        folder: Folder for the copies.
    """
    ways = COPIES + BOTH
    copies = [Path(folder, f"copy-{number}") for number in range(len(files))]
    for number, (file, copy) in enumerate(zip(files, copies, strict=True)):
        with Image.open(file) as image:
            copy.write_bytes(ways[number % len(ways)](image.convert("RGB")))
    return copies


def signed_in_parts(files: Sequence[Path]) -> Pictures:
    """Sign files as the pipeline does, without all signatures in memory as floats."""
    ends = [*range(0, len(files), BLOCK), len(files)]
    parts = [
        signed([file.read_bytes() for file in files[start:end]], [*map(str, files[start:end])])
        for start, end in pairwise(ends)
    ]
    columns = ("sizes", "modified", "widths", "heights", "digests", "codes")
    return Pictures(
        [*chain.from_iterable(part.paths for part in parts)],
        [None] * len(files),
        *(np.concatenate([getattr(part, name) for part in parts]) for name in columns),
    )


def print_candidates(pictures: Pictures, wanted: set[tuple[int, int]], most: int) -> None:
    """Print the pairs to compare, and the copies among them.

    Args:
        pictures: All pictures.
        wanted: Positions of originals and their copies.
        most: Nearest neighbours of a picture that are compared with it.
    """
    default, candidates.NEAREST = candidates.NEAREST, most
    every = np.arange(len(pictures))
    started = time.process_time()
    pairs = candidates.Descriptions(pictures, every).pairs(every, every)
    candidates.NEAREST = default
    each = 1000 * (time.process_time() - started) / len(pictures)
    found = len(wanted & set(map(tuple, pairs.tolist())))
    print(
        f"{most:3} nearest: {len(pairs) / len(pictures):.2f} pairs an image, {found:,} copies "
        f"among them, {each:.2f} ms of CPU an image",
        flush=True,
    )


def print_groups(pictures: Pictures, wanted: set[tuple[int, int]]) -> None:
    """Print the copies that are in the group of their original, and the CPU time."""
    defaults = DuplicatesParameters()
    started = time.process_time()
    kept = find_groups(pictures, defaults.similarity, defaults.keep).kept
    each = 1000 * (time.process_time() - started) / len(pictures)
    found = sum(kept[one] == kept[other] for one, other in wanted)
    print(f"find_groups: {found:,} copies found, {each:.2f} ms of CPU an image")


if __name__ == "__main__":
    main()
