"""How well and how fast near-duplicates are found: copies of real photos, and many made-up ones.

python -m benchmarks.near_duplicates [--photos 259] [--made-up 100000]

Every photo of the pets gets copies of five kinds (re-encoded, resized, cropped, bordered,
brightened), and of two kinds at once. A pair is two images that come of one photo; precision and
recall are counted on all pairs, and on those of an original and a copy of one kind. Two halves of
the photos are divided: the thresholds were chosen on the first, but for WORST_MOVE, which all
sets here helped to choose. Photos of other animals, handwritten digits and images of one colour
are no copies of each other: what is joined there is wrong. Of the fruits, neighbouring frames of
one rotation are joined that differ by less than a copy does. Copies of drawings are counted too:
they are soft and on white, into which they brighten; and copies of crops of 48 pixels.
"""

import argparse
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import compress, product
from math import comb
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.drawings import digit_drawings
from benchmarks.exploration_growth import crops
from benchmarks.image_copies import BOTH, COPIES, Copy
from pixelmill.classifier.manifest import cpu_model
from pixelmill.duplicates.alignment import overlay
from pixelmill.duplicates.borders import content_places, have_border
from pixelmill.duplicates.candidates import LEAST_COSINE, upper_frequencies
from pixelmill.duplicates.differences import has_detail
from pixelmill.duplicates.groups import find_groups
from pixelmill.duplicates.pictures import Pictures
from pixelmill.duplicates.views import COARSE, VIEWS, describe, unit_rows
from pixelmill.featurizers import find_featurizer
from pixelmill.featurizers.picture_signature import LUMA, PIXELS, unpacked
from pixelmill.parameters import DuplicatesParameters, FeaturizationParameters

ASSETS = Path(__file__).parents[2] / "shared" / "assets"


def signed(files: Iterable[bytes], paths: Sequence[str]) -> Pictures:
    """Signs files as the pipeline does.

    Args:
        files: Contents of image files.
        paths: Their names.
    """
    parameters = FeaturizationParameters(featurizer="picture_signature")
    done = find_featurizer(parameters).prepare().open(1)(list(files))
    assert not any(done.errors), done.errors
    codes, sizes, digests = unpacked(done.features)
    return Pictures(
        list(paths),
        [None] * len(codes),
        np.zeros(len(codes), np.int64),
        np.zeros(len(codes), "datetime64[us]"),
        *sizes.T,
        digests,
        codes,
    )


def copies_of(photos: Sequence[Path], ways: Sequence[Copy]) -> tuple[Pictures, list[str]]:
    """The photos, then the copies of each.

    Args:
        photos: Files.
        ways: How each is copied.

    Returns:
        The pictures, whose path begins with the number of the photo, and the kind of each.
    """
    files = [photo.read_bytes() for photo in photos]
    kinds = ["original"] * len(photos)
    names = [f"{number}/original" for number in range(len(photos))]
    for number, photo in enumerate(photos):
        with Image.open(photo) as image:
            picture = image.convert("RGB")
        files += [way(picture) for way in ways]
        kinds += [way.kind for way in ways]
        names += [f"{number}/{place}" for place in range(len(ways))]
    return signed(files, names), kinds


def pairs_of(groups: Iterable[object]) -> int:
    """Pairs within groups, given the group of each member."""
    return sum(comb(size, 2) for size in Counter(groups).values())


def rates(photo: Sequence[str], group: Sequence[int]) -> tuple[float, float]:
    """Precision and recall of pairs.

    Args:
        photo: What each image comes of.
        group: Where it was put.
    """
    right = pairs_of(zip(photo, group, strict=True))
    found, wanted = pairs_of(group), pairs_of(photo)
    return (right / found if found else 1.0), right / wanted


def found_groups(pictures: Pictures) -> list[int]:
    """The group of each picture, by the default parameters."""
    defaults = DuplicatesParameters()
    return find_groups(pictures, defaults.similarity, defaults.keep).kept.tolist()


