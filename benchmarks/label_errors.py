"""How well planted label errors are found, on several sets of images and sizes of classes.

python -m benchmarks.label_errors [--draws 20] [--wrong 0.04]

Of each set, classes and images of them are drawn by chance, and a share of the labels is changed to
other ones, at least two unless it is 0. Features are those of EfficientNet-Lite0, of the colours
also the colour statistics. Precision and recall are counted on the images of all draws.
"""

import argparse
import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.exploration import ASSETS, PARAMETERS, features
from pixelmill.classifier.manifest import cpu_model
from pixelmill.exploration.outliers import principal_components
from pixelmill.pipelines.exploration.odd import judge_labels

NETWORK = "efficientnet_lite0"
SIZES = (  # folder, featurizer, classes, images of a class
    ("pets", NETWORK, 37, 7),
    ("pets", NETWORK, 37, 5),
    ("pets", NETWORK, 10, 7),
    ("fruits", NETWORK, 9, 7),
    ("fruits", NETWORK, 9, 42),
    ("bengali_digits", NETWORK, 10, 15),
    ("bengali_digits", NETWORK, 10, 50),
    ("colours", NETWORK, 8, 8),
    ("colours", "colour_statistics", 8, 8),
)
Rows = NDArray[np.float32]


class ImageSet(NamedTuple):
    """Images with their right labels.

    Attributes:
        rows: Features, float32 [n, d].
        labels: n labels.
    """

    rows: Rows
    labels: list[str]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--wrong", type=float, default=0.04, help="share of the labels")
    options = parser.parse_args()
    draws = options.draws
    print(f"{cpu_model()}, {time.strftime('%Y-%m-%d')}, {draws} draws")
    sets: dict[tuple[str, str], ImageSet] = {}
    for folder, featurizer, classes, each in SIZES:
        if (folder, featurizer) not in sets:
            sets[folder, featurizer] = read(folder, featurizer)
        counts = np.zeros(3, np.int64)
        for seed in range(draws):
            draw = np.random.default_rng([seed, classes, each])
            counts += measure(sets[folder, featurizer], (classes, each), options.wrong, draw)
        hits, found, planted = counts.tolist()
        print(
            f"{folder:15} {featurizer:18} {classes:3} classes of {each:2}: "
            f"precision {hits / max(found, 1):.3f}  recall {hits / max(planted, 1):.3f}  "
            f"{found} found in {draws} draws",
            flush=True,
        )


def read(folder: str, featurizer: str) -> ImageSet:
    """The features of all images of a set, whose labels are the names of their folders."""
    files = sorted(file for file in (ASSETS / folder).rglob("*.*g") if file.is_file())
    return ImageSet(features(featurizer, files), [file.parent.name for file in files])


def measure(
    images: ImageSet, drawn: tuple[int, int], share: float, draw: np.random.Generator
) -> NDArray[np.int64]:
    """Plant label errors in a part of a set and look for them.

    Args:
        images: The set.
        drawn: Classes that are drawn, and images of each at most.
        share: Share of the labels that are changed.
        draw: The source of chance.

    Returns:
        Label errors found, findings, and label errors planted.
    """
    classes, each = drawn
    names = draw.choice(sorted(set(images.labels)), classes, replace=False).tolist()
    labels = np.array(images.labels)
    members = [draw.permutation(np.flatnonzero(labels == name))[:each] for name in names]
    places = np.concatenate(members)
    given = labels[places].tolist()
    number = max(2, round(share * len(places))) if share else 0
    wrong = draw.permutation(len(places))[:number].tolist()
    for place in wrong:
        given[place] = str(draw.choice([name for name in names if name != given[place]]))
    paths = [str(number) for number in range(len(places))]
    rows = images.rows[places]
    both = rows, principal_components(rows, PARAMETERS.components)
    findings, _ = judge_labels(paths, given, both, {}, PARAMETERS, len(set(given)))
    found = {one.path for one in findings}
    return np.array([len(found & set(map(str, wrong))), len(found), len(wrong)])


if __name__ == "__main__":
    main()
