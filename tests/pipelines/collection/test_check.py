"""Parameters of the collection that would do nothing are refused."""

import pytest

from pixelmill.errors import InputError
from pixelmill.parameters import CollectionParameters, IngestionParameters
from pixelmill.pipelines.collection.check import check_collection

NO_LIST = "neither a list of URLs nor a gallery"


def check(images, **given):
    """Messages of a run with these parameters."""
    collection = CollectionParameters.model_validate(given.get("collection", {}))
    ingestion = IngestionParameters.model_validate(given.get("ingestion", {}))
    check_collection(images, collection, ingestion, given)


@pytest.fixture
def made(tmp_path):
    """A folder, a table of paths, a list of URLs and a collector by their names."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "paths.csv").write_text("path\na.jpg\nb.jpg\n")
    (tmp_path / "urls.csv").write_text("url\nhttp://example.org/a.jpg\n")
    (tmp_path / "art.yml").write_text("start: [{url: https://example.org/}]\nitem: .work\n")
    return lambda name: str(tmp_path / name)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"collection": {"threads": 64}}, "collection.threads"),
        ({"collection": {"refresh": True}}, "collection.refresh"),
        ({"collection": {"robots": True}}, "collection.robots"),  # the default, but typed
        ({"collection": {"browser": "/usr/bin/chromium"}}, "collection.browser"),
        ({"ingestion": {"downloads": {"timeout": 5}}}, "ingestion.downloads.timeout"),
    ],
)
@pytest.mark.parametrize("images", ["photos", "paths.csv"])
def test_beside_other_images_than_urls_it_is_refused(made, images, given, name):
    place = made(images)
    with pytest.raises(InputError) as caught:
        check(place, **given)
    assert str(caught.value) == (
        f"parameter '{name}' does nothing while images is {place}, {NO_LIST}: leave {name} out"
    )


def test_beside_the_sample_it_is_refused():
    with pytest.raises(InputError, match=r"while images is null \(the embedded sample\)"):
        check(None, collection={"threads": 64})


@pytest.mark.parametrize("images", ["urls.csv", "art.yml"])
def test_beside_a_list_or_a_gallery_it_counts(made, images):
    check(made(images), collection={"threads": 64}, ingestion={"downloads": {"timeout": 5}})


def test_what_is_for_galleries_is_refused_beside_a_list(made):
    with pytest.raises(InputError, match=r"collection\.browser.*a list of URLs, no gallery"):
        check(made("urls.csv"), collection={"browser": "/usr/bin/chromium"})


def test_where_nothing_is_given_nothing_is_opened():
    check("/no/such/list.csv", ingestion={"label": "none", "downloads": {}})
    check("/no/such/list.csv", collection={"gallery": None})


def test_a_list_of_urls_is_one_without_the_column_of_labels_too(made):
    labels = {"label": "column", "column": "kind"}
    check(made("urls.csv"), collection={"threads": 64}, ingestion=labels)
