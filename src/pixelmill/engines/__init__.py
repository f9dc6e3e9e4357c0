"""Engines that run a network: modules of this package, found by name.

Every engine module has the functions of `Engine`. A new engine is one new file here.
"""

import difflib
import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import InputError

Precision = Literal["float32", "bfloat16"]
Inference = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Runs the network: pixels uint8 [n, height, width, 3] in, features float32 [n, d] out."""


class Engine(Protocol):
    """The functions of an engine module."""

    def resolve_precision(self, precision: str) -> Precision:
        """Turn `auto` into what this machine runs best."""

    def export(self, network: Any, precision: Precision) -> bytes:
        """Convert a network, on the driver, into bytes that the workers open.

        Args:
            network: tf.function with the input signature uint8 [n, height, width, 3] and the
                output float32 [n, d]; the network's own preprocessing is part of it.
            precision: Precision of the arithmetic.
        """

    def open_network(self, artifact: bytes, precision: Precision, threads: int) -> Inference:
        """Compile an exported network for this process and its number of threads."""


def _engine_names() -> list[str]:
    modules = pkgutil.iter_modules(__path__)
    return [name for _, name, _ in modules if hasattr(_module(name), "open_network")]


def _module(name: str) -> object:
    return importlib.import_module(f"{__name__}.{name}")


def find_engine(name: str) -> Engine:
    """Find an engine by the name of its module.

    Args:
        name: `openvino`, `tensorflow`, or another module of this package.

    Returns:
        The module.

    Raises:
        InputError: No such engine.
    """
    names = _engine_names()
    if name not in names:
        nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5) or names
        raise InputError(f"engine: there is no {name!r}; did you mean {' or '.join(nearest)}?")
    return cast(Engine, _module(name))
