"""Time and memory of a large map: 100,000 images, or 1,000,000 made-up vectors without images.

python -m benchmarks.map_scale 100000
python -m benchmarks.map_scale 1000000 --no-images

The features are made up of those of real photos, 1,280 wide, and written before the clock starts.
The images are those photos under many names; without them mosaics and the page are left out. Every
step is timed on two cores from what it loads to what it saves, and the memory is the sum of all
processes (driver, JVM, workers). Prints a row for `docs/benchmarks.md`.
"""

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path

from benchmarks.growth import megabytes
from benchmarks.kedro_steps import Watched, show_steps, watched_run
from benchmarks.machine import print_header, today
from benchmarks.made_up_features import MadeUpFeatures, of_width, paths_of, write_storage
from benchmarks.photos import PETS
from pixelmill.classifier.manifest import cpu_model

DATASET = "map"
WIDTH = 1280
NO_PICTURES = "mapping.mosaics.styles=[],mapping.page.enabled=false,duplicates.enabled=false"


def linked_photos(paths: list[str], scratch: Path) -> Path:
    """A folder where every path is a photo of the pets; made once.

    Args:
        paths: Path n is of photo n, all over again.
        scratch: Parent of the folder.
    """
    place = scratch / f"linked-{len(paths)}"
    if place.is_dir():
        return place
    part, originals = place.with_suffix(".part"), place.with_suffix(".originals")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(PETS, originals, dirs_exist_ok=True)
    photos = sorted(originals.rglob("*.jpg"))
    for number, path in enumerate(paths):
        (part / path).parent.mkdir(parents=True, exist_ok=True)
        os.link(photos[number % len(photos)], part / path)
    part.rename(place)
    return place


def prepare(count: int, images: bool, made: MadeUpFeatures, scratch: Path, storage: Path) -> None:
    """The tables that the pipelines begin with."""
    paths = list(paths_of(count, made))
    root = linked_photos(paths, scratch) if images else scratch / "nowhere"
    write_storage(storage, DATASET, root, paths, made)


def show_facts(storage: Path) -> None:
    """What the run says of the map and of the index."""
    for name in ("map", "neighbours"):
        file = storage / "08_reporting" / DATASET / f"{name}.json"
        if not file.is_file():
            continue
        facts = json.loads(file.read_text())
        groups = (facts.get("grouping") or {}).pop("groups", [])
        (facts.get("grouping") or {}).pop("k_distances", None)
        print(f"  {name}: {len(groups)} groups, {json.dumps(facts)}")


def row(count: int, found: Watched) -> str:
    """A row of a Markdown table: images, time, memory, date, CPU."""
    minutes, memory = found.seconds / 60, found.peaks["all"] / 1e9
    where = f"{today()}, {cpu_model()}"
    return f"| {count:,} x {WIDTH:,} | {minutes:.1f} min | {memory:.1f} GB | {where} |"


def main() -> None:
    """Reads the arguments and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=int, nargs="?", default=100_000)
    parser.add_argument("--no-images", action="store_true", help="vectors alone")
    parser.add_argument("--params", default="", help="more parameters, as `kedro run` takes them")
    given = parser.parse_args()
    print_header()
    scratch = Path(tempfile.gettempdir()) / "pixelmill-bench"
    scratch.mkdir(exist_ok=True)
    more = NO_PICTURES if given.no_images else ""
    params = ",".join(filter(None, [f"dataset={DATASET}", more, given.params]))
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        storage = Path(name, "storage")
        prepare(given.images, not given.no_images, of_width(WIDTH, scratch), scratch, storage)
        print("  prepared", flush=True)
        found = watched_run("mapping", params, storage)
        show_steps(found)
        print(f"    peak memory in MB: {megabytes(found.peaks)}")
        show_facts(storage)
    print("| vectors | time | memory | measured |\n| --- | --- | --- | --- |")
    print(row(given.images, found))


if __name__ == "__main__":
    main()
