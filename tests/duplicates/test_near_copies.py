"""Real copies of real photos are found, and what is no copy is left alone."""

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from benchmarks.drawings import digit_drawings
from benchmarks.image_copies import COPIES
from benchmarks.near_duplicates import copies_of, found_groups, rates_by_kind, signed
from pixelmill.duplicates.similarity import similarities

PHOTOS = 5  # of the half that no threshold was tuned on
ENOUGH = 0.98


@pytest.fixture(scope="module")
def pets(assets):
    return sorted((assets / "pets").rglob("*.jpg"))[1::2][: PHOTOS * 24 : 24]


@pytest.fixture(scope="module")
def found(pets):
    return rates_by_kind(*copies_of(pets, COPIES))


@pytest.mark.parametrize(
    "kind", ["all", "re-encoded", "resized", "cropped", "bordered", "brightened"]
)
def test_copies_of_photos_are_found_and_nothing_else(found, kind):
    precision, recall = found[kind]
    assert precision >= ENOUGH
    assert recall >= ENOUGH


@pytest.mark.parametrize("name", ["pets", "bengali_digits", "colours"])
def test_other_pictures_are_no_copies(assets, name):
    files = sorted(file for file in (assets / name).rglob("*.*"))[1::2][:250]
    contents = list(dict.fromkeys(file.read_bytes() for file in files))
    pictures = signed(contents, [str(number) for number in range(len(contents))])
    assert found_groups(pictures) == list(range(len(contents)))


@pytest.fixture(scope="module")
def drawings():
    """Drawings of a 0, a 6 and a 7, enlarged from 8x8 pixels, some of which are much alike."""
    return [file for digit, file in digit_drawings() if digit in (0, 6, 7)][:60]


def test_two_drawings_of_the_same_digit_are_no_copies(drawings):
    pictures = signed(drawings, [str(number) for number in range(len(drawings))])
    assert found_groups(pictures) == list(range(len(drawings)))


def test_copies_of_drawings_are_found_and_nothing_else(drawings, tmp_path):
    files = [tmp_path / f"{number}.png" for number in range(4)]
    for file, drawing in zip(files, drawings[::15], strict=False):
        file.write_bytes(drawing)
    for kind, (precision, recall) in rates_by_kind(*copies_of(files, COPIES)).items():
        assert precision >= ENOUGH, kind
        assert recall >= ENOUGH, kind


def test_nearly_black_and_flat_images_are_no_copies_of_each_other():
    draw = np.random.default_rng(0)
    colours = [(0, 0, 0), (2, 2, 2), (128, 128, 128), (255, 255, 255), (200, 30, 30)]
    pixels = [np.full((120, 160, 3), colour, np.uint8) for colour in colours]
    pixels += [draw.integers(0, 3, (120, 160, 3), np.uint8) for _ in range(5)]
    files = [file_of(Image.fromarray(one)) for one in pixels]
    assert found_groups(signed(files, list("abcdefghij"))) == list(range(10))


def test_the_next_frames_of_a_turning_fruit_are_no_copies(assets):
    folder = assets / "fruits" / "Test"
    frames = ["Apple Braeburn/63", "Apple Braeburn/65", "Apple Golden 1/73", "Apple Golden 1/74"]
    files = [(folder / f"{frame}_100.jpg").read_bytes() for frame in frames]
    pictures = signed(files, frames)
    assert (similarities(pictures, np.array([0, 2]), np.array([1, 3])) < 0.95).all()


def file_of(picture, **options):
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def similarity(one, other):
    return similarities(signed([one, other], "ab"), np.array([0]), np.array([1]))[0]


@pytest.fixture
def photo(pets):
    with Image.open(pets[0]) as image:
        return image.convert("RGB")


def test_a_mirrored_picture_is_another_one(photo):
    assert similarity(file_of(photo), file_of(ImageOps.mirror(photo))) < 0.5


def test_a_picture_that_exif_turns_is_the_same_one(photo):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = file_of(photo.transpose(Image.Transpose.ROTATE_90), exif=exif)
    assert similarity(file_of(photo), turned) > 0.98


def test_a_picture_with_a_part_of_another_is_another_one(photo, pets):
    with Image.open(pets[1]) as image:
        part = image.convert("RGB").resize([side // 4 for side in photo.size])
    changed = photo.copy()
    changed.paste(part, [side // 3 for side in photo.size])
    assert similarity(file_of(photo), file_of(changed)) < 0.95


def test_the_same_shape_in_another_colour_is_another_picture(photo):
    colourful = ImageEnhance.Color(photo).enhance(3)
    red, green, blue = colourful.split()
    other = Image.merge("RGB", (blue, red, green))
    assert similarity(file_of(colourful), file_of(other)) < 0.95


def test_the_grey_copy_of_a_colourful_picture_is_another_one(photo):
    colourful = ImageEnhance.Color(photo).enhance(3)
    assert similarity(file_of(colourful), file_of(colourful.convert("L"))) < 0.95
