"""OpenVINO, the engine for CPUs."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from pixelmill.engines import Inference, Precision
from pixelmill.engines.openvino_rewrites import pad_in_pooling, take_reversed_channels
from pixelmill.engines.start_up import quiet_start_up
from pixelmill.images.limits import lacks_memory

_XML_SIZE_BYTES = 8


def _import_openvino() -> ModuleType:
    # Without this package OpenVINO uses its own replacement, and reports its use to nobody.
    sys.modules.setdefault("openvino_telemetry", ModuleType("openvino_telemetry"))
    import openvino

    return cast(ModuleType, openvino)


@cache
def cpu_has_bfloat16() -> bool:
    """Say whether this machine's CPU computes in bfloat16 (AVX512-BF16 or AMX)."""
    capabilities = _import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "BF16" in capabilities


def resolve_precision(precision: str) -> Precision:
    """Turn `auto` into bfloat16 where the CPU has it.

    Args:
        precision: `auto`, `float32` or `bfloat16`.

    Returns:
        `float32` or `bfloat16`.
    """
    if precision == "auto":
        return "bfloat16" if cpu_has_bfloat16() else "float32"
    return cast(Precision, precision)


def export(network: Any, precision: Precision) -> bytes:
    """Convert a tf.function to OpenVINO's intermediate representation.

    Args:
        network: tf.function, uint8 [n, height, width, 3] to float32 [n, d].
        precision: bfloat16 stores the weights as float16, which is finer, in half the bytes.

    Returns:
        The size of the XML as eight bytes, the XML, the weights.
    """
    openvino = _import_openvino()
    with quiet_start_up(), _variables_found_once(), tempfile.TemporaryDirectory() as folder:
        xml = Path(folder, "network.xml")
        model = openvino.convert_model(network)
        openvino.save_model(model, xml, compress_to_fp16=precision == "bfloat16")
        description = xml.read_bytes()
        weights = xml.with_suffix(".bin").read_bytes()
    return len(description).to_bytes(_XML_SIZE_BYTES, "little") + description + weights


@contextmanager
def _variables_found_once() -> Iterator[None]:
    """Keep the variable of each operation while OpenVINO converts a network.

    It looks for it about ten times an operation, and compares the operation with all v variables
    each time: v² comparisons, which take most of the conversion of a network of 200 layers.
    """
    from openvino.frontend.tensorflow.node_decoder import TFGraphNodeDecoder

    find = getattr(TFGraphNodeDecoder, "get_variable", None)
    if find is None:  # another version of OpenVINO
        yield
        return
    TFGraphNodeDecoder.get_variable = staticmethod(cache(find))
    try:
        yield
    finally:
        TFGraphNodeDecoder.get_variable = staticmethod(find)


def open_network(artifact: bytes, precision: Precision, threads: int) -> Inference:
    """Compile an exported network.

    The batch dimension stays dynamic: some networks (ConvNeXt) give other numbers in a fixed one.

    Args:
        artifact: Value returned by `export`.
        precision: Precision of the arithmetic.
        threads: Number of threads of this process.

    Returns:
        The inference function.
    """
    openvino = _import_openvino()
    core = openvino.Core()
    model = _read_model(core, openvino, artifact)
    pad_in_pooling(model)
    reverse = _ChannelReversal() if take_reversed_channels(model) else None
    compiled = core.compile_model(model, "CPU", _options(precision, threads))

    def infer(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        try:
            given = pixels if reverse is None else reverse(pixels)
            return cast(NDArray[np.float32], compiled(given, share_inputs=True)[0])
        except RuntimeError as problem:
            if lacks_memory(problem):
                raise MemoryError(str(problem)) from problem
            raise

    return infer


def _options(precision: Precision, threads: int) -> dict[str, Any]:
    return {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": _hint(precision),
        # Pinned, the threads of two workers land on the same core.
        "ENABLE_CPU_PINNING": False,
    }


class _ChannelReversal:
    """RGB to BGR by OpenCV, into memory of its own: 0.01 ms an image, NumPy takes 0.5 ms."""

    def __init__(self) -> None:
        self._rows = np.empty((0, 0, 3), np.uint8)

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Reverse the channels of [n, height, width, 3]; valid until the next call."""
        import cv2

        rows = pixels.reshape(-1, *pixels.shape[2:])
        if len(self._rows) < len(rows):
            self._rows = np.empty_like(rows)
        reversed_rows = self._rows[: len(rows)]
        cv2.cvtColor(rows, cv2.COLOR_RGB2BGR, dst=reversed_rows)
        return reversed_rows.reshape(pixels.shape)


def _hint(precision: Precision) -> str:
    """Return the precision; a CPU without bfloat16 would simulate it, slower than float32."""
    return "bf16" if precision == "bfloat16" and cpu_has_bfloat16() else "f32"


def _read_model(core: Any, openvino: ModuleType, artifact: bytes) -> Any:
    start = _XML_SIZE_BYTES
    end = start + int.from_bytes(artifact[:start], "little")
    weights = openvino.Tensor(np.frombuffer(artifact, np.uint8, offset=end))
    return core.read_model(artifact[start:end], weights)