def rates_by_kind(pictures: Pictures, kinds: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Precision and recall of all pairs (`all`), and of originals with the copies of each kind."""
    photo = [path.partition("/")[0] for path in pictures.paths]
    group = found_groups(pictures)
    found = {"all": rates(photo, group)}
    for kind in dict.fromkeys(kinds[kinds.count("original") :]):
        part = [place for place, one in enumerate(kinds) if one in ("original", kind)]
        found[kind] = rates([photo[place] for place in part], [group[place] for place in part])
    return found


def made_up(count: int, copies: int, seed: int = 0) -> Pictures:
    """Pictures with the spectrum of photographs, the last of which are crops of the first.

    Args:
        count: All pictures.
        copies: How many of them are copies.
        seed: Seed of the pictures.
    """
    draw = np.random.default_rng(seed)
    originals = count - copies
    codes = np.full((count, PIXELS), 128, np.uint8)
    across, down = np.mgrid[:LUMA, : LUMA // 2 + 1]
    across = np.minimum(across, LUMA - across)
    fall = 1 / np.maximum(np.hypot(across, down), 1) ** 1.2
    for start in range(0, originals, 2000):
        many = min(2000, originals - start)
        noise = np.fft.rfft2(draw.normal(size=(many, LUMA, LUMA))) * fall
        luma = np.fft.irfft2(noise, s=(LUMA, LUMA))
        luma /= luma.std(axis=(1, 2), keepdims=True)
        codes[start : start + many, : LUMA * LUMA] = (
            np.clip(128 + 48 * luma, 0, 255).reshape(many, -1).astype(np.uint8)
        )
    for start in range(0, copies, 2000):
        many = min(2000, copies - start)
        whole = codes[start : start + many, : LUMA * LUMA].reshape(-1, LUMA, LUMA)
        scales = draw.uniform(0.9, 1, size=(many, 2))
        shifts = draw.uniform(-1, 1, size=(many, 2)) * (1 - scales)
        places = np.stack([scales[:, 0], shifts[:, 0], scales[:, 1], shifts[:, 1]], axis=1)
        crop = overlay(whole.astype(np.float32), places).pictures
        codes[originals + start : originals + start + many, : LUMA * LUMA] = (
            np.clip(crop, 0, 255).reshape(many, -1).astype(np.uint8)
        )
    photo = np.arange(count)
    photo[originals:] -= originals
    names = [f"{one}/{number}" for number, one in enumerate(photo)]
    sides = np.where(np.arange(count) < originals, 500, 475).astype(np.int32)
    digests = draw.integers(0, 256, size=(count, 32), dtype=np.uint8)
    times = np.zeros(count, "datetime64[us]")
    return Pictures(
        names, [None] * count, np.zeros(count, np.int64), times, sides, sides, digests, codes
    )


def print_rates(pictures: Pictures, kinds: Sequence[str]) -> None:
    """Prints precision and recall of each kind."""
    for kind, (precision, recall) in rates_by_kind(pictures, kinds).items():
        print(f"    {kind:12} precision {precision:.4f}  recall {recall:.4f}", flush=True)


def measure_photos(count: int) -> None:
    """Prints what is found of real copies."""
    photos = sorted((ASSETS / "pets").rglob("*.jpg"))[:count]
    for half, name in ((photos[::2], "first half, tuned on"), (photos[1::2], "other half")):
        print(f"{name}: {len(half)} photos")
        for ways, title in ((COPIES, "five kinds"), (COPIES + BOTH, "with two at once")):
            pictures, kinds = copies_of(half, ways)
            print(f"  {title}: {len(pictures)} images")
            print_rates(pictures, kinds)
        print_cosines(pictures, kinds)


def print_cosines(pictures: Pictures, kinds: Sequence[str]) -> None:
    """Prints how near the views of an original and of its copies are at least.

    Of upper frequencies the cosine counts where that of all is enough.

    Args:
        pictures: The originals, then the copies of each.
        kinds: Kind of each.
    """
    luma = pictures.luma(slice(None))
    inside = luma.copy()
    bordered = have_border(luma)
    inside[bordered] = overlay(luma[bordered], content_places(luma[bordered])).pictures
    count = kinds.count("original")
    copies = np.arange(count, len(kinds))
    origins = np.repeat(np.arange(count), len(copies) // count)
    upper = upper_frequencies()
    for name, views in (("all", range(VIEWS)), ("the coarse", COARSE)):
        nearest, nearest_upper = np.full((2, len(copies)), -1.0)
        for one, other in product((luma, inside), repeat=2):
            for first, second in ((one[origins], other[copies]), (other[copies], one[origins])):
                whole = describe(first)
                for view in views:
                    part = describe(second, view)
                    cosines = np.einsum("nd,nd->n", whole, part)
                    np.maximum(nearest, cosines, out=nearest)
                    uppers = [unit_rows(rows[:, upper]) for rows in (whole, part)]
                    counted = np.where(cosines < LEAST_COSINE, -1, np.einsum("nd,nd->n", *uppers))
                    np.maximum(nearest_upper, counted, out=nearest_upper)
        least = f"{nearest.min():.3f}, of upper frequencies {nearest_upper.min():.3f}"
        print(f"lowest cosine of an original and a copy, by {name} views: {least}", flush=True)


def measure_false() -> None:
    """Prints how many pairs are joined where none should be."""
    folders = ("pets", "bengali_digits", "colours", "fruits")
    sets = {
        name: [file.read_bytes() for file in sorted((ASSETS / name).rglob("*.*"))]
        for name in folders
    }
    sets["scikit-learn's digits"] = [drawing for _, drawing in digit_drawings()]
    for name, contents in sets.items():
        files = list(dict.fromkeys(contents))  # three of the colours are there twice
        for half, title in ((files[::2], "first half"), (files[1::2], "other half")):
            pictures = signed(half, [str(number) for number in range(len(half))])
            false = pairs_of(found_groups(pictures))
            print(f"{name}, {title}: {false} of {comb(len(half), 2):,} pairs joined", flush=True)


def measure_drawings() -> None:
    """Prints what is found of copies of drawings on white, which brighten into it."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.png" for number in range(90)]
        for file, (_, drawing) in zip(files, digit_drawings()[::20], strict=True):
            file.write_bytes(drawing)
        pictures, kinds = copies_of(files, COPIES + BOTH)
    print(f"scikit-learn's digits: {len(files)} drawings, {len(pictures)} images")
    print_rates(pictures, kinds)


