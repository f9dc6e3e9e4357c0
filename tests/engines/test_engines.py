"""Engines are found by their names."""

import pytest

from pixelmill.engines import find_engine
from pixelmill.errors import InputError


@pytest.mark.parametrize("name", ["openvino", "tensorflow"])
def test_engines_are_found_by_name(name):
    assert find_engine(name).__name__ == f"pixelmill.engines.{name}"


@pytest.mark.parametrize(
    ("name", "nearest"), [("openvno", "openvino"), ("start_up", "openvino or tensorflow")]
)
def test_an_unknown_engine_suggests_the_nearest(name, nearest):
    with pytest.raises(InputError, match=rf"^engine: there is no '{name}'; did you mean {nearest}"):
        find_engine(name)
