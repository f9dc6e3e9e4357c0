"""What came instead of an image, and which kind of image came."""

import mimetypes

from pixelmill.images.kinds import is_web_page, kind_of

_PAGE_TYPES = ("text/html", "application/xhtml+xml")


class NoImageError(Exception):
    """What came is no image that can be used; the message says what it is."""


def image_extension(data: bytes, content_type: str) -> str:
    """The file name ending of an image by its first bytes, or by what the server says of it.

    Args:
        data: What came.
        content_type: As the server names it, without parameters; '' where it does not.

    Raises:
        NoImageError: It is empty, a web page, an image of a kind that is not read, or neither
            bytes nor server speak of an image.
    """
    if not data:
        raise NoImageError("the answer is empty")
    if kind := kind_of(data):
        if not kind.is_read:
            raise NoImageError(kind.refusal)
        return kind.extensions[0]
    if is_web_page(data) or content_type in _PAGE_TYPES:
        raise NoImageError("a web page came, no image")
    if not content_type.startswith("image/"):
        kind_said = content_type or "unsaid"
        raise NoImageError(
            f"no image came: it begins with {data[:8]!r}, and its type is {kind_said}"
        )
    return mimetypes.guess_extension(content_type) or ".image"
