"""What the page knows of each image: similar ones from the index, and where the photo is."""

import numpy as np
import pytest
from pydantic import ValidationError

from pixelmill.parameters import MappingParameters
from pixelmill.pipelines.mapping.similar import address_of, similar_places
from tests.neighbours.conftest import Made


@pytest.fixture
def index(tmp_path):
    """Two kinds of eight images on circles; of one image three copies."""
    rows = {}
    for kind in range(2):
        for number in range(8):
            row = np.full(6, 0.1, np.float32)
            row[3 * kind : 3 * kind + 2] = np.cos(number / 9), np.sin(number / 9)
            rows[f"{kind}/{number}.jpg"] = row
    for copy in range(3):
        rows[f"0/2-copy{copy}.jpg"] = rows["0/2.jpg"] + np.float32(0.001 * copy)
    made = Made(tmp_path)
    made.add("one", rows)
    made.update()
    return made.index()


COPIES = {f"0/2-copy{copy}.jpg": "0/2.jpg" for copy in range(3)}


def test_similar_images_are_near_others_and_no_copies(index):
    paths = sorted([*index.images.paths_at(np.arange(len(index))), "not/indexed.jpg"])
    places = similar_places(index, paths, COPIES, 4)
    assert places.dtype == np.int32
    assert places.shape == (len(paths), 4)
    for path, row in zip(paths, places.tolist(), strict=True):
        if path == "not/indexed.jpg":
            assert row == [-1] * 4
            continue
        found = [paths[place] for place in row]
        assert all(other.startswith(path[:2]) for other in found)
        pictures = [COPIES.get(other, other) for other in found]
        assert len(set(pictures)) == 4
        assert COPIES.get(path, path) not in pictures
    of = places[paths.index("1/3.jpg")].tolist()
    assert {paths[place] for place in of[:2]} == {"1/2.jpg", "1/4.jpg"}


def test_many_copies_hide_no_similar_image(tmp_path):
    rows = {f"{number}.jpg": np.float32([1, number / 50, 0]) for number in range(8)}
    rows |= {f"copy{number:03d}.jpg": np.float32([1, 0, number / 1e6]) for number in range(200)}
    made = Made(tmp_path)
    made.add("one", rows)
    made.update()
    copies = {path: "0.jpg" for path in rows if path.startswith("copy")}
    paths = sorted(rows)
    places = similar_places(made.index(), paths, copies, 4)
    for path in ("0.jpg", "copy000.jpg", "copy199.jpg"):
        found = [paths[place] for place in places[paths.index(path)]]
        assert found == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]


@pytest.mark.parametrize(
    ("originals", "root", "address"),
    [
        ("auto", "/photos/100% é", "file:///photos/100%25%20%C3%A9/"),
        ("auto", "file:///photos", "file:///photos/"),
        ("auto", "s3://bucket/pets", None),
        (None, "/photos", None),
        ("https://example.org/pets/", "s3://bucket/pets", "https://example.org/pets/"),
        ("../../01_raw/pets", "/photos", "../../01_raw/pets/"),
    ],
)
def test_the_address_of_the_photos(originals, root, address):
    assert address_of(originals, root) == address


@pytest.mark.parametrize(
    ("originals", "message"),
    [
        ("javascript:alert(1)//", "opens no javascript: address"),
        ("data:text/html,", "opens no data: address"),
        ("https://bucket.example/pets?X-Amz-Signature=1", "a signed address is a secret"),
        (" ", "has no"),
    ],
)
def test_an_address_that_no_page_should_have_is_refused(originals, message):
    with pytest.raises(ValidationError, match=message):
        MappingParameters(page={"originals": originals})
