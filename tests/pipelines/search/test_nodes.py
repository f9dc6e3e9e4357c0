"""A search as the pipeline makes it, and what it says where it cannot."""

import pytest

from pixelmill.datasets.neighbour_index import StoredIndex
from pixelmill.errors import InputError
from pixelmill.parameters import SearchParameters
from pixelmill.pipelines.search.nodes import search_index


@pytest.mark.parametrize("query", [None, ""])
def test_without_a_query_it_says_how_to_name_one(tmp_path, query):
    index = StoredIndex(str(tmp_path), "kedro run")
    with pytest.raises(InputError, match=r"query is not set: name an image, .*--params dataset="):
        search_index(query, index, SearchParameters())


def test_without_an_index_it_names_the_command(tmp_path):
    index = StoredIndex(str(tmp_path), "kedro run --pipelines neighbours --params dataset=pets")
    told = r"there is no index of neighbours in .*: run `kedro run --pipelines neighbours "
    with pytest.raises(InputError, match=told):
        search_index("photo.jpg", index, SearchParameters())
