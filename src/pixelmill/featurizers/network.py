"""Features by a Keras network: described cheaply, built once, opened in every worker."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pixelmill.engines import Engine, Inference, Precision, find_engine
from pixelmill.engines.start_up import import_tensorflow
from pixelmill.errors import ImageError, InputError
from pixelmill.featurizers import network_cache
from pixelmill.featurizers.contracts import Description, FeaturizedBatch, fingerprint
from pixelmill.featurizers.decoding import PIXEL_VERSION, RESIZE_METHOD, Decoder
from pixelmill.images.limits import Limits
from pixelmill.parameters import FeaturizationParameters

TIMED_RUNS = 3


class Backbone(Protocol):
    """A Keras network that is known by its name and weights before it is built."""

    @property
    def name(self) -> str:
        """The network's name, as in `featurizer`."""

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the input, in pixels."""

    def weights_content(self) -> str:
        """Name what is in the weights; another name, other weights.

        Raises:
            InputError: The weights' file cannot be read.
        """

    def build(self, layer: str | None) -> Any:
        """Build keras.Model up to a layer; None is the last before the classifier.

        Raises:
            InputError: The layer is unknown, or the weights do not fit.
        """

    def preprocess(self, pixels: Any) -> Any:
        """Turn a tensor of pixels, float32 from 0 to 255, into what the network expects."""


@dataclass(frozen=True)
class NetworkFeaturizer:
    """A network, a layer of it, and an engine that runs it.

    Attributes:
        backbone: The network.
        parameters: Layer, pooling, engine, precision and the limits are read from here.
    """

    backbone: Backbone
    parameters: FeaturizationParameters

    def describe(self) -> Description:
        """Tell all that changes the numbers, without loading TensorFlow or the network.

        Raises:
            InputError: The engine is unknown, or the weights' file cannot be read.
        """
        engine = find_engine(self.parameters.engine)
        return {
            "network": self.backbone.name,
            "layer": self.parameters.layer,
            "pooling": self.parameters.pooling,
            "weights": self.backbone.weights_content(),
            "resize": RESIZE_METHOD,
            "pixels": PIXEL_VERSION,
            "input_size": list(self.backbone.input_size),
            "engine": self.parameters.engine,
            "precision": engine.resolve_precision(self.parameters.precision),
        }

    def prepare(self) -> "PreparedNetwork":
        """Build and convert the network, or take it from the disk where that was done before.

        Raises:
            InputError: The layer is unknown, or the weights are unavailable or do not fit.
        """
        engine = find_engine(self.parameters.engine)
        precision = engine.resolve_precision(self.parameters.precision)
        key = fingerprint(self.describe())
        artifact = network_cache.read(key)
        if artifact is None:
            artifact = self._export(engine, precision)
            network_cache.write(key, artifact)
        return PreparedNetwork(
            artifact=artifact,
            engine=self.parameters.engine,
            precision=precision,
            input_size=self.backbone.input_size,
            limits=self.parameters.limits,
        )

    def _export(self, engine: Engine, precision: Precision) -> bytes:
        model = self.backbone.build(self.parameters.layer)
        network = _with_preprocessing(model, self.backbone, self.parameters.pooling)
        return engine.export(network, precision)


def describes_same_pixels(description: Description) -> bool:
    """Tell whether this version decodes and resizes images as a network's description says."""
    own = {"resize": RESIZE_METHOD, "pixels": PIXEL_VERSION}
    return own.items() <= description.items()


@dataclass(frozen=True)
class PreparedNetwork:
    """A converted network on its way to the workers.

    Attributes:
        artifact: Network exported by the engine.
        engine: Name of the engine.
        precision: Precision of the arithmetic.
        input_size: Height and width in pixels.
        limits: Images beyond them are refused.
    """

    artifact: bytes
    engine: str
    precision: Precision
    input_size: tuple[int, int]
    limits: Limits

    def open(self, threads: int) -> "OpenNetwork":
        """Compile the network, once in a process.

        Args:
            threads: Number of threads of this process.
        """
        infer = find_engine(self.engine).open_network(self.artifact, self.precision, threads)
        return OpenNetwork(infer, Decoder(self.input_size, self.limits))


