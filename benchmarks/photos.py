"""The photos that benchmarks work on: real ones, repeated under new names."""

import itertools
import shutil
from pathlib import Path

PETS = Path(__file__).parents[2] / "shared" / "assets" / "pets"


def repeated_photos(count: int, folder: Path, side: int | None = None) -> Path:
    """A folder with `count` photos of pets, made once.

    Args:
        count: Number of photos.
        folder: Parent of the folder that is made.
        side: Longest side in pixels, to which the photos are enlarged; None leaves them as they
            are, of 500 pixels at most in most cases.

    Returns:
        The folder; its photos lie in one folder for each breed, as in the original.
    """
    place = folder / (f"photos-{count}" if side is None else f"photos-{count}-{side}")
    if place.is_dir():
        return place
    originals = sorted((PETS if side is None else enlarged_pets(folder, side)).rglob("*.jpg"))
    part = place.with_suffix(".part")
    for number, photo in enumerate(itertools.islice(itertools.cycle(originals), count)):
        copy = part / photo.parent.name / f"{number:06}.jpg"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo, copy)
    part.rename(place)
    return place


def enlarged_pets(folder: Path, side: int) -> Path:
    """The photos of pets with a longest side of so many pixels, as JPEG of quality 85; made once.

    Args:
        folder: Parent of the folder that is made.
        side: In pixels.
    """
    from PIL import Image

    place = folder / f"pets-{side}"
    if place.is_dir():
        return place
    part = place.with_suffix(".part")
    for file in PETS.rglob("*.jpg"):
        photo = Image.open(file).convert("RGB")
        scale = side / max(photo.size)
        size = round(photo.width * scale), round(photo.height * scale)
        copy = part / file.relative_to(PETS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        photo.resize(size, Image.Resampling.LANCZOS).save(copy, quality=85)
    part.rename(place)
    return place
