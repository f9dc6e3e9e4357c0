"""The statistics are those of textbooks and of numpy, and every kind of file is read or refused."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pixelmill.errors import InputError, UnreadableImageError
from pixelmill.featurizers import colour_statistics, fingerprint
from pixelmill.featurizers.colour_statistics import CHANNELS, COLUMNS, statistics

NO_DIRECTION = np.degrees(np.sqrt(2))  # the angular deviation where hues cancel out


@pytest.fixture
def open_featurizer(featurizer):
    """The featurizer as a worker has it."""

    def open_featurizer(**parameters):
        return featurizer("colour_statistics", **parameters).prepare().open(threads=1)

    return open_featurizer


def of(*colours):
    """The statistics by column of an image whose columns of pixels have these colours."""
    pixels = np.tile(np.array(colours, np.uint8), (6, 1, 1))
    return dict(zip(COLUMNS, statistics(pixels), strict=True))


# Hue, saturation, value, and L*, a*, b* by the CIE's formulas from linear sRGB under D65.
FLAT = {
    (255, 0, 0): (0, 1, 1, 53.24, 80.09, 67.20),
    (0, 255, 0): (120, 1, 1, 87.73, -86.18, 83.18),
    (0, 0, 255): (-120, 1, 1, 32.30, 79.19, -107.86),
    (255, 128, 0): (30, 1, 1, 67.05, 42.83, 74.02),
    (128, 128, 128): (0, 0, 128 / 255, 53.59, 0, 0),
    (255, 255, 255): (0, 0, 1, 100, 0, 0),
    (0, 0, 0): (0, 0, 0, 0, 0, 0),
}
# OpenCV rounds L*, a* and b* to 8 bits.
ROUNDING = {"lightness": 0.5 * 100 / 255, "a": 1.0, "b": 1.0}


@pytest.mark.parametrize("colour", FLAT)
def test_a_flat_colour_has_its_own_values_and_no_deviation(colour):
    found = of(colour, colour)
    expected = dict(zip(CHANNELS, (*colour, *FLAT[colour]), strict=True))
    for channel, value in expected.items():
        exact = ROUNDING.get(channel, 0) + 1e-4
        assert found[f"{channel}_mean"] == pytest.approx(value, abs=exact), channel
    deviations = {name: found[name] for name in COLUMNS if name.endswith("_std")}
    grey = len(set(colour)) == 1
    assert deviations.pop("hue_std") == pytest.approx(NO_DIRECTION if grey else 0, abs=1e-4)
    assert max(deviations.values()) < 1e-4


def test_the_mean_hue_of_reds_on_both_sides_of_0_degrees_is_red():
    both = of((255, 0, 85), (255, 85, 0))  # hues of -20 and 20 degrees, of the same chroma
    assert both["hue_mean"] == pytest.approx(0, abs=1e-9)
    length = np.cos(np.radians(20))
    assert both["hue_std"] == pytest.approx(np.degrees(np.sqrt(2 * (1 - length))), abs=1e-4)


def test_hues_are_weighted_by_chroma_so_that_grey_pixels_have_none():
    assert of((0, 0, 255), (90, 90, 90), (91, 91, 91))["hue_mean"] == pytest.approx(-120)
    assert of((0, 0, 255), (90, 90, 90), (91, 91, 91))["hue_std"] == pytest.approx(0, abs=1e-4)
    weighted = of((200, 0, 0), (50, 100, 50))  # 0 degrees with chroma 200, 120 degrees with 50
    arrow = (200 + 50 * np.exp(2j * np.pi / 3)) / 250
    assert weighted["hue_mean"] == pytest.approx(np.degrees(np.angle(arrow)))
    assert weighted["hue_std"] == pytest.approx(np.degrees(np.sqrt(2 * (1 - abs(arrow)))))


def test_opposite_hues_cancel_out():
    assert of((255, 0, 0), (0, 255, 255))["hue_std"] == pytest.approx(NO_DIRECTION)


def reference(pixels):
    """The same by numpy in one piece, from OpenCV's conversions."""
    hue, saturation, value = np.moveaxis(
        cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV).astype(float), 2, 0
    )
    lightness, a, b = np.moveaxis(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(float), 2, 0)
    others = (saturation / 255, value / 255, lightness / 2.55, a - 128, b - 128)
    linear = [*np.moveaxis(pixels.astype(float), 2, 0), *others]
    rows = [(channel.mean(), channel.std()) for channel in linear]
    chroma = np.rint(saturation * value / 255)
    arrow = (chroma * np.exp(1j * np.radians(2 * hue))).sum() / max(chroma.sum(), 1)
    rows.insert(3, np.degrees((np.angle(arrow), np.sqrt(2 * (1 - min(abs(arrow), 1))))))
    return np.ravel(rows)


