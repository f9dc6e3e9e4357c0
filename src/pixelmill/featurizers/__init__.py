"""Featurizers, which turn the bytes of images into features: one module each, found by name.

Every featurizer module has a function `featurizer(parameters)` that returns a `Featurizer`.
A new featurizer is one new file here; other names are networks of `keras.applications`.
"""

import difflib
import importlib
import pkgutil
from types import ModuleType
from typing import cast

from pixelmill.errors import InputError
from pixelmill.featurizers.contracts import (
    Description,
    FeaturizedBatch,
    Featurizer,
    OpenFeaturizer,
    PreparedFeaturizer,
    decoder_state,
    fingerprint,
)
from pixelmill.parameters import FeaturizationParameters

__all__ = [
    "Description",
    "FeaturizedBatch",
    "Featurizer",
    "OpenFeaturizer",
    "PreparedFeaturizer",
    "decoder_state",
    "find_featurizer",
    "fingerprint",
    "needs_download",
]

_OTHERS = "keras_applications"


def find_featurizer(parameters: FeaturizationParameters) -> Featurizer:
    """Find the featurizer that the parameters name; nothing heavy is loaded.

    Args:
        parameters: `featurizer` is a module of this package that has a function `featurizer`, or
            a network of `keras.applications` in snake_case.

    Returns:
        The featurizer.

    Raises:
        InputError: There is none of this name.
    """
    from pixelmill.featurizers import keras_applications

    own = _own_names()
    known = [*own, *keras_applications.network_names()]
    if parameters.featurizer not in known:
        nearest = difflib.get_close_matches(parameters.featurizer, known, n=3, cutoff=0.4) or own
        raise InputError(
            f"featurizer: there is no {parameters.featurizer!r}; did you mean "
            f"{' or '.join(nearest)}?"
        )
    module = _module(parameters.featurizer if parameters.featurizer in own else _OTHERS)
    return cast(Featurizer, module.featurizer(parameters))


def needs_download(parameters: FeaturizationParameters) -> bool:
    """Return whether the featurizer's weights come from the internet: Keras fetches those of
    ImageNet.

    Args:
        parameters: Featurizer and weights.

    Returns:
        False for weights from a package or a file, and for featurizers without weights.
    """
    return parameters.weights == "imagenet" and parameters.featurizer not in _own_names()


def _own_names() -> list[str]:
    names = [name for _, name, _ in pkgutil.iter_modules(__path__)]
    return [name for name in names if name != _OTHERS and hasattr(_module(name), "featurizer")]


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")
