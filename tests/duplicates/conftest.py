"""Made-up pictures, some of which are the same."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.near_duplicates import made_up
from pixelmill.duplicates.pictures import Pictures


def taken(pictures, order):
    """The pictures of some positions, in this order."""
    order = np.asarray(order)
    return Pictures(
        [pictures.paths[place] for place in order],
        [pictures.labels[place] for place in order],
        *(getattr(pictures, name)[order] for name in ("sizes", "modified", "widths", "heights")),
        pictures.digests[order],
        pictures.codes[order],
    )


@pytest.fixture(scope="session")
def crops():
    """60 pictures, and of each of the first 40 a crop."""
    return made_up(100, 40)


@pytest.fixture
def with_same_bytes(crops):
    """The last three have the bytes of the first."""
    digests = crops.digests.copy()
    codes = crops.codes.copy()
    digests[-3:], codes[-3:] = digests[0], codes[0]
    return replace(crops, digests=digests, codes=codes)
