"""Images that are small as files take no more memory than is reckoned, and little time."""

import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from benchmarks.decoding_memory import measure
from pixelmill.images.limits import Limits
from tests.images.bombs import bombs

SIDE = 4_000
LIMITS = Limits(max_pixels=SIDE**2, max_decoded_bytes=140_000_000)
LARGE = Limits(max_pixels=SIDE**2, max_decoded_bytes=450_000_000)
ADDRESS_SPACE = 1_500_000_000  # that a process may take: a bomb that goes off ends itself alone
PIXELS = None
MEMORY = r"^too much memory: decoding it takes \d+ bytes, max_decoded_bytes is 140000000$"
OUTCOMES = {
    "webp canvas": MEMORY,
    "webp animation": PIXELS,
    "webp empty chunks": "^too much work: it has too many chunks before pixels$",
    "png rgba": MEMORY,
    "png of 16 bits": MEMORY,
    "png interlaced": MEMORY,
    "png column": PIXELS,
    "png row": MEMORY,
    "png text": PIXELS,
    "png profile": PIXELS,
    "png empty chunks": "^too much work: it has more than 131072 chunks$",
    "gif comments": PIXELS,
    "gif animation": PIXELS,
    "gif screen": PIXELS,
    "gif freed": "^too many pixels: 4294836225, max_pixels is 16000000$",
    "bmp runs": "^too much work: BMP with run lengths of 16000000 pixels, at most 8388608 ",
    "avif frame": "^too many pixels: 25000000, max_pixels is 16000000$",
    "avif boxes": "^too much work: it has more than 65536 parts$",
    "avif items": "^corrupt image: it does not tell where its items are$",
    "avif pieces": "^corrupt image: Failed to decode frame 0",
    "tiff rgba": MEMORY,
    "tiff of floats": MEMORY,
    "tiff turned": MEMORY,
    "tiff samples": MEMORY,
    "tiff tile": "^too much work: its 1 tiles of 65536x16384 pixels are larger than it$",
    "tiff tiles": "^too much work: its 62500 tiles of 65536x16 pixels are larger than it$",
    "tiff rows": "^too much work: it has 16000000 strips or tiles, at most 262144 are decoded$",
    "tiff shared values": "^corrupt image: its tags have more values than fit into it$",
    "tiff of a million tags": "^corrupt image: its directory has 1000007 tags$",
    "tiff nested": PIXELS,
    "tiff fax": "^too much work: a fax of more than 262144 rows is not decoded$",
    "tiff of jpeg": "^corrupt image: a part of it is larger than its place$",
    "jpeg progressive": MEMORY,
    "jpeg scans": "^too much work: it has more than 100 scans of one picture$",
    "jpeg fewer scans": PIXELS,
    "jpeg fewer scans of more": "^too many pixels: 98010000, max_pixels is 16000000$",
    "jpeg tables": PIXELS,
    "jpeg segments": "^too much work: it has more than 65536 segments$",
    "jpeg fill": PIXELS,
    "jpeg restarts": "^too much work: it has more than 262144 restarts$",
    "jpeg size": "^corrupt image: premature end of data segment$",
}
REFUSED = [name for name, outcome in OUTCOMES.items() if outcome is MEMORY]


@pytest.fixture(scope="module")
def files():
    return bombs(SIDE)


@pytest.fixture(scope="module")
def measure_all():
    """Measures files from a small process: one that has loaded networks takes long to fork."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:

        def run(files, limits):
            return pool.submit(listed, files, limits).result()

        yield run


def listed(files, limits):
    return list(measure(files, limits, ADDRESS_SPACE))


@pytest.fixture(scope="module")
def measured(files, measure_all):
    return {found.name: found for found in measure_all(list(files.items()), LIMITS)}


def test_every_bomb_is_measured(measured):
    assert measured.keys() == OUTCOMES.keys()


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_bomb_is_decoded_or_refused_within_the_limits(measured, name):
    found, outcome = measured[name], OUTCOMES[name]
    if outcome is PIXELS:
        assert found.reason is None
    else:
        assert re.search(outcome, found.reason)
    assert found.peak <= min(found.reckoned, LIMITS.max_decoded_bytes)
    assert found.seconds < 5


@pytest.mark.parametrize("name", sorted(set(REFUSED) - {"tiff samples"}))
def test_what_is_reckoned_is_not_less_than_what_decoding_takes(files, measure_all, name):
    (found,) = measure_all([(name, files[name])], LARGE)
    assert found.reason is None
    assert found.peak <= found.reckoned
    assert found.reckoned > LIMITS.max_decoded_bytes