def measure_crops() -> None:
    """Prints what is found of copies of small pictures, most of which are soft but not flat."""
    with tempfile.TemporaryDirectory() as folder:
        files = sorted(crops(60, Path(folder)).rglob("*.jpg"))
        signatures = signed([file.read_bytes() for file in files], list(map(str, files)))
        files = list(compress(files, has_detail(signatures.luma(slice(None)))))
        pictures, kinds = copies_of(files, COPIES + BOTH)
    print(f"crops of 48 pixels: {len(files)} crops, {len(pictures)} images")
    print_rates(pictures, kinds)
    print_cosines(pictures, kinds)


def measure_speed() -> None:
    """Prints how fast images are signed on one core."""
    files = [photo.read_bytes() for photo in sorted((ASSETS / "pets").rglob("*.jpg"))]
    started = time.process_time()
    signed(files, [str(number) for number in range(len(files))])
    rate = len(files) / (time.process_time() - started)
    print(f"signatures: {rate:.0f} photos a second of one core's time")


def measure_made_up(count: int) -> None:
    """Prints time, memory and quality for many pictures, a tenth of which are copies."""
    pictures = made_up(count, count // 10)
    started = time.perf_counter()
    group = found_groups(pictures)
    seconds = time.perf_counter() - started
    photo = [path.partition("/")[0] for path in pictures.paths]
    precision, recall = rates(photo, group)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{count:,} made-up pictures: {seconds:.0f} s, {peak:.1f} GB at most, "
        f"precision {precision:.4f}, recall {recall:.4f}"
    )


def main() -> None:
    """Reads the arguments and measures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--photos", type=int, default=259)
    arguments.add_argument("--made-up", type=int, default=100_000)
    given = arguments.parse_args()
    print(cpu_model())
    if given.photos:
        measure_speed()
        measure_false()
        measure_drawings()
        measure_crops()
        measure_photos(given.photos)
    if given.made_up:
        measure_made_up(given.made_up)


if __name__ == "__main__":
    main()
