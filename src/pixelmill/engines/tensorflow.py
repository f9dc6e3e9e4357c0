"""TensorFlow, the engine for GPUs and the reference for the others."""

from types import ModuleType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from pixelmill.engines import Inference, Precision
from pixelmill.engines.start_up import import_tensorflow, quiet_start_up


def resolve_precision(precision: str) -> Precision:
    """Turn `auto` into float32, because this engine is the reference.

    Args:
        precision: `auto`, `float32` or `bfloat16`.

    Returns:
        `float32` or `bfloat16`.
    """
    return "float32" if precision == "auto" else cast(Precision, precision)


def export(network: Any, precision: Precision) -> bytes:
    """Freeze a tf.function: its variables become constants of the graph.

    Args:
        network: tf.function, uint8 [n, height, width, 3] to float32 [n, d].
        precision: Not used: the weights stay float32, and `open_network` rounds.

    Returns:
        The names of input and output in one line, then the GraphDef.
    """
    del precision
    from tensorflow.python.framework import convert_to_constants

    with quiet_start_up():
        function = network.get_concrete_function()
        frozen = convert_to_constants.convert_variables_to_constants_v2(function)
    names = f"{frozen.inputs[0].name} {frozen.outputs[0].name}\n".encode()
    return names + cast(bytes, frozen.graph.as_graph_def().SerializeToString())


def open_network(artifact: bytes, precision: Precision, threads: int) -> Inference:
    """Open a frozen graph.

    Args:
        artifact: Value returned by `export`.
        precision: bfloat16 rounds where the CPU is faster for it; a GPU computes in TF32.
        threads: Number of threads of this process.

    Returns:
        The inference function.
    """
    tensorflow = import_tensorflow(threads)
    names, graph = artifact.split(b"\n", 1)
    network = _prune(tensorflow, graph, *names.decode().split())

    def infer(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        try:
            return cast(NDArray[np.float32], network(tensorflow.constant(pixels)).numpy())
        except tensorflow.errors.ResourceExhaustedError as problem:
            raise MemoryError(str(problem)) from problem

    _set_precision(tensorflow, precision)
    with quiet_start_up():
        # The first call optimises the graph, with the precision that is set just now.
        infer(np.zeros((1, *network.inputs[0].shape[1:]), np.uint8))
    return infer


def _prune(tensorflow: ModuleType, graph: bytes, source: str, target: str) -> Any:
    definition = tensorflow.compat.v1.GraphDef.FromString(graph)
    importer = tensorflow.compat.v1.import_graph_def
    wrapped = tensorflow.compat.v1.wrap_function(lambda: importer(definition, name=""), [])
    return wrapped.prune(source, target)


def _set_precision(tensorflow: ModuleType, precision: Precision) -> None:
    low = precision == "bfloat16"
    tensorflow.config.experimental.enable_tensor_float_32_execution(low)
    tensorflow.config.optimizer.set_experimental_options(
        {"auto_mixed_precision_onednn_bfloat16": low}
    )
