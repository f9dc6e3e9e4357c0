"""Pictures, and the files that hold them."""

import struct

import pytest
from PIL import ImageCms

from pixelmill.images.decoding import decode
from pixelmill.images.limits import Limits
from tests.images.pictures import file_of, scene


@pytest.fixture(scope="session")
def picture():
    """The scene, 160 x 120."""
    return scene()


@pytest.fixture(scope="session")
def encode():
    """Turns a Pillow image into the bytes of a file."""

    return file_of


@pytest.fixture(scope="session")
def rgb():
    """Decodes a file to what one sees, uint8 [height, width, 3]."""

    def rgb(data):
        found = decode(data, Limits(10_000_000))
        return found.shown(found.pixels)

    return rgb


@pytest.fixture(scope="session")
def remarks():
    """What is said about a file that has pixels."""
    return lambda data: decode(data, Limits(10_000_000)).remarks


@pytest.fixture(scope="session")
def wide_profile():
    """A profile of Display P3: sRGB's curve with wider primaries."""
    columns = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for entry in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12):
        values = columns.get(bytes(data[entry : entry + 4]))
        if values:
            place = int.from_bytes(data[entry + 4 : entry + 8], "big") + 8
            data[place : place + 12] = struct.pack(">iii", *(round(v * 65536) for v in values))
    return bytes(data)
