"""What pixelmill is measured against: two processes, OpenCV, OpenVINO, and nothing else.

python -m benchmarks.plain_loop FOLDER NETWORK OUTPUT.npz

Decodes at full size, resizes, runs the same converted network as pixelmill with one thread in
each of two processes, and saves all features in one file.
"""

import multiprocessing
import sys
from pathlib import Path

import cv2
import numpy as np

from pixelmill.engines import find_engine
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters

BATCH = 16
PROCESSES = 2


def featurize(share: list[Path], network: str, weights: str) -> np.ndarray:
    """The features of some photos, computed by this process alone."""
    cv2.setNumThreads(1)
    parameters = FeaturizationParameters(featurizer=network, weights=weights)
    prepared = find_featurizer(parameters).prepare()
    size = prepared.input_size
    run = find_engine(prepared.engine).open_network(prepared.artifact, prepared.precision, 1)
    done = []
    for start in range(0, len(share), BATCH):
        batch = [read(path, size) for path in share[start : start + BATCH]]
        done.append(run(np.stack(batch)))
    return np.concatenate(done)


def read(path: Path, size: tuple[int, int]) -> np.ndarray:
    """One photo as the network takes it."""
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    image = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def main(folder: str, network: str, output: str) -> None:
    """Featurizes a folder."""
    photos = sorted(Path(folder).rglob("*.jpg"))
    weights = "imagenet" if network == "efficientnet_lite0" else "random"
    # The network is converted once, before the processes need it.
    find_featurizer(FeaturizationParameters(featurizer=network, weights=weights)).prepare()
    shares = [(photos[number::PROCESSES], network, weights) for number in range(PROCESSES)]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        features = pool.starmap(featurize, shares)
    np.savez(
        output, paths=np.array([str(path) for path in photos]), features=np.concatenate(features)
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