def bfloat16_gain(prepared: object, batch_size: int) -> float | None:
    """Measure how many times faster a network runs in bfloat16, on one core of this CPU.

    Args:
        prepared: Prepared featurizer of any kind.
        batch_size: Number of images in a batch.

    Returns:
        Duration in float32 divided by that in bfloat16; None if the featurizer is no network of
        OpenVINO, already runs in bfloat16, or the CPU lacks it.
    """
    if not isinstance(prepared, PreparedNetwork) or prepared.engine != "openvino":
        return None
    from pixelmill.engines.openvino import cpu_has_bfloat16

    if prepared.precision == "bfloat16" or not cpu_has_bfloat16():
        return None
    return _seconds(prepared, "float32", batch_size) / _seconds(prepared, "bfloat16", batch_size)


def _seconds(prepared: PreparedNetwork, precision: Precision, batch_size: int) -> float:
    """Measure the fastest of a few inferences of one batch, in seconds."""
    infer = find_engine(prepared.engine).open_network(prepared.artifact, precision, 1)
    pixels = np.zeros((batch_size, *prepared.input_size, 3), np.uint8)
    infer(pixels)  # the first run allocates
    times = []
    for _ in range(TIMED_RUNS):
        started = perf_counter()
        infer(pixels)
        times.append(perf_counter() - started)
    return min(times)


class OpenNetwork:
    """A compiled network: bytes of images in, features out; for one thread at a time.

    Attributes:
        infer: Pixels uint8 [n, height, width, 3] in, features float32 [n, d] out.
        decoder: Decodes images to the size of the network's input.
    """

    def __init__(self, infer: Inference, decoder: Decoder) -> None:
        """Take an inference function and a decoder of its input size."""
        self.infer = infer
        self.decoder = decoder
        self._pixels = np.empty((0, *decoder.size, 3), np.uint8)

    def __call__(self, images: Sequence[bytes | ImageError]) -> FeaturizedBatch:
        """Featurize a batch; a broken image costs no other its features.

        Args:
            images: Content of the files, or why it could not be read.

        Returns:
            Features of the good images, and the reasons of the others.
        """
        started = perf_counter()
        errors = self._decode(images)
        decoded = perf_counter()
        good = errors.count(None)
        features = self.infer(self._pixels[:good]) if good else np.empty((0, 0), np.float32)
        inferred = perf_counter()
        remarks = self.decoder.take_remarks()
        times = decoded - started, inferred - decoded
        return FeaturizedBatch(features, errors, *times, remarks).finite()

    def _decode(self, images: Sequence[bytes | ImageError]) -> list[str | None]:
        """Fill the first rows of `_pixels` with the images that decode."""
        if len(self._pixels) < len(images):
            self._pixels = np.empty((len(images), *self._pixels.shape[1:]), np.uint8)
        errors: list[str | None] = []
        good = 0
        for image in images:
            errors.append(self._decode_one(image, self._pixels[good]))
            good += errors[-1] is None
        return errors

    def _decode_one(self, image: bytes | ImageError, into: NDArray[np.uint8]) -> str | None:
        if isinstance(image, ImageError):
            return str(image)
        try:
            self.decoder.decode(image, into)
        except ImageError as problem:
            return str(problem)
        return None


def cut(network: Any, layer: str) -> Any:
    """Take the part of a network that leads to a layer.

    Args:
        network: keras.Model.
        layer: Name of the layer.

    Returns:
        keras.Model that shares the network's variables.

    Raises:
        InputError: The network has no such layer.
    """
    import keras

    names = [item.name for item in network.layers]
    if layer not in names:
        nearest = difflib.get_close_matches(layer, names, n=3, cutoff=0.3) or names[-3:]
        raise InputError(f"layer: there is no {layer!r}; the nearest are {', '.join(nearest)}")
    return keras.Model(network.input, network.get_layer(layer).output, name=network.name)


def _with_preprocessing(model: Any, backbone: Backbone, pooling: str) -> Any:
    """Trace the whole way: uint8 [n, height, width, 3] to float32 [n, d]."""
    tensorflow = import_tensorflow()

    def network(pixels: Any) -> Any:
        inputs = backbone.preprocess(tensorflow.cast(pixels, tensorflow.float32))
        return _pool(tensorflow, model(inputs, training=False), pooling)

    signature = tensorflow.TensorSpec((None, *backbone.input_size, 3), tensorflow.uint8)
    return tensorflow.function(network, input_signature=[signature])


def _pool(tensorflow: Any, maps: Any, pooling: str) -> Any:
    if maps.shape.rank == 2:
        return maps
    if pooling == "none":
        return tensorflow.reshape(maps, (-1, int(np.prod(maps.shape[1:]))))
    reduce = tensorflow.reduce_mean if pooling == "avg" else tensorflow.reduce_max
    return reduce(maps, axis=range(1, maps.shape.rank - 1))
