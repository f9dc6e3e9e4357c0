"""Interfaces of featurizers, and their results."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import ImageError, InputError
from pixelmill.images.limits import Limits
from pixelmill.parameters import FeaturizationParameters

Description = dict[str, Any]
"""JSON of all that changes a featurizer's numbers; made without loading a network."""

NOT_FINITE = (
    "features are not finite numbers: take other weights, or featurization.precision=float32"
)
LIMITS = tuple(limit.name for limit in fields(Limits))
"""Parameters that refuse images and change no number: no part of the fingerprint."""


@dataclass(frozen=True, eq=False)
class FeaturizedBatch:
    """What became of a batch of n images.

    Attributes:
        features: float32 [good, d]: the rows of the good images, in their order. [0, 0] where
            none is good.
        errors: For each of the n images None, or the reason why it has no features.
        decode_seconds: Time to decode and resize.
        infer_seconds: Time in the network.
        remarks: Number of images that have features but are unusual, by what is unusual.
    """

    features: NDArray[np.float32]
    errors: list[str | None]
    decode_seconds: float
    infer_seconds: float
    remarks: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of_rows(
        cls,
        rows: Sequence[Sequence[float] | NDArray[np.floating] | str],
        seconds: float,
        remarks: Counter[str],
    ) -> "FeaturizedBatch":
        """Return the batch of a featurizer without a network.

        Args:
            rows: For each of the n images d numbers, or the reason why it has no features.
            seconds: Time of all of it; it counts as decoding.
            remarks: Number of unusual images, by what is unusual.
        """
        good = [row for row in rows if not isinstance(row, str)]
        features = np.array(good, np.float32) if good else np.empty((0, 0), np.float32)
        errors = [row if isinstance(row, str) else None for row in rows]
        return cls(features, errors, seconds, 0.0, remarks)

    def finite(self) -> "FeaturizedBatch":
        """Return the batch with a reason in place of features that are not finite numbers."""
        is_finite = np.atleast_1d(np.isfinite(self.features).all(axis=1))
        if is_finite.all():
            return self
        rows = iter(is_finite.tolist())
        errors = [NOT_FINITE if e is None and not next(rows) else e for e in self.errors]
        return replace(self, features=self.features[is_finite], errors=errors)


class OpenFeaturizer(Protocol):
    """A featurizer that is ready to work, in one process."""

    def __call__(self, images: Sequence[bytes | ImageError]) -> FeaturizedBatch:
        """Featurize a batch: content of files, or why it could not be read."""


class PreparedFeaturizer(Protocol):
    """A featurizer on its way to the workers: it can be pickled."""

    def open(self, threads: int) -> OpenFeaturizer:
        """Compile for this process and its number of threads; once in a process."""


class Featurizer(Protocol):
    """A featurizer with its parameters."""

    def describe(self) -> Description:
        """Tell all that changes the numbers, without loading a network.

        Raises:
            InputError: Something that the parameters name is unavailable.
        """

    def prepare(self) -> PreparedFeaturizer:
        """Build what the workers need, on the driver.

        Raises:
            InputError: Something that the parameters name is unavailable.
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


def name_of(description: Description) -> str:
    """Name the featurizer as the user writes it."""
    return str(description.get("featurizer") or description.get("network"))


def decoder_state(parameters: FeaturizationParameters) -> str:
    """Name what decides, besides its file, whether an image is refused.

    An error that was found in another state may not come again: the row is computed again. Features
    stay valid in every state, since a limit changes none of their numbers, and a decoder that
    changes them also changes the fingerprint.

    Args:
        parameters: The limits are read.

    Returns:
        Version of the decoder and each limit, as "decoder 1, max_pixels 100000000".
    """
    from pixelmill.featurizers.decoding import DECODER_VERSION

    limits = [f"{name} {getattr(parameters, name)}" for name in LIMITS]
    return ", ".join([f"decoder {DECODER_VERSION}", *limits])


def refuse_network_parameters(featurizer: str, parameters: FeaturizationParameters) -> None:
    """Refuse what only a network has, for a featurizer without a network.

    Args:
        featurizer: Featurizer name.
        parameters: Parameters that the user gave.

    Raises:
        InputError: A layer, pooling, weights, an engine or its precision are named.
    """
    defaults = FeaturizationParameters()
    for name in ("layer", "pooling", "weights", "engine", "precision"):
        if getattr(parameters, name) != getattr(defaults, name):
            default = getattr(defaults, name) or "null"
            raise InputError(
                f"featurization.{name}: {featurizer} is no network and has none: "
                f"leave it at {default}"
            )
