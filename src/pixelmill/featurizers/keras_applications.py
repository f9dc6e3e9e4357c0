"""Every network of `keras.applications`, with its own input size and preprocessing.

A network's name is Keras's in snake_case: ResNet50V2 is resnet50_v2, ConvNeXtTiny convnext_tiny.
"""

import hashlib
import importlib
import os
import re
import socket
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pixelmill.engines.start_up import import_tensorflow
from pixelmill.errors import InputError
from pixelmill.featurizers import keras_source
from pixelmill.featurizers.network import NetworkFeaturizer, cut
from pixelmill.featurizers.weights import (
    RANDOM_CONTENT,
    OtherNetworkError,
    WeightsFile,
    fill_randomly,
    load_keras_weights,
)
from pixelmill.parameters import FeaturizationParameters

# Height and width in pixels of the networks whose input is not 224 x 224.
_INPUT_SIZES = {
    "efficientnet_b1": 240,
    "efficientnet_b2": 260,
    "efficientnet_b3": 300,
    "efficientnet_b4": 380,
    "efficientnet_b5": 456,
    "efficientnet_b6": 528,
    "efficientnet_b7": 600,
    "efficientnet_v2_b1": 240,
    "efficientnet_v2_b2": 260,
    "efficientnet_v2_b3": 300,
    "efficientnet_v2_l": 480,
    "efficientnet_v2_m": 480,
    "efficientnet_v2_s": 384,
    "inception_resnet_v2": 299,
    "inception_v3": 299,
    "nasnet_large": 331,
    "xception": 299,
}
_DOWNLOAD_TIMEOUT_SECONDS = 30
_FAILED_DOWNLOAD = re.compile(r"URL fetch failure on (\S+/)([^/\s]+):")


def network_names() -> list[str]:
    """List the networks' names in snake_case, without importing Keras."""
    return sorted(keras_source.networks())


def featurizer(parameters: FeaturizationParameters) -> NetworkFeaturizer:
    """Make the featurizer; nothing is loaded yet.

    Args:
        parameters: `featurizer` is one of `network_names()`.

    Returns:
        The featurizer.
    """
    backbone = KerasApplication(parameters.featurizer, parameters.weights)
    return NetworkFeaturizer(backbone, parameters)


@dataclass(frozen=True)
class KerasApplication:
    """A network of `keras.applications`.

    Attributes:
        name: Network name, in snake_case.
        weights: `imagenet`, `random`, or the path or URI of a `.weights.h5` or `.h5` file.
    """

    name: str
    weights: str

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        side = _INPUT_SIZES.get(self.name, 224)
        return side, side

    def weights_content(self) -> str:
        """Name what is in the weights: a hash of the file, or of what Keras pins.

        Keras takes ImageNet weights by file name, and checks most files against a hash: other
        names or hashes, other weights.
        """
        if self.weights == "random":
            return RANDOM_CONTENT
        if self.weights == "imagenet":
            pins = "\n".join(keras_source.pinned_weights(self.name))
            return f"imagenet, pins {hashlib.sha256(pins.encode()).hexdigest()}"
        self._file.require_suffix((".weights.h5", ".h5"))
        return self._file.content()

    def build(self, layer: str | None) -> Any:
        """Build the network up to a layer; see `Backbone`.

        Without its classifier where that will do: the smaller download.
        """
        import_tensorflow()
        if layer is None:
            return self._build_headless()
        network = self._construct(include_top=False)
        include_top = all(item.name != layer for item in network.layers)
        if include_top:
            network = self._construct(include_top=True)
        wanted = cut(network, layer)  # an unknown layer downloads nothing
        if self.weights == "imagenet":
            return cut(self._download(include_top=include_top), layer)
        self._fill(network)
        return wanted

    def preprocess(self, pixels: Any) -> Any:
        """Apply the network's own `preprocess_input`."""
        return importlib.import_module(self._constructor.__module__).preprocess_input(pixels)

    @cached_property
    def _file(self) -> WeightsFile:
        return WeightsFile(self.weights)

    @property
    def _constructor(self) -> Any:
        module, name = keras_source.networks()[self.name]
        return getattr(importlib.import_module(f"keras.src.applications.{module}"), name)

    def _build_headless(self) -> Any:
        if self.weights == "imagenet":
            return self._download(include_top=False)
        headless = self._construct(include_top=False)
        try:
            self._fill(headless)
        except OtherNetworkError:
            # The file may hold the classifier too; the last layer before it is the one wanted.
            network = self._construct(include_top=True)
            self._fill(network)
            return cut(network, headless.layers[-1].name)
        return headless

    def _fill(self, network: Any) -> None:
        if self.weights == "random":
            fill_randomly(network)
        else:
            load_keras_weights(network, self._file)

    def _construct(self, *, include_top: bool, weights: str | None = None) -> Any:
        import keras

        keras.utils.clear_session()  # layers without a name are numbered: always from the start
        shape = (*self.input_size, 3)
        return self._constructor(include_top=include_top, weights=weights, input_shape=shape)

    def _download(self, *, include_top: bool) -> Any:
        timeout = socket.getdefaulttimeout()
        socket.setdefaulttimeout(_DOWNLOAD_TIMEOUT_SECONDS)
        try:
            return self._construct(include_top=include_top, weights="imagenet")
        except Exception as problem:  # Keras raises no narrower class for a failed download
            raise _explained(problem) from problem
        finally:
            socket.setdefaulttimeout(timeout)


def _explained(problem: Exception) -> Exception:
    """Turn Keras's failed download into what the user can do, and leave other problems alone."""
    failed = _FAILED_DOWNLOAD.search(str(problem))
    if failed is None:
        return problem
    address, name = failed.groups()
    place = Path(os.environ.get("KERAS_HOME") or "~/.keras", "models", name).expanduser()
    return InputError(
        f"weights: {name} could not be downloaded from {address}, and no whole "
        f"copy is at {place}; put it there, or set weights to a file or to 'random'"
    )
