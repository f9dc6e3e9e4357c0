"""What OpenVINO computes of a network, as it was converted and as pixelmill opens it.

python -m benchmarks.network_rewrites [NETWORK ...]

One thread, batches of 8 images of noise, random weights. CPU milliseconds an image, by turns in
one process: as converted, as pixelmill opens it, and that with a batch that is fixed at 8 and at
16. Prints the medians, the smallest, and whether the features equal those of the network as it was
converted, bit by bit. Exits with 1 where pixelmill's differ.
"""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from benchmarks.machine import print_header
from pixelmill.engines import openvino as engine
from pixelmill.engines.openvino_rewrites import pad_in_pooling, take_reversed_channels
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters

NETWORKS = ("resnet50", "efficientnet_lite0", "inception_v3", "mobilenet_v2", "convnext_tiny")
ROUNDS = 9
IMAGES = 64  # of a turn

Network = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def compiled(prepared: Any, *, rewritten: bool, batch: int = -1) -> Network:
    """Open a network on one thread; -1 leaves the batch dynamic."""
    core = openvino.Core()
    model = engine._read_model(core, openvino, prepared.artifact)
    reverse = None
    if rewritten:
        pad_in_pooling(model)
        reverse = engine._ChannelReversal() if take_reversed_channels(model) else None
    if batch > 0:
        model.reshape([batch, *prepared.input_size, 3])
    options = engine._options(prepared.precision, 1)
    network = core.compile_model(model, "CPU", options)
    return lambda pixels: network(reverse(pixels) if reverse else pixels, share_inputs=True)[0]


def cpu_milliseconds(network: Network, pixels: NDArray[np.uint8]) -> float:
    """CPU time of an image in a turn."""
    network(pixels)
    start = time.process_time()
    for _ in range(IMAGES // len(pixels)):
        network(pixels)
    return (time.process_time() - start) * 1000 / IMAGES


def measure(name: str) -> bool:
    """Print a row of each way; return whether the features are equal."""
    wanted = FeaturizationParameters(featurizer=name, weights="random")
    prepared: Any = find_featurizer(wanted).prepare()
    ways = {
        "as converted": (compiled(prepared, rewritten=False), 8),
        "pixelmill": (compiled(prepared, rewritten=True), 8),
        "batch fixed at 8": (compiled(prepared, rewritten=True, batch=8), 8),
        "batch fixed at 16": (compiled(prepared, rewritten=True, batch=16), 16),
    }
    noise = np.random.default_rng(0).integers(0, 256, (16, *prepared.input_size, 3), np.uint8)
    original = np.concatenate([ways["as converted"][0](noise[i : i + 8]) for i in (0, 8)])
    equal = {
        way: bool((network(noise[:size]) == original[:size]).all())
        for way, (network, size) in ways.items()
    }
    turns = [
        {way: cpu_milliseconds(network, noise[:size]) for way, (network, size) in ways.items()}
        for _ in range(ROUNDS)
    ]
    for way in ways:
        taken = [turn[way] for turn in turns]
        print(
            f"{name}, {prepared.precision}, {way}: median {statistics.median(taken):.2f}, "
            f"least {min(taken):.2f} CPU ms an image, {'equal' if equal[way] else 'DIFFERENT'}",
            flush=True,
        )
    return equal["pixelmill"]


def main(names: list[str]) -> int:
    """Measure each network; return the exit status."""
    print_header()
    equal = [measure(name) for name in names]
    return 0 if all(equal) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(NETWORKS)))
