"""Several featurizers from one decoding give what each of them gives alone."""

import io

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from pixelmill.errors import UnreadableImageError
from pixelmill.featurizers.together import featurize_together

NAMES = ("efficientnet_lite0", "picture_signature", "picture_checks", "colour_statistics")


@pytest.fixture(scope="module")
def opened(featurizer, lite0):
    """One of each, open."""
    others = {name: featurizer(name).prepare().open(threads=1) for name in NAMES[1:]}
    return {NAMES[0]: lite0, **others}


@pytest.fixture(scope="module")
def images(assets):
    """Files of every kind, turned, grey, transparent, in other colours, broken and unreadable."""
    photo = (assets / "pets" / "Bengal").glob("*.jpg").__next__()
    with Image.open(photo) as image:
        picture = image.convert("RGB")
    turned = Image.Exif()
    turned[0x0112] = 6
    jpeg = file_of(picture, "JPEG", exif=turned)
    return [
        photo.read_bytes(),
        file_of(picture.resize((1300, 900)), "JPEG", progressive=True),
        file_of(picture.resize((1000, 1000)), "JPEG"),
        file_of(picture.resize((60, 20)), "JPEG"),
        jpeg,
        jpeg[: len(jpeg) // 2],
        file_of(picture.convert("L"), "JPEG"),
        file_of(picture.convert("CMYK"), "JPEG"),
        UnreadableImageError("there is no such file"),
        file_of(picture.convert("RGBA"), "PNG"),
        file_of(picture.convert("LA"), "PNG"),
        file_of(picture, "TIFF"),
        file_of(picture, "WEBP"),
        file_of(picture, "GIF"),
        b"",
        b"<html>",
    ]


def file_of(picture, kind, **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("first", NAMES[:2])
def test_each_featurizer_has_the_rows_that_it_makes_alone(opened, images, first):
    order = [first, *(name for name in NAMES if name != first)]
    wanted = np.random.default_rng(0).random((len(images), len(order))) < 0.8
    for flags in (wanted, wanted & (np.arange(len(order)) > 0)):
        together = featurize_together([opened[name] for name in order], images, flags)
        for name, done, of_one in zip(order, together, flags.T, strict=True):
            chosen = [image for image, is_wanted in zip(images, of_one, strict=True) if is_wanted]
            alone = opened[name](chosen)
            assert done.errors == alone.errors
            assert np.array_equal(done.features, alone.features), name
            assert done.remarks == alone.remarks
            assert done.decode_seconds >= 0


def test_a_jpeg_is_decoded_once(opened, images, monkeypatch):
    decoded = []
    decode_jpeg = simplejpeg.decode_jpeg

    def counted(data, *arguments, **options):
        decoded.append(data)
        return decode_jpeg(data, *arguments, **options)

    monkeypatch.setattr(simplejpeg, "decode_jpeg", counted)
    usual = [opened[name] for name in NAMES[:3]]
    featurize_together(usual, images[:3], np.ones((3, 3), np.bool_))
    assert len(decoded) == 3
