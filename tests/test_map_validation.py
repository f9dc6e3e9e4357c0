"""A map that cannot be made is refused before any work."""

import subprocess
import sys

import pytest

from pixelmill.errors import InputError
from pixelmill.parameters import MappingParameters
from pixelmill.validation import check_mapping


@pytest.mark.parametrize("projection", ["tsne", "umap", "pca"])
@pytest.mark.parametrize("grouping", ["hdbscan", "dbscan", "kmeans", None])
def test_every_method_is_there(projection, grouping):
    check_mapping(
        MappingParameters(projection={"method": projection}, grouping={"method": grouping})
    )


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"projection": {"method": "tsna"}}, "did you mean 'tsne'"),
        ({"projection": {"parameters": {"perplexty": 3}}}, "did you mean 'perplexity'"),
        ({"grouping": {"method": "dbscn"}}, "did you mean 'dbscan'"),
        ({"grouping": {"method": "dbscan", "parameters": {"epsilon": 1}}}, "epsilon"),
    ],
)
def test_unknown_names_are_reported_with_the_nearest(parameters, sentence):
    with pytest.raises(InputError, match=sentence):
        check_mapping(MappingParameters(**parameters))


def test_checking_loads_no_library_of_a_method():
    code = (
        "import sys\n"
        "from pixelmill.parameters import MappingParameters\n"
        "from pixelmill.validation import check_mapping\n"
        "check_mapping(MappingParameters())\n"
        "heavy = {'sklearn', 'openTSNE', 'umap', 'numba', 'pyspark', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
