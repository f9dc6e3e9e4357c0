"""Weights of networks: their sources and contents."""

import hashlib
import re
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pixelmill.errors import InputError
from pixelmill.storage import open_storage, split_location

RANDOM_CONTENT = "random, seed 0"
"""What `weights_content` says of random weights."""


class OtherNetworkError(InputError):
    """A file of weights does not fit the network."""


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights.

    Attributes:
        location: Path on disk, or `file://` or `s3://` URI.
    """

    location: str

    def content(self) -> str:
        """Name what is in the file: the SHA-256 of its bytes.

        Raises:
            InputError: There is no such file, or it may not be read.
        """
        return f"sha256:{hashlib.sha256(self.data).hexdigest()}"

    @cached_property
    def data(self) -> bytes:
        """Bytes of the file, read once.

        Raises:
            InputError: There is no such file, or it may not be read.
        """
        folder, name = split_location(self.location)
        try:
            return open_storage(folder).read_bytes(name)
        except InputError as problem:
            raise InputError(f"weights: {problem}") from problem

    def require_suffix(self, suffixes: Sequence[str]) -> None:
        """Refuse a file of another format before it is read.

        Raises:
            InputError: The location ends in none of the suffixes.
        """
        if not self.location.endswith(tuple(suffixes)):
            raise InputError(
                f"weights: {self.location} is neither 'imagenet' nor 'random' nor a file that "
                f"ends in {' or '.join(suffixes)}"
            )


def load_keras_weights(network: Any, file: WeightsFile) -> None:
    """Load an HDF5 file of weights into a Keras network; the file cannot run code.

    Args:
        network: keras.Model, changed in place.
        file: A `.weights.h5`, or a `.h5` of older Keras.

    Raises:
        InputError: The file is damaged.
        OtherNetworkError: The file is of another network.
    """
    suffix = ".weights.h5" if file.location.endswith(".weights.h5") else ".h5"
    with tempfile.NamedTemporaryFile(suffix=suffix) as copy:
        Path(copy.name).write_bytes(file.data)
        try:
            _load(network, copy.name)
        except OSError as problem:
            raise InputError(
                f"weights: {file.location} is damaged or not an HDF5 file; copy it again"
            ) from problem
        except (KeyError, TypeError, UserWarning, ValueError) as problem:
            raise OtherNetworkError(
                f"weights: {file.location} is of another network than {network.name} "
                f"({_first_sentence(problem)}); give the weights of this network"
            ) from problem


def _load(network: Any, path: str) -> None:
    with warnings.catch_warnings():
        # Keras only warns when it leaves layers with their initial weights.
        warnings.simplefilter("error", UserWarning)
        network.load_weights(path)


def _first_sentence(problem: Exception) -> str:
    return re.split(r"[.\n]", str(problem).strip(), maxsplit=1)[0]


def fill_randomly(network: Any) -> None:
    """Draw the weights of a Keras network: the same ones every time and on every machine.

    Kernels are He-normal, drawn by numpy; scales, biases and statistics keep Keras's values.

    Args:
        network: keras.Model, changed in place.

    Source: He et al., Delving deep into rectifiers (2015).
    """
    generator = np.random.default_rng(0)
    for variable in network.weights:
        shape = tuple(variable.shape)
        if len(shape) > 1:
            deviation = np.sqrt(2 / np.prod(_fan_in_shape(shape)), dtype=np.float32)
            variable.assign(generator.standard_normal(shape, np.float32) * deviation)


def _fan_in_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    # A depthwise kernel is [height, width, channels, 1], and sees one channel.
    return shape[:2] if len(shape) == 4 and shape[-1] == 1 else shape[:-1]
