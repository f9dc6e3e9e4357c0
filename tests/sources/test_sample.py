"""The embedded sample."""

import cv2
import numpy as np

from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source


def sample(folder):
    return find_source("sample:digits", IngestionParameters(sample_folder=str(folder)))


def test_fifty_images_of_each_digit(tmp_path):
    listing = sample(tmp_path / "digits").list_images()
    digits = [file.path.split("/")[0] for file in listing.files]
    assert {digit: digits.count(digit) for digit in digits} == {str(d): 50 for d in range(10)}
    picture = cv2.imread(str(tmp_path / "digits" / listing.files[0].path), cv2.IMREAD_UNCHANGED)
    assert picture.shape == (128, 128)
    assert picture.dtype == np.uint8
    assert picture[:, 0].mean() > 200  # white paper
    assert picture.min() < 60  # dark ink


def test_written_once_and_mended(tmp_path):
    first = sample(tmp_path).list_images()
    assert sample(tmp_path).list_images() == first
    lost = first.files.pop(7)
    (tmp_path / lost.path).unlink()
    mended = sample(tmp_path).list_images().files
    assert mended.pop(7).path == lost.path
    assert mended == first.files, "other runs have indexed those by their times"


def test_two_writings_have_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        sample(tmp_path / name).list_images()
    for file in sorted((tmp_path / "one").rglob("*.png")):
        assert (
            file.read_bytes()
            == (tmp_path / "two" / file.relative_to(tmp_path / "one")).read_bytes()
        )
