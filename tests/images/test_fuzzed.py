"""Files that an hour of fuzzing made (tools/fuzz_decoding.py): each takes a way of its own through
the decoders, and ends in pixels or in a reason."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from pixelmill.errors import ImageError
from pixelmill.featurizers.decoding import Decoder
from pixelmill.images.limits import Limits

FILES = Path(__file__).with_name("fuzzed.zip")


@pytest.fixture(scope="module")
def files():
    with zipfile.ZipFile(FILES) as archive:
        return [archive.read(name) for name in archive.namelist()]


def test_every_file_ends_in_pixels_or_in_a_reason(files):
    decoder = Decoder((32, 32), Limits(max_pixels=1_000_000, max_decoded_bytes=100_000_000))
    reasons = set()
    for data in files:
        try:
            decoder.decode(data, np.empty((32, 32, 3), np.uint8))
            reasons.add("pixels")
        except ImageError as problem:
            reasons.add(str(problem).partition(":")[0])
    assert {"pixels", "not an image", "truncated image", "corrupt image"} <= reasons
