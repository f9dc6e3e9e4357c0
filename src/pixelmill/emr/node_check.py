"""The last step of the bootstrap on each node: import the project and run a network.

EMR installs Spark after the bootstrap: nothing here may need it.
"""

import sys
from typing import TYPE_CHECKING

import numpy as np

import pixelmill
from pixelmill.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def compile_network() -> "NDArray[np.float32]":
    """Build, compiles and run the default network.

    Returns:
        Features of one grey image, float32 [1, 1280].

    Raises:
        InputError: The network's weights or its engine are unavailable.
    """
    import cv2

    from pixelmill.featurizers import find_featurizer
    from pixelmill.parameters import FeaturizationParameters

    _, encoded = cv2.imencode(".png", np.full((224, 224, 3), 127, np.uint8))
    network = find_featurizer(FeaturizationParameters()).prepare().open(threads=1)
    batch = network([encoded.tobytes()])
    if batch.errors != [None] or not np.isfinite(batch.features).all():
        raise InputError(f"the network computes no features on this node: {batch.errors[0]}")
    return batch.features


def main() -> None:
    """Say what works; end the process with status 1 and a sentence where something does not."""
    try:
        features = compile_network()
    except (InputError, ImportError) as problem:
        sys.exit(f"pixelmill does not work on this node: {problem}")
    sys.stdout.write(f"pixelmill {pixelmill.__version__}: {features.shape[1]} features an image\n")


if __name__ == "__main__":
    main()
