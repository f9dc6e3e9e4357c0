"""The grid candidates: which estimators are tried with which parameters."""

from collections.abc import Sequence
from itertools import product
from typing import Any, NoReturn

from pixelmill.errors import InputError
from pixelmill.estimators import BinaryProblem, Estimator, find_estimator
from pixelmill.parameters import GridParameters, GridPoint, ModellingParameters
from pixelmill.strategies import find_strategy


def grid_points(grid: GridParameters) -> list[GridPoint]:
    """Return every combination of every estimator's parameters.

    The order is that of scikit-learn's `ParameterGrid`: parameters sorted by name, the last one
    varies fastest.

    Example:
        >>> point = GridPoint(estimator="svm_sgd", parameters={"step": [1, 2]})
        >>> [point.parameters for point in grid_points(GridParameters(points=[point]))]
        [{'step': 1}, {'step': 2}]
    """
    return [single for point in grid.points for single in _combinations(point)]


def _combinations(point: GridPoint) -> list[GridPoint]:
    names = sorted(point.parameters)
    values = [_values(point.parameters[name]) for name in names]
    return [
        GridPoint(estimator=point.estimator, parameters=dict(zip(names, chosen, strict=True)))
        for chosen in product(*values)
    ]


def _values(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def at_point(modelling: ModellingParameters, point: GridPoint) -> ModellingParameters:
    """Return the classifier's parameters with the estimator of a point."""
    # A new object, of this class: subclasses belong to Kedro, which no task imports.
    return ModellingParameters.model_validate(
        dict(modelling) | {"grid": None} | point.model_dump(include={"estimator", "parameters"})
    )


def check_grid(modelling: ModellingParameters) -> None:
    """Refuse a grid with an impossible candidate, without starting Spark.

    Args:
        modelling: Modelling parameters with or without a grid.

    Raises:
        InputError: For a parameter without values, a name that does not exist, an impossible
            value, or an estimator of Spark ML.
    """
    for number, point in enumerate(modelling.grid.points if modelling.grid else []):
        _check_point(f"modelling.grid.points[{number}]", point)
        for single in _combinations(point):
            find_strategy(at_point(modelling, single))


def _check_point(place: str, point: GridPoint) -> None:
    for name, values in point.parameters.items():
        if values == []:
            raise InputError(
                f"{place}.parameters: {name} has no value to try: name one at least, or leave "
                f"{name} out"
            )
    for single in _combinations(point):
        try:
            estimator = find_estimator(single.estimator, single.parameters)
        except InputError as error:
            raise InputError(f"{place}.{str(error).removeprefix('modelling.')}") from error
        if _wants_a_table(estimator):
            raise InputError(
                f"{place}.estimator: {point.estimator} is an estimator of Spark ML, which trains "
                "on a whole cluster and cannot be a grid candidate: name the estimator of "
                "scikit-learn instead (sklearn.svm.LinearSVC, …)"
            )


class _TableError(Exception):
    """The training was asked for a table."""


class _ArraysError(Exception):
    """The training was asked for arrays."""


class _Probe:
    """A training that only records which kind is wanted; every fit begins with asking for it."""

    images = 2
    classes = 2
    dimension = 1
    fits_one_process = True

    def arrays(self) -> NoReturn:
        raise _ArraysError

    def table(self) -> NoReturn:
        raise _TableError

    def fit_each(self, fit: Any, items: Sequence[Any]) -> NoReturn:  # noqa: ARG002 (a protocol)
        raise _ArraysError


def _wants_a_table(estimator: Estimator) -> bool:
    try:
        estimator.fit_binary(_Probe(), [BinaryProblem(positive=1, negative=0)])
    except _TableError:
        return True
    except _ArraysError:
        return False
    return False
