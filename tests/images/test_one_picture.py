"""Features, signatures and thumbnails see one picture of a file, whatever its kind."""

import io

import numpy as np
import pytest
from PIL import Image

from pixelmill.errors import UndecodableImageError
from pixelmill.featurizers.decoding import Decoder, FullSizeDecoder
from pixelmill.featurizers.picture_signature import featurizer, unpacked
from pixelmill.images.limits import Limits
from pixelmill.parameters import FeaturizationParameters
from pixelmill.thumbnails import jpeg_thumbnail, thumbnail
from tests.images.pictures import difference, file_of, oriented, scene, stored_for

KINDS = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {},
    "WEBP": {"lossless": True},
    "TIFF": {},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
}


def file_turned(kind, number, picture, options):
    stored = stored_for(picture, number)
    if kind == "TIFF":
        return file_of(stored, kind, tiffinfo={274: number}, **options)
    return file_of(stored, kind, exif=oriented(number), **options)


def signature(data):
    return featurizer(FeaturizationParameters(featurizer="picture_signature")).open(1)([data])


def seen(data, size=(60, 80)):
    """What each of the readers of pixels sees, as [60, 80, 3]."""
    network = np.empty((*size, 3), np.uint8)
    Decoder(size, Limits(1_000_000)).decode(data, network)
    full = Image.fromarray(FullSizeDecoder(Limits(1_000_000)).decode(data))
    pictures = {"network": network, "statistics": np.asarray(full.resize(size[::-1]))}
    for name, made in {
        "page": thumbnail(data, 80),
        "mosaic": jpeg_thumbnail(data, 80).data,
    }.items():
        with Image.open(io.BytesIO(made)) as small:
            assert small.size == size[::-1]
            pictures[name] = np.asarray(small.convert("RGB"))
    return pictures


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("kind", KINDS)
def test_every_direction_of_every_kind_is_upright_for_everybody(kind, number):
    upright = scene((160, 120))
    data = file_turned(kind, number, upright, KINDS[kind])
    expected = np.asarray(upright.resize((80, 60), Image.Resampling.BOX))
    for name, picture in seen(data).items():
        assert difference(picture, expected) < 5, name
    made = jpeg_thumbnail(data, 80)
    assert (made.width, made.height) == (160, 120)
    assert unpacked(signature(data).features).sizes.tolist() == [[160, 120]]


def samples(kind):
    """Files of unusual samples: the picture that all must see is that of the full decoder."""
    grey = np.asarray(scene((160, 120)).convert("L"))
    if kind == "float":
        return file_of(Image.fromarray(grey.astype(np.float32) / 255), "TIFF")
    if kind == "dark float":
        return file_of(Image.fromarray(grey.astype(np.float32) / 1000), "TIFF")
    if kind == "16 bit":
        return file_of(Image.fromarray(grey.astype(np.uint16) * 257), "PNG")
    if kind == "32 bit":
        return file_of(Image.fromarray(grey.astype(np.int32) * 100), "TIFF")
    if kind == "palette":
        return file_of(scene((160, 120)).quantize(64, dither=Image.Dither.NONE), "PNG")
    image = scene((160, 120)).convert(kind, dither=Image.Dither.NONE)
    return file_of(image, "JPEG" if kind == "CMYK" else "TIFF" if kind == "LAB" else "PNG")


@pytest.mark.parametrize(
    "kind", ["float", "dark float", "16 bit", "32 bit", "palette", "CMYK", "LAB", "LA", "1"]
)
def test_unusual_samples_are_the_same_for_everybody(kind):
    pictures = seen(samples(kind))
    for name, picture in pictures.items():
        assert difference(picture, pictures["statistics"]) < 5, name


@pytest.mark.parametrize("make", [thumbnail, jpeg_thumbnail])
def test_what_has_no_features_has_no_thumbnail_and_for_the_same_reason(make):
    data = file_of(scene((160, 120)), "JPEG")
    for broken in (b"", b"text", data[: len(data) // 2], data[: len(data) // 2] + data[-2:]):
        with pytest.raises(UndecodableImageError) as reason:
            FullSizeDecoder(Limits(1_000_000)).decode(broken)
        with pytest.raises(UndecodableImageError) as shown:
            make(broken, 80)
        assert str(shown.value) == f"no thumbnail: {reason.value}"


def test_remarks_are_counted_until_they_are_taken():
    decoder, into = Decoder((8, 8), Limits(1_000_000)), np.empty((8, 8, 3), np.uint8)
    data = file_of(scene((64, 48)), "JPEG")
    for _ in range(3):
        decoder.decode(data[:-2], into)
    decoder.decode(data, into)
    assert decoder.take_remarks() == {"JPEG without its end marker": 3}
    assert not decoder.take_remarks()
