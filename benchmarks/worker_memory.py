"""Memory of a worker with images that are as large as the limits let them be.

python -m benchmarks.worker_memory [efficientnet_lite0 colour_statistics picture_signature]

A worker's own libraries are imported, the featurizer is opened, and each large image is featurized
in a batch with seven photos of pets. Networks come from the cache where an earlier run left them;
the first run builds them in this process, which then holds TensorFlow as well.
"""

import argparse
import gc
import importlib
from collections.abc import Iterator
from pathlib import Path

from benchmarks.photos import PETS
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters
from tests.images import bombs

LIBRARIES = ("pyspark.worker", "pixelmill.featurization.tasks")  # that a worker imports
FEATURIZERS = ("efficientnet_lite0", "colour_statistics", "picture_signature")


def largest_images() -> Iterator[tuple[str, bytes]]:
    """One image of each kind that takes nearly as much as `max_decoded_bytes`."""
    yield "PNG, 100 million pixels", bombs.png(9_990, 9_990, 8, 2)
    yield "PNG, 44 million pixels of 64 bits", bombs.png(6_600, 6_600, 16, 6)
    yield "WebP, 41 million pixels", bombs.webp_of_a_canvas(6_400, 6_400)
    yield "TIFF, 58 million pixels, RGBA", bombs.deflated(7_600, 7_600, 4)
    yield "TIFF, 49 million floats", bombs.deflated(7_000, 7_000, 1, 32, _339=(3, 1, 3))
    yield "JPEG, progressive, 4:2:0", bombs.jpeg(10_000, "RGB", progressive=True)
    full = {"progressive": True, "subsampling": 0}
    yield "JPEG, progressive, 4:4:4", bombs.jpeg(8_700, "RGB", **full)


def resident(name: str) -> int:
    """A figure of this process, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1000 for line in lines if line.startswith(name + ":"))


def main() -> None:
    """Measure each featurizer, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("featurizers", nargs="*", default=FEATURIZERS)
    for library in LIBRARIES:
        importlib.import_module(library)
    photos = [file.read_bytes() for file in sorted(PETS.rglob("*.jpg"))[:7]]
    for name in parser.parse_args().featurizers:
        featurize = find_featurizer(FeaturizationParameters(featurizer=name)).prepare().open(1)
        featurize(photos)
        print(f"{name}: {resident('VmRSS')} MB with photos")
        for kind, data in largest_images():
            gc.collect()
            Path("/proc/self/clear_refs").write_text("5")  # the peak begins again
            (error, *_) = featurize([data, *photos]).errors
            print(f"  {kind:36} {resident('VmHWM'):5} MB  {error or 'features'}")


if __name__ == "__main__":
    main()
