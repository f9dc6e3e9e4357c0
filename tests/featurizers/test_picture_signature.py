"""A signature is a small copy of the picture and a digest of the bytes, of every kind of file."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from pixelmill.errors import InputError, UnreadableImageError
from pixelmill.featurizers import fingerprint
from pixelmill.featurizers.picture_signature import (
    COLUMNS,
    DIGEST,
    LUMA,
    PIXELS,
    packed,
    unpacked,
)


@pytest.fixture
def sign(featurizer):
    """The featurizer as a worker has it."""
    return featurizer("picture_signature").prepare().open(threads=1)


def file_of(picture, kind="PNG", **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def mean_difference(codes, others):
    return np.abs(codes.astype(int) - others).mean()


@pytest.fixture
def halves():
    """Black above red: 300 wide, 200 high."""
    picture = Image.new("RGB", (300, 200))
    picture.paste((255, 0, 0), (0, 100, 300, 200))
    return picture


def test_a_row_holds_luma_colour_size_and_digest(sign, halves):
    data = file_of(halves)
    (row,) = sign([data]).features
    assert row.dtype == np.float32
    assert row.shape == (COLUMNS,)
    codes, sizes, digests = unpacked(row[None])
    luma = codes[0, : LUMA * LUMA].reshape(LUMA, LUMA).astype(int)
    assert np.allclose(luma[: LUMA // 2 - 1], 0, atol=1)
    assert np.allclose(luma[LUMA // 2 + 1 :], 76, atol=1)
    blue, red = codes[0, LUMA * LUMA :].reshape(2, 16, 16).astype(int)
    assert np.allclose(blue[:7], 128, atol=1)
    assert np.allclose(blue[9:], 85, atol=1)
    assert np.allclose(red[9:], 255, atol=1)
    assert sizes.tolist() == [[300, 200]]
    assert digests.tobytes() == hashlib.sha256(data).digest()


def test_all_numbers_are_whole_and_exact(sign, assets):
    photos = [photo.read_bytes() for photo in sorted((assets / "pets").rglob("*.jpg"))[:8]]
    rows = sign(photos).features
    assert (rows == np.round(rows)).all()
    assert rows.max() < 2**24
    assert rows.min() >= 0


def test_bytes_of_every_value_come_back():
    values = np.random.default_rng(0).integers(0, 256, (3, PIXELS + DIGEST), np.uint8)
    values[0], values[1] = 0, 255
    codes, digests = values[:, :PIXELS], values[:, PIXELS:]
    sizes = np.array([[1, 2], [3, 4], [100_000, 6]])
    found = unpacked(np.concatenate([packed(codes), sizes, packed(digests)], axis=1))
    assert (found.codes == codes).all()
    assert (found.sizes == sizes).all()
    assert (found.digests == digests).all()


def test_a_turned_photo_has_the_size_and_picture_that_one_sees(sign, halves):
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = sign([file_of(halves, "JPEG", quality=95)]).features
    stored = halves.transpose(Image.Transpose.ROTATE_90)
    turned = sign([file_of(stored, "JPEG", quality=95, exif=exif)]).features
    assert unpacked(turned).sizes.tolist() == [[300, 200]]
    assert mean_difference(unpacked(turned).codes, unpacked(upright).codes) < 2


def test_the_format_and_the_scale_leave_hardly_a_trace(sign, assets):
    with Image.open(sorted((assets / "pets").rglob("*.jpg"))[0]) as image:
        photo = image.convert("RGB")
    half = photo.resize([side // 2 for side in photo.size], Image.Resampling.LANCZOS)
    files = [file_of(photo), file_of(photo, "WEBP", quality=90), file_of(half, "JPEG", quality=90)]
    codes = unpacked(sign(files).features).codes
    assert mean_difference(codes[1:], codes[0]) < 2


def test_what_is_no_picture_is_a_reason(sign, halves):
    good = file_of(halves, "JPEG")
    done = sign([b"", b"text", good[:300], UnreadableImageError("vanished"), good])
    assert [error is None for error in done.errors] == [False] * 4 + [True]
    assert done.errors[3] == "unreadable, vanished"
    assert done.features.shape == (1, COLUMNS)
    assert sign([b""]).features.shape == (0, 0)


def test_its_description_differs_from_others(featurizer):
    marks = {
        fingerprint(featurizer(name).describe())
        for name in ("picture_signature", "colour_statistics")
    }
    assert len(marks) == 2


def test_it_has_no_layer(featurizer):
    with pytest.raises(InputError, match=r"featurization\.layer: picture_signature is no network"):
        featurizer("picture_signature", layer="fc2")


def test_a_long_and_narrow_picture_keeps_its_rows(sign):
    """With its aspect ratio kept, its ten stripes would be about one pixel each."""
    stripes = np.repeat(np.arange(10) % 2 * 255, 10).astype(np.uint8)
    picture = Image.fromarray(np.tile(stripes[:, None], (1, 2000)))
    codes = unpacked(sign([file_of(picture)]).features).codes
    luma = codes[0, : LUMA * LUMA].reshape(LUMA, LUMA).astype(int)
    middles = luma[(np.arange(10) * 6.4 + 3.2).astype(int)].mean(axis=1)
    assert np.abs(np.diff(middles)).min() > 200