def test_photos_agree_with_numpy(assets):
    for photo in sorted((assets / "pets").rglob("*.jpg"))[::40]:
        pixels = np.asarray(Image.open(photo).convert("RGB"))
        np.testing.assert_allclose(statistics(pixels), reference(pixels), atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 255),
    st.integers(0, 2**32 - 1),
    st.integers(1, 300),
)
def test_strips_change_nothing(height, width, brightest, seed, strip):
    pixels = np.random.default_rng(seed).integers(0, brightest + 1, (height, width, 3), np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(colour_statistics, "_STRIP_PIXELS", strip)
        found = statistics(pixels)
    expected = reference(pixels)
    # Where hues nearly cancel out, rounding turns the arrow that is left.
    turn = (found[6] - expected[6] + 180) % 360 - 180
    found[6] = expected[6] + (turn if expected[7] < NO_DIRECTION - 0.1 else 0)
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_all_pixels_count_at_full_size(open_featurizer, encode):
    """A single white pixel of a large picture would be lost in a scaled one."""
    large = np.zeros((2000, 3000, 3), np.uint8)
    large[1234, 2345] = 255
    found = open_featurizer()([encode(Image.fromarray(large), "PNG")]).features[0]
    assert found[0] == pytest.approx(255 / 6e6, rel=1e-5)


@pytest.mark.parametrize(
    ("mode", "colour", "rgb"),
    [
        ("L", 77, (77, 77, 77)),
        ("1", 1, (255, 255, 255)),
        ("I;16", 65535, (255, 255, 255)),
        ("RGBA", (200, 0, 0, 0), (255, 255, 255)),
        ("P", 0, (0, 0, 0)),
    ],
)
def test_every_mode_of_a_png_is_rgb_on_white(open_featurizer, encode, mode, colour, rgb):
    done = open_featurizer()([encode(Image.new(mode, (9, 7), colour), "PNG")])
    assert done.errors == [None]
    assert done.features.dtype == np.float32
    assert done.features[0, [0, 2, 4]] == pytest.approx(rgb, abs=1e-3)


def test_cmyk_and_turned_jpegs_are_read(open_featurizer, encode, picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encode(picture, "JPEG", quality=95, exif=exif)
    as_is = encode(picture, "JPEG", quality=95)
    cmyk = encode(Image.new("CMYK", (20, 20), (0, 255, 255, 0)), "JPEG", quality=95)
    found = open_featurizer()([turned, as_is, cmyk]).features
    assert (found[0] == found[1]).all()
    assert found[2, [0, 2, 4]] == pytest.approx((255, 0, 0), abs=3)


def test_broken_images_cost_no_other_its_features(open_featurizer, encode, picture):
    good, jpeg = encode(picture, "PNG"), encode(picture, "JPEG")
    unreadable = UnreadableImageError("no permission")
    images = [good, jpeg[: len(jpeg) // 2], b"", unreadable, b"Dear diary", good[:-300], good]
    done = open_featurizer()(images)
    assert done.features.shape == (2, 18)
    assert (done.features[0] == done.features[1]).all()
    reasons = [error and error.split(":")[0] for error in done.errors]
    expected = [None, "truncated image", "empty file", "unreadable, no permission"]
    assert reasons == [*expected, "not an image", "truncated image", None]


def test_a_batch_without_a_good_image_has_no_features(open_featurizer):
    done = open_featurizer()([b"", b"text"])
    assert done.features.shape == (0, 0)
    assert None not in done.errors


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_max_pixels_is_kept(open_featurizer, encode, picture, kind):
    data = encode(picture, kind)
    assert open_featurizer(max_pixels=160 * 120)([data]).errors == [None]
    errors = open_featurizer(max_pixels=160 * 120 - 1)([data]).errors
    assert errors == ["too many pixels: 19200, max_pixels is 19199"]


def test_the_description_names_18_columns_and_no_network(featurizer):
    description = featurizer("colour_statistics").describe()
    assert description["featurizer"] == "colour_statistics"
    assert len(set(description["columns"])) == 18
    assert description["columns"][:2] == ["red_mean", "red_std"]
    assert description["columns"][6:8] == ["hue_mean", "hue_std"]
    same = featurizer("colour_statistics", batch_size=3, max_pixels=9)
    assert fingerprint(same.describe()) == fingerprint(description)


@pytest.mark.parametrize(
    "parameters",
    [
        {"layer": "fc2"},
        {"weights": "random"},
        {"pooling": "max"},
        {"engine": "tensorflow"},
        {"precision": "float32"},
    ],
)
def test_what_only_a_network_has_is_refused(featurizer, parameters):
    (name,) = parameters
    with pytest.raises(InputError, match=rf"^featurization\.{name}: .* leave it at"):
        featurizer("colour_statistics", **parameters)


def test_it_needs_no_openvino_and_no_tensorflow():
    code = (
        "import sys\n"
        "from pixelmill.featurizers import find_featurizer\n"
        "from pixelmill.parameters import FeaturizationParameters\n"
        "found = find_featurizer(FeaturizationParameters(featurizer='colour_statistics'))\n"
        "found.describe(), found.prepare().open(1)([b''])\n"
        "sys.exit(str({'openvino', 'tensorflow', 'pyspark'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "set()"
