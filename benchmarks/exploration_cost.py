"""What signature and checks cost where they are made from the image that the network sees.

python -m benchmarks.exploration_cost [--networks efficientnet_lite0,resnet50] [--turns 5]

CPU milliseconds of an image: the network alone; with the signature, with the checks and with both
from one decoding; and each from its own decoding, as in runs of their own. They take turns on each
batch of 8 images, in another order each time. Before its turn each works on the batch before, as in
a run, where it finds the caches as its own last batch left them. Of the turns of a batch the median
counts, and the least, which other programs disturb less; both are averaged over all batches.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.exploration import ASSETS
from pixelmill.classifier.manifest import cpu_model
from pixelmill.featurizers import OpenFeaturizer, find_featurizer
from pixelmill.featurizers.together import featurize_together
from pixelmill.parameters import FeaturizationParameters

BATCH = 8
RIDERS = ("picture_signature", "picture_checks")
Run = Callable[[list[bytes]], object]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", default="efficientnet_lite0,resnet50")
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    files = sorted((ASSETS / "pets").rglob("*.jpg"))
    print(f"{cpu_model()}, {time.strftime('%Y-%m-%d')}, {len(files)} photos of pets")
    for network in options.networks.split(","):
        measure(network, [file.read_bytes() for file in files], options.turns)


def parameters_of(name: str) -> FeaturizationParameters:
    """ResNet50 has random weights: its arithmetic costs the same."""
    weights = "imagenet" if name == "efficientnet_lite0" else "random"
    return FeaturizationParameters(featurizer=name, weights=weights)


def measure(network: str, images: list[bytes], turns: int) -> None:
    """Print what a network costs alone and with the others."""
    first = open_one(parameters_of(network))
    others = [open_one(FeaturizationParameters(featurizer=name)) for name in RIDERS]
    runs: dict[str, Run] = {
        "alone": first,
        "signature": together(first, others[:1]),
        "checks": together(first, others[1:]),
        "both": together(first, others),
        "apart": lambda batch: [one(batch) for one in (first, *others)],
    }
    times: dict[str, list[list[float]]] = {name: [] for name in runs}
    draw = random.Random(0)
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        before = images[start - BATCH : start] or images[-BATCH:]
        for of_batches in times.values():
            of_batches.append([])
        for _ in range(turns):
            for name in draw.sample(list(runs), len(runs)):
                runs[name](before)
                began = time.process_time()
                runs[name](batch)
                times[name][-1].append(1000 * (time.process_time() - began))
    report(network, times, len(images))


def together(first: OpenFeaturizer, others: list[OpenFeaturizer]) -> Run:
    """Featurize a batch by several featurizers, from one decoding."""
    return lambda batch: featurize_together(
        [first, *others], batch, np.ones((len(batch), 1 + len(others)), np.bool_)
    )


def report(network: str, times: dict[str, list[list[float]]], images: int) -> None:
    """Print medians and least times of an image, and their ratios to the first."""
    medians = {name: sum(map(statistics.median, found)) / images for name, found in times.items()}
    least = {name: sum(map(min, found)) / images for name, found in times.items()}
    for name in times:
        ratio, least_ratio = medians[name] / medians["alone"], least[name] / least["alone"]
        middle = f"{medians[name]:6.2f} ms, {ratio:.3f} times"
        print(
            f"{network:20} {name:9} {middle}; least {least[name]:6.2f} ms, {least_ratio:.3f} times"
        )


def open_one(parameters: FeaturizationParameters) -> OpenFeaturizer:
    """A featurizer that runs on one thread."""
    return find_featurizer(parameters).prepare().open(1)


if __name__ == "__main__":
    main()
