"""What another precision would bring on this CPU: tried, not assumed."""

import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pixelmill.engines import Precision
    from pixelmill.featurizers import PreparedFeaturizer
    from pixelmill.featurizers.network import PreparedNetwork

RUNS = 3


def bfloat16_gain(prepared: "PreparedFeaturizer", batch_size: int) -> float | None:
    """Runs a few batches in both precisions, on one core.

    Args:
        prepared: The featurizer of the run.
        batch_size: Images in a batch.

    Returns:
        How many times faster bfloat16 is; None where the run has it already, or cannot.
    """
    from pixelmill.engines.openvino import cpu_has_bfloat16
    from pixelmill.featurizers.network import PreparedNetwork

    if not isinstance(prepared, PreparedNetwork) or prepared.engine != "openvino":
        return None
    if prepared.precision == "bfloat16" or not cpu_has_bfloat16():
        return None
    return _seconds(prepared, "float32", batch_size) / _seconds(prepared, "bfloat16", batch_size)


def _seconds(prepared: "PreparedNetwork", precision: "Precision", batch_size: int) -> float:
    from pixelmill.engines.openvino import open_network

    infer = open_network(prepared.artifact, precision, threads=1)
    pixels = np.zeros((batch_size, *prepared.input_size, 3), np.uint8)
    infer(pixels)  # the first run allocates
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        infer(pixels)
        times.append(time.perf_counter() - start)
    return min(times)
