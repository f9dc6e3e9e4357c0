"""Reasons why a node runs again."""

import pytest

from pixelmill.incremental.reasons import difference
from pixelmill.incremental.records import NodeState


def with_parameters(values):
    return NodeState({"params:modelling": values}, {}, "", {}, {}, {})


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        ({"parameters": {}}, {"parameters": {"C": 1}}, "modelling.parameters.C was not set, is 1"),
        ({"parameters": {"C": 1}}, {"parameters": {}}, "modelling.parameters.C was 1, is not set"),
        ({"grid": None}, {"grid": {"folds": 5}}, "modelling.grid.folds was not set, is 5"),
        ({"grid": None}, {"grid": {}}, "modelling.grid was null, is {}"),
        ({"grid": None}, {"grid": None}, None),
    ],
)
def test_parameters_are_compared_by_their_names(before, now, reason):
    assert difference(with_parameters(before), with_parameters(now)) == reason
