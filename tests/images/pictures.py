"""Made-up pictures, and the parts of files that hold them."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageDraw


def scene(size=(160, 120)):
    """A picture with no symmetry: a slope of colours, a red box, a blue disc, a green bar."""
    width, height = size
    row, column = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    channels = [220 * column + 20, 200 * row + 30, 120 * (1 - row) * column + 60]
    image = Image.fromarray(np.stack(channels, axis=2).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.rectangle([0.1 * width, 0.1 * height, 0.4 * width, 0.3 * height], fill=(200, 40, 40))
    draw.ellipse([0.6 * width, 0.5 * height, 0.9 * width, 0.9 * height], fill=(40, 60, 200))
    draw.rectangle([0.2 * width, 0.6 * height, 0.3 * width, 0.95 * height], fill=(40, 180, 70))
    return image


def file_of(image, kind, **options):
    """The bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def difference(actual, expected):
    """Mean difference of two pictures, 0 to 255."""
    return float(np.abs(np.asarray(actual).astype(float) - np.asarray(expected)).mean())


def oriented(number):
    """EXIF that says how a picture is to be turned."""
    exif = Image.Exif()
    exif[0x0112] = number
    return exif


def stored_for(upright, number):
    """What a camera stores with this orientation for a picture that is to look like `upright`."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's numbers of the turns back
    return upright.transpose(undo[number]) if number > 1 else upright


def segment(marker, body):
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def png_chunk(kind, body, checksum=None):
    """A chunk of a PNG."""
    checksum = zlib.crc32(kind + body) if checksum is None else checksum
    return len(body).to_bytes(4, "big") + kind + body + checksum.to_bytes(4, "big")


def tiff_file(values, tags, order="<", pack=bytes):
    """A grey TIFF of one strip, with further tags (tag, type, value).

    `pack` makes the bytes of the strip from those of the samples.
    """
    height, width = values.shape
    data = pack(values.astype(values.dtype.newbyteorder(order)).tobytes())
    data += bytes(len(data) % 2)
    entries = {256: (4, width), 257: (4, height), 258: (3, 8 * values.itemsize), 259: (3, 1)}
    entries |= {262: (3, 1), 273: (4, 8), 277: (3, 1), 278: (4, height), 279: (4, len(data))}
    entries |= {tag: (kind, value) for tag, kind, value in tags}
    rows = [
        struct.pack(order + ("HHIHxx" if kind == 3 else "HHII"), tag, kind, 1, value)
        for tag, (kind, value) in sorted(entries.items())
    ]
    directory = struct.pack(order + "H", len(rows)) + b"".join(rows) + bytes(4)
    head = {"<": b"II*\0", ">": b"MM\0*"}[order]
    return head + struct.pack(order + "I", 8 + len(data)) + data + directory
