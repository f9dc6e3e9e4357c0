"""Fitted models as arrays and arithmetic, without Spark and training data.

Each module here is a kind of model: a class that satisfies `Model`, with `kind` equal to the
module's name, and a function `from_files(files, trusted)` that makes it again out of what
`to_files` gave; without trust it runs no code that could be in the files.
"""

import importlib
import io
import pkgutil
import zipfile
from collections.abc import Mapping
from tokenize import TokenError
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import InputError

Array = NDArray[np.float64]
Files = dict[str, bytes]
ARRAYS = "arrays.npz"


class UntrustedError(Exception):
    """Files that can run code, of an author who is not trusted; the text says what they are."""


class Model(Protocol):
    """Prepared features in, a score for each class out."""

    @property
    def kind(self) -> str:
        """Name of the module that can read its files."""
        ...

    @property
    def classes(self) -> int:
        """Number of classes."""
        ...

    def scores(self, features: Array) -> Array:
        """Return scores of images.

        Args:
            features: float64 [n, d], prepared.

        Returns:
            float64 [n, classes]; the highest of a row is the prediction. Probabilities where
            `probabilities` says so.
        """
        ...

    @property
    def probabilities(self) -> bool:
        """Whether a row of scores is a distribution: not negative, sum 1."""
        ...

    def to_files(self) -> Files:
        """Return the content of the model's files by name."""
        ...


def read_model(kind: str, files: Mapping[str, bytes], trusted: bool = False) -> Model:
    """Return the model of which these are the files.

    Args:
        kind: Kind of the model.
        files: Files that `to_files` returned.
        trusted: Whether files are read that can run code.

    Raises:
        InputError: If this version knows no such kind.
        UntrustedError: The files can run code, and are not trusted.
    """
    kinds = [found.name for found in pkgutil.iter_modules(__path__) if found.name[0] != "_"]
    if kind not in kinds:
        raise InputError(
            f"the model is of the kind '{kind}', which this version of pixelmill does not know: "
            "use the version that it was made with"
        )
    return cast(Model, importlib.import_module(f"{__name__}.{kind}").from_files(files, trusted))


def needs_trust(files: Mapping[str, bytes]) -> bool:
    """Return whether a model can be read only by somebody who trusts its author.

    Args:
        files: The content of its files by their paths.
    """
    from pixelmill.models._sklearn_files import PICKLE

    return any(path.endswith(PICKLE) for path in files)


def write_arrays(**arrays: Any) -> bytes:
    """Return arrays as the content of an `.npz` file, which holds no code."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_arrays(content: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of an `.npz` file.

    Raises:
        ValueError: The file holds objects, or is larger than `write_arrays` makes it.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > len(content):
            raise ValueError("it holds more bytes than it has")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return dict(arrays)
    except (SyntaxError, TokenError) as error:  # of the line that says what an array is
        raise ValueError("it has a damaged array") from error
