"""The most that any featurization could reach here: the network by itself, without images.

python -m benchmarks.network_alone NETWORK [PROCESSES]

Two processes of one thread, or as many as are named, run the converted network on noise, in
pixelmill's batches, and print the images a second of all together.
"""

import multiprocessing
import sys
import time

import numpy as np

from pixelmill.engines import find_engine
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters

PROCESSES = 2
SECONDS = 10


def parameters(network: str) -> FeaturizationParameters:
    """With weights that need no download."""
    weights = "imagenet" if network == "efficientnet_lite0" else "random"
    return FeaturizationParameters(featurizer=network, weights=weights)


def rate(network: str) -> float:
    """Images a second of this process."""
    wanted = parameters(network)
    prepared = find_featurizer(wanted).prepare()
    run = find_engine(prepared.engine).open_network(prepared.artifact, prepared.precision, 1)
    size = (wanted.batch_size, *prepared.input_size, 3)
    pixels = np.random.default_rng(0).integers(0, 255, size, np.uint8)
    run(pixels)
    time.sleep(1)  # the other process compiles, too
    start, batches = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        run(pixels)
        batches += 1
    return batches * wanted.batch_size / (time.perf_counter() - start)


def main(network: str, processes: int = PROCESSES) -> None:
    """Prints the rate of all processes together."""
    find_featurizer(parameters(network)).prepare()
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        print(sum(pool.map(rate, [network] * processes, chunksize=1)))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
