"""The photos that benchmarks work on: real ones, repeated under new names."""

import itertools
import shutil
from pathlib import Path

PETS = Path(__file__).parents[2] / "shared" / "assets" / "pets"


def repeated_photos(count: int, folder: Path) -> Path:
    """A folder with `count` photos of pets, made once.

    Args:
        count: Number of photos.
        folder: Parent of the folder that is made.

    Returns:
        The folder; its photos lie in one folder for each breed, as in the original.
    """
    place = folder / f"photos-{count}"
    if place.is_dir():
        return place
    originals = sorted(PETS.rglob("*.jpg"))
    part = place.with_suffix(".part")
    for number, photo in enumerate(itertools.islice(itertools.cycle(originals), count)):
        copy = part / photo.parent.name / f"{number:06}.jpg"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo, copy)
    part.rename(place)
    return place
