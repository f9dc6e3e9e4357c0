"""Values are written as people write them."""

import pytest

from pixelmill.pages import formatting as writing


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (writing.percent(0.1234, 1), "12.3%"),
        (writing.percent(None), writing.DASH),
        (writing.number(1234567), "1,234,567"),
        (writing.number(9.87), "9.9"),
        (writing.number(1234.5), "1,234"),
        (writing.number(None), writing.DASH),
        (writing.quantity(1, "image"), "1 image"),
        (writing.quantity(1234, "image"), "1,234 images"),
        (writing.quantity(0, "class", "classes"), "0 classes"),
        (writing.brief(999), "999"),
        (writing.brief(1234), "1.2k"),
        (writing.brief(12_345), "12k"),
        (writing.brief(999_700), "1.0M"),
        (writing.figure(0.0123456), "0.0123"),
        (writing.figure(None), writing.DASH),
        (writing.label(" "), "(empty)"),
        (writing.label(None), writing.DASH),
        (writing.label("0"), "0"),
        (writing.duration(0.012), "12 ms"),
        (writing.memory(412_000_000), "412 MB"),
        (writing.memory(412_000), "412 kB"),
        (writing.memory(12), "1 kB"),
        (writing.memory(2_500_000_000), "2.5 GB"),
        (writing.duration(12.34), "12.3 s"),
        (writing.duration(600), "10 min"),
        (writing.duration(9000), "2.5 h"),
        (writing.value([1, None, True]), f"1, {writing.DASH}, yes"),
        (writing.value(0.1 + 0.2), "0.3"),
        (writing.value([0.123456, 30, "a"], 4), "0.1235, 30, a"),
        (writing.value(None), writing.DASH),
        (writing.sentence("nothing to do"), "Nothing to do."),
        (writing.sentence("Why?"), "Why?"),
        (writing.sentence("map: empty"), "Map: empty."),
        (writing.sentence("t-SNE needs 4 images"), "t-SNE needs 4 images."),
        (writing.sentence("preparation.pca lowered"), "preparation.pca lowered."),
        (writing.sentence(" "), ""),
    ],
)
def test_values_are_written_as_people_write_them(shown, expected):
    assert shown == expected
