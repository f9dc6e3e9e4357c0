"""Estimators, one module each, found by name.

A module `pixelmill.estimators.<name>` has a function `estimator(name, parameters)`, which returns
an `Estimator` or raises an InputError for parameters that it does not take, and starts no Spark.
A name with dots (`sklearn.svm.SVC`) belongs to the module named by its first part.
"""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import InputError
from pixelmill.estimators._training import Arrays, ArrayTraining, SparkTraining, Training
from pixelmill.models import Array, Model
from pixelmill.parameters.method import nearest

__all__ = [
    "ArrayTraining",
    "Arrays",
    "BinaryProblem",
    "Estimator",
    "Fit",
    "SparkTraining",
    "Training",
    "find_estimator",
    "find_module",
]


@dataclass(frozen=True)
class BinaryProblem:
    """Two sides to separate.

    Attributes:
        positive: The class of side 1.
        negative: The class of side 0; None is every other class.
        balanced: Whether both sides weigh the same, whatever their sizes.
    """

    positive: int
    negative: int | None = None
    balanced: bool = False

    def takes_part(self, target: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which images belong to either side: bool [n]."""
        if self.negative is None:
            return np.ones(len(target), dtype=bool)
        rows: NDArray[np.bool_] = (target == self.positive) | (target == self.negative)
        return rows

    def of(self, data: Arrays) -> Arrays:
        """Its own images, with target 1 for the positive class and 0 for the other side."""
        rows = self.takes_part(data.target)
        target = (data.target[rows] == self.positive).astype(np.int64)
        return Arrays(data.features[rows], target, 2, self.weights(target))

    def weights(self, target: NDArray[np.int64]) -> Array | None:
        """Return float64 [n], mean 1: n / (2 * size of the side); None without balancing.

        Args:
            target: int64 [n], 0 or 1.
        """
        if not self.balanced:
            return None
        sizes = np.maximum(np.bincount(target, minlength=2), 1)
        weights: Array = (len(target) / (2.0 * sizes))[target]
        return weights


@dataclass(frozen=True)
class Fit:
    """What came of a training.

    Attributes:
        model: Scores for each class out of prepared features; of two classes for a binary
            problem, of which the second is its positive side.
        parameters: Parameters that were used, defaults included, by the library's own names.
        warnings: Sentences for the report, as of an optimization that did not converge.
        spark_model: The `pyspark.ml` model that `model` was read from; None without Spark ML.
    """

    model: Model
    parameters: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    spark_model: Any = None


class Estimator(Protocol):
    """Learns to separate classes."""

    def fit(self, training: Training) -> Fit:
        """Learn all classes at once.

        Raises:
            InputError: If the estimator knows two classes only, and there are more.
        """
        ...

    def fit_binary(self, training: Training, problems: Sequence[BinaryProblem]) -> list[Fit]:
        """Learn to separate two sides, once for each problem; return fits in their order."""
        ...


def find_estimator(name: str, parameters: Mapping[str, Any]) -> Estimator:
    """Return the estimator of that name with these parameters, without starting Spark.

    Args:
        name: A module of this package, or one and what it makes of the rest (`sklearn.svm.SVC`).
        parameters: Estimator parameters, by its library's own names.

    Raises:
        InputError: For a name or a parameter that does not exist, or an impossible value.
    """
    found: Estimator = find_module(__name__, "modelling.estimator", name).estimator(
        name, parameters
    )
    return found


def find_module(package: str, parameter: str, name: str) -> ModuleType:
    """Return the module of a package that a name's first part names.

    Args:
        package: Full name of the package.
        parameter: Parameter that holds the name, for the error message.
        name: Name as the user wrote it.

    Raises:
        InputError: There is none of this name; the message names the nearest.
    """
    path = importlib.import_module(package).__path__
    modules = [found.name for found in pkgutil.iter_modules(path) if found.name[0] != "_"]
    module = name.partition(".")[0]
    if module not in modules:
        raise InputError(f"{parameter}: there is no '{name}'; {nearest(module, modules)}")
    return importlib.import_module(f"{package}.{module}")
