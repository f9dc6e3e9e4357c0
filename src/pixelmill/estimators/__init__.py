"""What learns to tell classes apart: one module for each estimator, found by its name.

A module `pixelmill.estimators.<name>` has a function `estimator(name, parameters)`, which returns
an `Estimator` or raises an InputError for parameters that it does not take, and starts no Spark.
A name with dots (`sklearn.svm.SVC`) belongs to the module named by its first part.
"""

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from pixelmill.errors import InputError

if TYPE_CHECKING:
    from pyspark.ml import Model
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Training:
    """What an estimator learns from.

    Attributes:
        table: Columns `features` (vector, scaled) and `target` (double, 0 … classes - 1); cached,
            in as many partitions as its size deserves.
        images: Rows of the table.
        classes: Number of classes, two at least.
    """

    table: "DataFrame"
    images: int
    classes: int


@dataclass(frozen=True)
class Fit:
    """What came of a training.

    Attributes:
        model: Adds to a table with `features` the column `scores`: a vector with one number for
            each class, the highest of which is the prediction. Spark can save and load it.
        parameters: Those that were used, defaults included, by the estimator's own names.
        warnings: Sentences for the report, as of an optimization that did not converge.
    """

    model: "Model"
    parameters: dict[str, Any]
    warnings: list[str] = field(default_factory=list)


class Estimator(Protocol):
    """Learns scores for all classes at once."""

    def fit(self, training: Training) -> Fit:
        """Learns from labelled features."""
        ...


def find_estimator(name: str, parameters: Mapping[str, Any]) -> Estimator:
    """The estimator of that name with these parameters; starts no Spark.

    Args:
        name: A module of this package, or one and what it makes of the rest (`sklearn.svm.SVC`).
        parameters: Of the estimator, by its own names.

    Raises:
        InputError: For a name or a parameter that does not exist, or an impossible value.
    """
    found: Estimator = find_module(__name__, "modelling.estimator", name).estimator(
        name, parameters
    )
    return found


def find_module(package: str, parameter: str, name: str) -> ModuleType:
    """The module of a package that a name's first part names.

    Args:
        package: Full name of the package.
        parameter: That holds the name, for the error's sentence.
        name: As the user wrote it.

    Raises:
        InputError: Where there is none; with the nearest name.
    """
    path = importlib.import_module(package).__path__
    modules = [found.name for found in pkgutil.iter_modules(path) if found.name[0] != "_"]
    module = name.partition(".")[0]
    if module not in modules:
        raise InputError(f"{parameter}: there is no '{name}'; {nearest(module, modules)}")
    return importlib.import_module(f"{package}.{module}")


def nearest(name: str, known: Iterable[str]) -> str:
    """Ends the sentence about an unknown name with the nearest known one, or with them all."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean '{close[0]}'?" if close else f"choose from {', '.join(names)}"
