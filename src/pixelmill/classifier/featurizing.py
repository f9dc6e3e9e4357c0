"""The featurizers that a classifier was trained with, reopened if they are the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from pixelmill.errors import ImageError, InputError
from pixelmill.featurizers import (
    Description,
    FeaturizedBatch,
    OpenFeaturizer,
    PreparedFeaturizer,
    find_featurizer,
    fingerprint,
)
from pixelmill.featurizers.contracts import LIMITS
from pixelmill.featurizers.isolated import featurize_within_memory
from pixelmill.featurizers.network import PreparedNetwork, describes_same_pixels
from pixelmill.images.limits import Limits
from pixelmill.parameters import FeaturizationParameters

Features = NDArray[np.float32]
PORTABLE_ENGINE = "openvino"
"""Engine whose converted networks run without the library that made them."""
Featurize = Callable[[Sequence[bytes | ImageError]], tuple[Features, list[str | None]]]
# An open network is for one thread at a time.
_ONE_AT_A_TIME = Lock()


def open_featurizers(featurizer: Description, threads: int) -> Featurize:
    """Return what turns contents of images into the features that a classifier takes.

    Args:
        featurizer: `fingerprint` and `parts`, as a manifest has them.
        threads: Number of threads of a network.

    Returns:
        A function of n images to the joined features of the good ones, float32 [good, d], and for
        each of the n None or the reason why it has none.

    Raises:
        InputError: A featurizer is unavailable here, or differs from the stored one.
    """
    parameters = find_parameters(featurizer)
    marks = [part["fingerprint"] for part in featurizer["parts"]]
    parts = [_open(*one, threads) for one in zip(marks, parameters, strict=True)]

    def featurize(images: Sequence[bytes | ImageError]) -> tuple[Features, list[str | None]]:
        with _ONE_AT_A_TIME:
            return joined([featurize_within_memory(part, images) for part in parts])

    return featurize


def find_parameters(featurizer: Description) -> list[FeaturizationParameters]:
    """Return the parameters that make each part of a featurizer again; no network is loaded.

    Args:
        featurizer: `fingerprint` and `parts`, as a manifest has them.

    Raises:
        InputError: A featurizer is unavailable here, or differs from the stored one.
    """
    if not featurizer.get("parts"):
        raise InputError(
            "the manifest of the classifier does not say which featurizer made its features: "
            "train it again with `kedro run`"
        )
    return [_parameters_of(part) for part in featurizer["parts"]]


def convert_networks(featurizer: Description) -> dict[str, bytes]:
    """Convert the networks of a featurizer, so that they run without TensorFlow and weights file.

    Args:
        featurizer: `fingerprint` and `parts`, as a manifest has them.

    Returns:
        What the engine exported, by the fingerprint of the part. Parts that are no network, or run
        on another engine than OpenVINO, have none.

    Raises:
        InputError: A featurizer is not available here, or is another one here.
    """
    networks = {}
    parameters = find_parameters(featurizer)
    for part, own in zip(featurizer["parts"], parameters, strict=True):
        prepared = find_featurizer(own).prepare() if own.engine == PORTABLE_ENGINE else None
        if isinstance(prepared, PreparedNetwork):
            networks[part["fingerprint"]] = prepared.artifact
    return networks


def prepare_parts(
    featurizer: Description, networks: Mapping[str, bytes], limits: Limits
) -> list[PreparedFeaturizer]:
    """Prepare each part of a featurizer, from its converted network where there is one.

    Args:
        featurizer: `fingerprint` and `parts`, as a manifest has them.
        networks: Value returned by `convert_networks`.
        limits: Images beyond them are refused.

    Raises:
        InputError: A part has no converted network and is not available here, or images would get
            other pixels here than in training.
    """
    return [
        _prepare_network(part, networks[part["fingerprint"]], limits)
        if part["fingerprint"] in networks
        else find_featurizer(_within(_parameters_of(part), limits)).prepare()
        for part in featurizer["parts"]
    ]


def joined(parts: Sequence[FeaturizedBatch]) -> tuple[Features, list[str | None]]:
    """Return the features of several featurizers, one after another.

    Args:
        parts: Batches of each featurizer for the same n images.

    Returns:
        float32 [good, d] of the images that are good for all, and n reasons or None.
    """
    by_image = zip(*(part.errors for part in parts), strict=True)
    errors = [next((error for error in one if error is not None), None) for one in by_image]
    if None not in errors:
        return np.empty((0, 0), np.float32), errors
    good = np.array([error is None for error in errors])
    return np.concatenate([_rows(part, good) for part in parts], axis=1), errors


def _prepare_network(part: Description, artifact: bytes, limits: Limits) -> PreparedNetwork:
    if not describes_same_pixels(part):
        raise InputError(
            f"{part.get('network')} was trained on images that another version of pixelmill "
            "decoded: install the version that the classifier was made with, or train it again"
        )
    return PreparedNetwork(
        artifact, part["engine"], part["precision"], tuple(part["input_size"]), limits
    )


def _within(parameters: FeaturizationParameters, limits: Limits) -> FeaturizationParameters:
    return parameters.model_copy(update={name: getattr(limits, name) for name in LIMITS})


def _rows(part: FeaturizedBatch, good: NDArray[np.bool_]) -> Features:
    own = np.array([error is None for error in part.errors])
    rows: Features = part.features[good[own]]
    return rows


def _parameters_of(part: dict[str, Any]) -> FeaturizationParameters:
    try:
        parameters = FeaturizationParameters.model_validate(part.get("parameters"))
    except ValidationError as error:
        raise InputError(
            "the manifest of the classifier names a featurizer that this version of pixelmill "
            "cannot open: install the version that it was made with, or train it again"
        ) from error
    here = find_featurizer(parameters).describe()
    if fingerprint(here) != part["fingerprint"]:
        raise InputError(
            f"the classifier was trained with another {parameters.featurizer} than the one here "
            f"({_differences(part, here)}): bring back what differs, or train it again"
        )
    return _within_limits(parameters)


def _within_limits(parameters: FeaturizationParameters) -> FeaturizationParameters:
    """Return the parameters with limits that a stranger's manifest may lower but not raise."""
    fields = FeaturizationParameters.model_fields
    lower = {name: min(getattr(parameters, name), fields[name].default) for name in LIMITS}
    return parameters.model_copy(update=lower)


def _differences(then: Description, now: Description) -> str:
    names = sorted((then.keys() | now.keys()) - {"fingerprint", "parameters"})
    differing = [
        f"{name}: {then.get(name)} then, {now.get(name)} now"
        for name in names
        if then.get(name) != now.get(name)
    ]
    return "; ".join(differing) or "the manifest was changed"


@lru_cache(maxsize=8)
def _open(mark: str, parameters: FeaturizationParameters, threads: int) -> OpenFeaturizer:
    """Open once in a process; another `mark`, of other weights, is opened again."""
    del mark
    return find_featurizer(parameters).prepare().open(threads)
