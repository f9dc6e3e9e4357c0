"""The numbers of the checks: what brightness, size, quality and blur change, and what not."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from pixelmill.errors import InputError, UnreadableImageError
from pixelmill.featurizers.picture_checks import COLUMNS, FORMATS

BLURRED = 1.4  # pixels; as in conf/base/parameters/exploration.yml


@pytest.fixture
def check(featurizer):
    """The numbers of an image file by their names."""
    opened = featurizer("picture_checks").prepare().open(threads=1)

    def check(data):
        batch = opened([data])
        assert batch.errors == [None]
        return dict(zip(COLUMNS, batch.features[0].tolist(), strict=True))

    return check


@pytest.fixture(scope="module")
def photos(assets):
    """Five photos of pets."""
    files = sorted((assets / "pets").rglob("*.jpg"))[::60]
    return [Image.open(file).convert("RGB") for file in files]


def file_of(picture, kind="PNG", **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def test_a_row_has_size_format_channels_and_levels(check):
    picture = Image.new("RGB", (300, 200), (255, 0, 0))
    found = check(file_of(picture))
    assert (found["width"], found["height"], found["channels"]) == (300, 200, 3)
    assert FORMATS[int(found["format"])] == "PNG"
    assert found["luma_p1"] == found["luma_p99"] == pytest.approx(76, abs=1)
    assert found["chroma_mean"] == found["chroma_p99"] == 255
    assert found["entropy"] == found["spread"] == found["luma_std"] == 0
    assert found["edge_strength"] == 0


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("CMYK", 4)])
@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_the_channels_are_those_of_the_file(check, photos, kind, mode, channels):
    assert check(file_of(photos[0].convert(mode), kind))["channels"] == channels


def test_percentiles_are_the_levels_of_sorted_pixels(check):
    levels = np.random.default_rng(0).integers(0, 256, (100, 100), dtype=np.uint8)
    found = check(file_of(Image.fromarray(np.dstack([levels] * 3))))
    expected = np.percentile(levels, [1, 5, 50, 95, 99], method="inverted_cdf")
    assert [found[f"luma_p{percent}"] for percent in (1, 5, 50, 95, 99)] == expected.tolist()
    assert found["luma_mean"] == pytest.approx(levels.mean())
    assert found["luma_std"] == pytest.approx(levels.std())
    assert found["entropy"] == pytest.approx(8, abs=0.05)


def test_sharp_photos_are_sharp_at_any_size_and_quality(check, photos):
    for photo in photos:
        large = photo.resize([2 * side for side in photo.size], Image.Resampling.BICUBIC)
        huge = photo.resize([4 * side for side in photo.size], Image.Resampling.BICUBIC)
        files = [file_of(photo, "JPEG", quality=quality) for quality in (30, 95)]
        files += [file_of(large, "JPEG", quality=90), file_of(huge, "JPEG", quality=90)]
        assert max(check(file)["edge_width"] for file in files) < BLURRED


def test_more_blur_is_a_wider_edge(check, photos):
    for photo in photos:
        blurs = [photo.filter(ImageFilter.GaussianBlur(sigma)) for sigma in (0, 1, 2, 4, 8)]
        widths = [check(file_of(blur, "JPEG", quality=90))["edge_width"] for blur in blurs]
        assert widths == sorted(widths)
        assert widths[-1] > BLURRED


def test_a_sharp_subject_on_a_soft_background_is_sharp(check, photos):
    for photo in photos[:4]:
        soft = photo.filter(ImageFilter.GaussianBlur(12))
        width, height = photo.size
        box = (width // 3, height // 3, 2 * width // 3, 2 * height // 3)
        soft.paste(photo.crop(box), box)
        assert check(file_of(soft))["edge_width"] < BLURRED


def test_a_plain_photo_has_no_edges_to_judge(check):
    """A clear sky: a slow gradient of 100 levels with the noise of a sensor."""
    rows = np.linspace(120, 220, 768)[:, None] + np.random.default_rng(0).normal(0, 2, (768, 1024))
    sky = Image.fromarray(np.dstack([rows.clip(0, 255).astype(np.uint8)] * 3))
    assert check(file_of(sky, "JPEG", quality=90))["edge_strength"] < 3


def test_grey_photos_have_no_chroma(check, photos):
    grey, colour = photos[0].convert("L"), photos[0]
    assert check(file_of(grey, "JPEG"))["chroma_p99"] == 0
    assert check(file_of(grey.convert("RGB"), "JPEG"))["chroma_p99"] <= 2
    assert check(file_of(colour, "JPEG"))["chroma_p99"] > 20


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (2, 3), (5000, 2)])
def test_pictures_of_any_shape_have_finite_numbers(check, size):
    found = check(file_of(Image.new("RGB", size, (10, 20, 30))))
    assert (found["width"], found["height"]) == size
    assert found["short_side"] == min(size)
    assert found["aspect"] == pytest.approx(max(size) / min(size))
    assert np.isfinite(list(found.values())).all()


def test_a_dim_photo_has_contrast_and_a_blank_one_has_none(check, photos):
    dim = photos[0].point(lambda level: level * 0.04)
    assert check(file_of(dim))["contrast"] > 0.08
    for level in (0, 64, 128, 255):
        noise = np.random.default_rng(0).normal(level, min(level, 2), (300, 300, 3))
        blank = Image.fromarray(noise.clip(0, 255).round().astype(np.uint8))
        assert check(file_of(blank, "JPEG", quality=90))["contrast"] < 0.03


def test_failures_are_reasons(featurizer):
    opened = featurizer("picture_checks").open(threads=1)
    batch = opened([b"", UnreadableImageError("gone"), file_of(Image.new("L", (9, 9)))])
    assert batch.errors == ["empty file", "unreadable, gone", None]
    assert batch.features.shape == (1, len(COLUMNS))


def test_parameters_of_a_network_are_refused(featurizer):
    with pytest.raises(InputError, match=r"featurization\.layer: picture_checks is no network"):
        featurizer("picture_checks", layer="fc2")
