"""Refuses a map that cannot be made, before any work."""

from pixelmill.groupings.choosing import check_grouping
from pixelmill.parameters import MappingParameters
from pixelmill.projections import find_projection


def check_mapping(parameters: MappingParameters) -> None:
    """Looks at the names of the methods and at their parameters.

    Args:
        parameters: Parameters of the map.

    Raises:
        InputError: For a method that is not there, or a parameter that it does not take.
    """
    projection, grouping = parameters.projection, parameters.grouping
    find_projection(projection.method).check(projection.parameters)
    if grouping.method is not None:
        check_grouping(grouping.method, grouping.parameters)
