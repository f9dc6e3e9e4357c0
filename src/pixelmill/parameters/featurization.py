"""Parameters of the featurization."""

from typing import Annotated, Literal

from pydantic import Field

from pixelmill.images.limits import Limits
from pixelmill.parameters._base import Count, Parameters


class FeaturizationParameters(Parameters):
    """What turns an image into a vector, and how the work is divided.

    Attributes:
        featurizer: `efficientnet_lite0`, a network of `keras.applications` by its name in
            snake_case (`resnet50`), or a module of `pixelmill.featurizers`.
        layer: Name of the layer whose output is taken; null is the last before the classifier.
        pooling: Pooling over a layer's height and width: mean, maximum, or flattened (none).
        weights: `imagenet`, `random`, or the path or URI of a weights file.
        engine: Engine that runs the network: a module of `pixelmill.engines`.
        precision: Precision of the arithmetic; `auto` is bfloat16 where the CPU has it.
        batch_size: Images that the network sees at once.
        chunk_size: Images that are saved at once: what a killed run loses at most.
        max_pixels: Images with more pixels are refused before they are decoded.
        max_decoded_bytes: Images that take more memory to decode are refused from their header.
        max_seconds: CPU time that a worker may take for an image; one that takes more is refused.
        reads_in_flight: Images that a worker reads ahead of the network.
    """

    featurizer: str = "efficientnet_lite0"
    layer: str | None = None
    pooling: Literal["avg", "max", "none"] = "avg"
    weights: str = "imagenet"
    engine: str = "openvino"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    batch_size: Annotated[int, Field(ge=1, le=1024)] = 8
    chunk_size: Count = 20_000
    max_pixels: Count = Limits().max_pixels
    max_decoded_bytes: Count = Limits().max_decoded_bytes
    max_seconds: Count = Limits().max_seconds
    reads_in_flight: Annotated[int, Field(ge=1, le=256)] = 16

    @property
    def limits(self) -> Limits:
        """What refuses an image before it is decoded."""
        return Limits(self.max_pixels, self.max_decoded_bytes, self.max_seconds)
