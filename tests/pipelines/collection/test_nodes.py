"""What the nodes of the collection say where there is nothing to do."""

import pytest

from pixelmill.datasets.url_list import StoredList
from pixelmill.errors import InputError
from pixelmill.parameters import CollectionParameters, IngestionParameters
from pixelmill.pipelines.collection.nodes import download_images


def test_a_list_of_which_no_url_is_left_is_a_sentence():
    skipped = {"no URL": 0, "several URLs in a cell": 2}
    listed = StoredList("", {"images": "l.csv", "is_list": True, "rows": 0, "skipped": skipped})
    found = download_images(listed, None, CollectionParameters(), IngestionParameters())
    with pytest.raises(InputError, match=r"No URL of l.csv is left: 2 several URLs in a cell\."):
        next(found)
