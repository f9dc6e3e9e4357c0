"""The list of whole URLs: closed to others, and removed where a run left it."""

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node

from pixelmill.collection.url_lists import find_urls
from pixelmill.datasets.url_list import UrlListing, UrlListTable, release_left_lists
from pixelmill.parameters import IngestionParameters


@pytest.fixture
def left(tmp_path):
    """A list of one URL with a password, as a killed run leaves it, and the catalog that has it."""
    (tmp_path / "list.txt").write_text("http://me:hunter2@example.org/1.jpg\n")
    found = find_urls(str(tmp_path / "list.txt"), IngestionParameters())
    place = tmp_path / "table"
    UrlListTable(filepath=str(place)).save(UrlListing(found.batches(), found.facts))
    entry = {"type": "pixelmill.datasets.url_list.UrlListTable", "filepath": str(place)}
    return place, DataCatalog.from_config({"url_list": entry})


def test_only_its_owner_can_enter_the_folder_of_a_list(left):
    place, _ = left
    assert place.stat().st_mode & 0o777 == 0o700


def test_the_next_run_removes_a_list_that_was_left(left):
    place, catalog = left
    release_left_lists(catalog, Pipeline([node(len, "image_index", "number")]))
    assert not place.exists()


def test_a_run_that_goes_on_with_a_list_keeps_it(left):
    place, catalog = left
    release_left_lists(catalog, Pipeline([node(len, "url_list", "number")]))
    assert catalog.exists("url_list")
    assert list(place.glob("*.parquet"))
