"""What the chunks of a WebP file say.

Source: Google, WebP Container Specification.
"""

from pixelmill.errors import UndecodableImageError
from pixelmill.images.tiff import exif_orientation


def read_webp(data: bytes) -> tuple[int, bytes]:
    """Read the orientation and the profile of a file.

    Args:
        data: Content of the file.

    Returns:
        EXIF orientation, 1 to 8; ICC profile, empty where there is none.

    Raises:
        UndecodableImageError: The file is shorter than it says.
    """
    size = int.from_bytes(data[4:8], "little") + 8
    if len(data) < size:
        raise UndecodableImageError(f"truncated image: it has {len(data)} of {size} bytes")
    found, place = {b"EXIF": b"", b"ICCP": b""}, 12
    while place + 8 <= size:
        kind, length = (
            data[place : place + 4],
            int.from_bytes(data[place + 4 : place + 8], "little"),
        )
        if kind in found:
            found[kind] = data[place + 8 : place + 8 + length]
        place += 8 + length + (length & 1)
    return exif_orientation(found[b"EXIF"]), found[b"ICCP"]
