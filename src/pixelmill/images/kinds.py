"""All image kinds: file endings, first bytes, and which are read."""

import re
from dataclasses import dataclass

# What may precede the first tag of a file of tags. Possessive: a file of nothing but comments would
# otherwise be divided in every way there is, and their number doubles with each comment.
_BEFORE_TAGS = rb"(?is)(?:\xef\xbb\xbf)?+(?:\s|<!--.*?-->|<\?.*?\?>)*+"
_SVG = re.compile(_BEFORE_TAGS + rb"<(?:!doctype\s+)?svg\b")
_PAGE = re.compile(_BEFORE_TAGS + rb"<(?:!doctype\s+html|html|head|body)\b")
_TEXT_BYTES = 1000  # of a text file, which contain its first tag


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        name: Name that people use.
        extensions: File name endings, in lower case; the first is that of a download.
        begins: Matches the first bytes.
        is_read: Whether it is decoded.
        is_listed: Whether files with its endings are images of a source. A kind that is listed but
            not read gives rows with that reason: photos of a phone must not vanish.
    """

    name: str
    extensions: tuple[str, ...]
    begins: re.Pattern[bytes]
    is_read: bool = True
    is_listed: bool = True

    @property
    def refusal(self) -> str:
        """Why a file of a kind that is not read has no pixels."""
        return f"{self.name} is not read: convert it to JPEG or PNG"


def _begins(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL)


def _brands(names: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a box `ftyp` with one of the brands, as major or compatible."""
    return _begins(rb"\0{3}[\x10-\xfc]ftyp(.{4}){0,12}?(?:" + names + rb")")


JPEG = Kind("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), _begins(rb"\xff\xd8\xff"))
PNG = Kind("PNG", (".png",), _begins(rb"\x89PNG\r\n\x1a\n"))
GIF = Kind("GIF", (".gif",), _begins(rb"GIF8[79]a"))
WEBP = Kind("WebP", (".webp",), _begins(rb"RIFF.{4}WEBP"))
BMP = Kind("BMP", (".bmp",), _begins(rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0{3}"))
TIFF = Kind("TIFF", (".tif", ".tiff"), _begins(rb"II[*+]\0|MM\0[*+]"))
AVIF = Kind("AVIF", (".avif",), _brands(rb"avi[fs]"))
HEIC = Kind("HEIC", (".heic", ".heif"), _brands(rb"hei[cmsxv]|hev[cmsx]|mif[12]"), is_read=False)

KINDS = (
    JPEG, PNG, GIF, WEBP, BMP, TIFF, AVIF, HEIC,
    Kind("JPEG XL", (".jxl",), _begins(rb"\xff\x0a|\0{3}\x0cJXL \r\n\x87\n"), False, False),
    Kind("JPEG 2000", (".jp2",), _begins(rb"\0{3}\x0cjP  \r\n\x87\n|\xffO\xffQ"), False, False),
    Kind("Photoshop", (".psd",), _begins(rb"8BPS\0[\1\2]"), False, False),
    Kind("ICO", (".ico",), _begins(rb"\0\0[\1\2]\0[^\0]\0"), False, False),
    Kind("SVG", (".svg",), _SVG, False, False),
)  # fmt: skip
"""The order matters: AVIF files also name brands of HEIC."""

EXTENSIONS = tuple(ending for kind in KINDS if kind.is_listed for ending in kind.extensions)
"""File name endings, in lower case, that count as images."""


def kind_of(data: bytes) -> Kind | None:
    """Find the kind of a file by its first bytes, whatever its name.

    Args:
        data: Content of the file.

    Returns:
        Its kind; None where it is no kind of image that is known here.
    """
    begin = data[:_TEXT_BYTES]
    if data[4:8] == b"ftyp":  # brands are in this box only
        begin = begin[: int.from_bytes(data[:4], "big")]
    return next((kind for kind in KINDS if kind.begins.match(begin)), None)


def is_web_page(data: bytes) -> bool:
    """Tell whether a file is an HTML page."""
    return _PAGE.match(data[:_TEXT_BYTES]) is not None
