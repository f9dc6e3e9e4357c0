"""What every featurizer offers, and what it returns."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import ImageError, InputError
from pixelmill.parameters import FeaturizationParameters

Description = dict[str, Any]
"""JSON of all that changes a featurizer's numbers; made without loading a network."""


@dataclass(frozen=True)
class FeaturizedBatch:
    """What became of a batch of n images.

    Attributes:
        features: float32 [good, d]: the rows of the good images, in their order. [0, 0] where
            none is good.
        errors: For each of the n images None, or the reason why it has no features.
        decode_seconds: Time to decode and resize.
        infer_seconds: Time in the network.
    """

    features: NDArray[np.float32]
    errors: list[str | None]
    decode_seconds: float
    infer_seconds: float


class OpenFeaturizer(Protocol):
    """A featurizer that is ready to work, in one process."""

    def __call__(self, images: Sequence[bytes | ImageError]) -> FeaturizedBatch:
        """Featurize a batch: content of files, or why it could not be read."""


class PreparedFeaturizer(Protocol):
    """A featurizer on its way to the workers: it can be pickled."""

    def open(self, threads: int) -> OpenFeaturizer:
        """Compile for this process and its number of threads; once in a process."""


class Featurizer(Protocol):
    """A featurizer as the parameters have it."""

    def describe(self) -> Description:
        """Tell all that changes the numbers, without loading a network.

        Raises:
            InputError: What the parameters name cannot be had.
        """

    def prepare(self) -> PreparedFeaturizer:
        """Build what the workers need, on the driver.

        Raises:
            InputError: What the parameters name cannot be had.
        """


def fingerprint(description: Description) -> str:
    """Name a description: the same numbers, the same name.

    Args:
        description: JSON; the order of its keys does not matter.

    Returns:
        16 hexadecimal characters, of the SHA-256 of the canonical JSON.
    """
    canonical = json.dumps(description, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def refuse_network_parameters(featurizer: str, parameters: FeaturizationParameters) -> None:
    """Refuses what only a network has, for a featurizer that is none.

    Args:
        featurizer: Its name.
        parameters: As the user gave them.

    Raises:
        InputError: A layer, pooling or weights are named.
    """
    defaults = FeaturizationParameters()
    for name in ("layer", "pooling", "weights"):
        if getattr(parameters, name) != getattr(defaults, name):
            default = getattr(defaults, name) or "null"
            raise InputError(
                f"featurization.{name}: {featurizer} is no network and has none: "
                f"leave it at {default}"
            )
