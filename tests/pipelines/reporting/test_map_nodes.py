"""The images of the groups are read, and the picture of the map is made small."""

import io

import pytest
from PIL import Image

from pixelmill.datasets.optional_output import OMITTED
from pixelmill.datasets.png_image import MADE_OF, PngImage
from pixelmill.parameters import ReportingParameters
from pixelmill.pipelines.reporting.map_nodes import pick_map_samples, shrink_map_picture
from pixelmill.storage.sealed_json import digest_of
from tests.pipelines.reporting.similarity_results import map_of


def test_every_group_gets_its_pictures(assets):
    root = assets / "bengali_digits"
    paths = [path.relative_to(root).as_posix() for path in sorted(root.glob("[01]/*.png"))]
    labelled = [(path, path[0]) for path in [*paths, "1/gone.png"]]
    zero, one = pick_map_samples(map_of(labelled), {"root": str(root)}, ReportingParameters())
    assert all(image.picture.startswith(b"RIFF") for image in zero)
    assert [image.path for image in one if image.picture is None] == ["1/gone.png"]
    assert [image.problem for image in one if image.picture is None] == [
        "unreadable, vanished: there is no file of this name"
    ]


def test_a_report_without_samples_has_none_of_the_map(assets):
    labelled = [("0/gone.png", "0")]
    none = ReportingParameters(samples=0)
    assert pick_map_samples(map_of(labelled), {"root": str(assets)}, none) == []


@pytest.mark.parametrize(
    ("size", "small"),
    [((5000, 5000), (1000, 1000)), ((300, 200), (300, 200)), ((4000, 40), (1000, 10))],
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_the_picture_is_small_and_keeps_its_shape(size, small, mode):
    picture = shrink_map_picture(Image.new(mode, size), {"images": 9})
    with Image.open(io.BytesIO(picture)) as shown:
        assert (shown.format, shown.mode, shown.size) == ("WEBP", "RGB", small)


def test_no_picture_stays_none():
    assert shrink_map_picture(OMITTED, {}) == b""


def test_the_picture_of_the_map_before_is_not_shown(tmp_path):
    stored, picture = PngImage(filepath=str(tmp_path / "map.png")), Image.new("RGB", (30, 20))
    picture.info[MADE_OF] = digest_of({"images": 9})
    stored.save(picture)
    assert shrink_map_picture(stored.load(), {"images": 9})
    assert shrink_map_picture(stored.load(), {"images": 8}) == b""
