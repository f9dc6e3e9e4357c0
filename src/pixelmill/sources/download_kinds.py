"""What came instead of an image, and which kind of image came."""

import mimetypes
import re

_SIGNATURES = {
    ".jpg": rb"\xff\xd8\xff",
    ".png": rb"\x89PNG\r\n\x1a\n",
    ".gif": rb"GIF8[79]a",
    ".webp": rb"RIFF....WEBP",
    ".bmp": rb"BM.{4}\0{4}",
    ".tif": rb"II[*+]\0|MM\0[*+]",
    ".avif": rb".{4}ftypavi[fs]",
    ".heic": rb".{4}ftyp(hei[cfmsx]|mif1)",
}
_KINDS = {ending: re.compile(begin, re.DOTALL) for ending, begin in _SIGNATURES.items()}
_PAGE = re.compile(rb"(?i)(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b")
_PAGE_TYPES = ("text/html", "application/xhtml+xml")


class NoImageError(Exception):
    """What came is no image; the message says what it is."""


def image_extension(data: bytes, content_type: str) -> str:
    """The file name ending of an image by its first bytes, or by what the server says of it.

    Args:
        data: What came.
        content_type: As the server names it, without parameters; '' where it does not.

    Raises:
        NoImageError: It is empty, a web page, or neither bytes nor server speak of an image.
    """
    if not data:
        raise NoImageError("the answer is empty")
    for ending, begin in _KINDS.items():
        if begin.match(data):
            return ending
    if _PAGE.match(data[:1000]) or content_type in _PAGE_TYPES:
        raise NoImageError("a web page came, no image")
    if not content_type.startswith("image/"):
        kind = content_type or "unsaid"
        raise NoImageError(f"no image came: it begins with {data[:8]!r}, and its type is {kind}")
    return mimetypes.guess_extension(content_type) or ".image"
