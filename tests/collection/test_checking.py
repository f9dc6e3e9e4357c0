"""What came: an image, a web page, or something else."""

import pytest

from pixelmill.collection.checking import NoImageError, image_extension
from tests.collection.photo_server import PAGE, picture


@pytest.mark.parametrize(
    ("kind", "ending"),
    [("JPEG", ".jpg"), ("PNG", ".png"), ("GIF", ".gif"), ("WEBP", ".webp"), ("BMP", ".bmp"),
     ("TIFF", ".tif"), ("AVIF", ".avif")],
)  # fmt: skip
@pytest.mark.parametrize("content_type", ["", "text/html", "image/jpeg"])
def test_the_bytes_of_an_image_count_more_than_what_the_server_says(kind, ending, content_type):
    assert image_extension(picture(1, kind), content_type) == ending


@pytest.mark.parametrize(
    ("content_type", "ending"), [("image/png", ".png"), ("image/x-mine", ".image")]
)
def test_bytes_that_nobody_knows_are_what_the_server_says(content_type, ending):
    assert image_extension(b"\x00\x01\x02", content_type) == ending


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (PAGE, "image/jpeg"),
        (b"\xef\xbb\xbf\n<!-- a --> <!-- b -->\n<HTML lang='en'>", ""),
        (b"anything", "text/html"),
        (b"<x/>", "application/xhtml+xml"),
    ],
)
def test_a_web_page_is_no_image(data, content_type):
    with pytest.raises(NoImageError, match="a web page came"):
        image_extension(data, content_type)


def test_nothing_and_something_else_are_no_images():
    with pytest.raises(NoImageError, match="the answer is empty"):
        image_extension(b"", "image/jpeg")
    with pytest.raises(NoImageError, match=r"begins with 'BMW is a', and its type is unsaid"):
        image_extension(b"BMW is a car", "")
