"""One list says what is listed, downloaded, decoded and shown."""

import time

import numpy as np
import pytest
from PIL import Image

from pixelmill.collection.checking import NoImageError, image_extension
from pixelmill.errors import UndecodableImageError
from pixelmill.images.decoding import decode
from pixelmill.images.kinds import EXTENSIONS, KINDS, is_web_page, kind_of
from pixelmill.images.limits import Limits
from pixelmill.parameters import IngestionParameters
from pixelmill.thumbnails import thumbnail
from tests.images.pictures import difference, file_of, scene

READ = [kind for kind in KINDS if kind.is_read]
NOT_READ = {
    "HEIC": b"\0\0\0\x24ftypheic\0\0\0\0mif1heic" + bytes(500),
    "HEIC of another brand": b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(500),
    "JPEG XL": b"\xff\x0a" + bytes(50),
    "JPEG XL in boxes": b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(50),
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(50),
    "Photoshop": b"8BPS\0\1" + bytes(50),
    "SVG": b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
}
NO_IMAGES = {
    b"<!DOCTYPE html><html><body>403</body></html>": "not an image: it is a web page",
    b"%!PS-Adobe-3.0 EPSF-3.0\n": r"not an image: it begins with '%!PS-Ado'",
    b"%PDF-1.7\n": r"not an image: it begins with '%PDF-1.7'",
    b"\0\0\0\x18ftypmp42\0": "not an image: it begins with the bytes 00 00 00 18 66 74 79 70",
    b"BMW is a car": "not an image: it begins with 'BMW is a'",
}


@pytest.mark.parametrize("kind", READ, ids=lambda kind: kind.name)
def test_what_is_listed_and_downloaded_is_decoded_and_shown(kind):
    data = file_of(scene((64, 48)), kind.name.upper(), quality=95)
    assert kind_of(data) is kind
    assert set(kind.extensions) <= set(IngestionParameters().extensions)
    assert image_extension(data, "text/html") == kind.extensions[0]
    found = decode(data, Limits(10_000))
    assert difference(found.shown(found.pixels), scene((64, 48))) < 6
    assert kind_of(thumbnail(data, 32)).name == "WebP"


@pytest.mark.parametrize("data", NOT_READ.values(), ids=NOT_READ)
def test_kinds_that_are_not_read_are_named_everywhere(data):
    reason = r"(HEIC|JPEG XL|JPEG 2000|Photoshop|SVG) is not read: convert it to JPEG or PNG$"
    with pytest.raises(UndecodableImageError, match="^" + reason):
        decode(data, Limits(1))
    with pytest.raises(UndecodableImageError, match="^no thumbnail: " + reason):
        thumbnail(data, 32)
    with pytest.raises(NoImageError, match=reason):
        image_extension(data, "image/jpeg")


@pytest.mark.parametrize(("data", "reason"), NO_IMAGES.items(), ids=list(NO_IMAGES.values()))
def test_other_files_are_no_images(data, reason):
    with pytest.raises(UndecodableImageError) as problem:
        decode(data, Limits(1))
    assert str(problem.value) == reason
    assert kind_of(data) is None


def test_photos_of_a_phone_do_not_vanish_from_a_listing():
    assert {".heic", ".heif", ".avif"} <= set(EXTENSIONS)
    assert not {".svg", ".psd", ".pdf"} & set(EXTENSIONS)


def test_avif_that_also_names_brands_of_heic_is_avif():
    data = file_of(scene((64, 48)), "AVIF")
    assert kind_of(data).name == "AVIF"
    assert kind_of(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifheic").name == "AVIF"


def test_a_film_with_the_brand_far_behind_is_no_image():
    assert kind_of(b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + b"avif" * 99) is None


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tiff"])
def test_the_ending_says_nothing_of_the_kind(name):
    assert kind_of(file_of(Image.fromarray(np.zeros((4, 4), np.uint8)), "GIF")).name == "GIF"


TAGS = [b"<!-- -->", b"<!---->", b"<!--", b"<?xml?>", b"<?", b" ", b"\n", b"<!doctype svg ", b">"]


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("end", [b"", b"<", b"x", b"<svg", b"<html"])
def test_the_kind_of_a_file_of_tags_takes_no_time(tag, end):
    data = tag * (1000 // len(tag)) + end
    began = time.process_time()
    kind_of(data)
    is_web_page(data)
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\xef\xbb\xbf <!-- a --><!-- b -->\n<SVG width='1'>", "SVG"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "x" [<!ENTITY a "b">]>\n<svg>', "SVG"),
        (b"<svgx>", None),
        (b"<!-- <svg> --> <html>", None),
    ],
)
def test_the_first_tag_decides_the_kind(data, name):
    assert getattr(kind_of(data), "name", None) == name
    assert is_web_page(data) == data.endswith(b"<html>")
