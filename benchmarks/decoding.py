"""CPU time to decode a photo to 224 x 224: what headers, profiles and checks cost.

python -m benchmarks.decoding [--photos 150] [--repeats 15]

Every photo of pets is decoded as it is without a profile, with one of sRGB and with one of
Display P3, and as PNG; by turns, the least of all repeats counts. The floor is libjpeg-turbo and
OpenCV alone, without header, direction, profile or a check of damage.
"""

import argparse
import io
import statistics
import struct
import time
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import simplejpeg
from PIL import Image, ImageCms

from benchmarks.machine import print_header
from benchmarks.photos import PETS
from pixelmill.featurizers.decoding import Decoder
from pixelmill.images.jpeg import read_header, segments
from pixelmill.images.limits import Limits

SIDE = 224
P3 = {
    b"rXYZ": (0.51512, 0.24120, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.15710, 0.06657, 0.78407),
}
Decode = Callable[[bytes], None]


def srgb_profile() -> bytearray:
    """LittleCMS's own profile of sRGB."""
    return bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def wide_profile() -> bytearray:
    """The same with the primaries of Display P3."""
    data = srgb_profile()
    for entry in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12):
        if values := P3.get(bytes(data[entry : entry + 4])):
            place = int.from_bytes(data[entry + 4 : entry + 8], "big") + 8
            data[place : place + 12] = struct.pack(">iii", *(round(v * 65536) for v in values))
    return data


def with_profile(photo: bytes, profile: bytes) -> bytes:
    """A JPEG with this profile in the place of its own."""
    body = b"ICC_PROFILE\0\1\1" + profile
    kept, start = [b"\xff\xd8"], 2
    if profile:
        kept.append(b"\xff\xe2" + (len(body) + 2).to_bytes(2, "big") + body)
    for marker, content, end in segments(photo):
        if not (marker == 0xE2 and content.startswith(b"ICC_PROFILE\0")):
            kept.append(photo[start:end])
        start = end
    return b"".join([*kept, photo[start:]])


def as_png(photo: bytes) -> bytes:
    """The photo as PNG."""
    out = io.BytesIO()
    Image.open(io.BytesIO(photo)).convert("RGB").save(out, "PNG", compress_level=1)
    return out.getvalue()


def decoded(decoder: Decoder, into: np.ndarray) -> Decode:
    """All that a featurizer does before its network."""

    def decode(photo: bytes) -> None:
        decoder.decode(photo, into)

    return decode


def floor(into: np.ndarray) -> Decode:
    """libjpeg-turbo at full size and OpenCV's bilinear resize."""

    def decode(photo: bytes) -> None:
        pixels = simplejpeg.decode_jpeg(photo, strict=True)
        cv2.resize(pixels, (SIDE, SIDE), dst=into, interpolation=cv2.INTER_LINEAR)

    return decode


def _is_small(photo: bytes) -> bool:
    header = read_header(photo)
    return header is not None and min(header.height, header.width) < 2 * SIDE


def least(repeats: int, sides: dict[str, tuple[Decode, Sequence[bytes]]]) -> dict[str, float]:
    """Microseconds of CPU time for an image, by turns: the least of all repeats."""
    found = dict.fromkeys(sides, float("inf"))
    for _ in range(repeats):
        for name, (decode, photos) in sides.items():
            began = time.process_time()
            for photo in photos:
                decode(photo)
            spent = (time.process_time() - began) / len(photos)
            found[name] = min(found[name], 1e6 * spent)
    return found


def main() -> None:
    """Reads the arguments and measures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--photos", type=int, default=150)
    arguments.add_argument("--repeats", type=int, default=15)
    given = arguments.parse_args()
    print_header()
    files = [path.read_bytes() for path in sorted(PETS.rglob("*.jpg"))]
    # Photos that need no reduced scale, so that the floor does the same work.
    small = [photo for photo in files if _is_small(photo)]
    photos = [with_profile(photo, b"") for photo in small[: given.photos]]
    into = np.empty((SIDE, SIDE, 3), np.uint8)
    ours = decoded(Decoder((SIDE, SIDE), Limits()), into)
    sides = {
        "floor": (floor(into), photos),
        "no profile": (ours, photos),
        "sRGB profile": (ours, [with_profile(photo, srgb_profile()) for photo in photos]),
        "Display P3 profile": (ours, [with_profile(photo, wide_profile()) for photo in photos]),
        "PNG": (ours, [as_png(photo) for photo in photos[:20]]),
    }
    pixels = statistics.median(h.width * h.height for h in map(read_header, photos))
    print(f"{len(photos)} photos, {pixels / 1000:.0f} thousand pixels in the median")
    for name, spent in least(given.repeats, sides).items():
        print(f"{name:20}{spent:8.0f} µs an image")


if __name__ == "__main__":
    main()
