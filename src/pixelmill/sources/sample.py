"""The embedded sample: scikit-learn's handwritten digits, written as PNG files.

500 of the 1,797 images of the test set of E. Alpaydin and C. Kaynak, "Optical Recognition of
Handwritten Digits" (UCI Machine Learning Repository, 1998), as scikit-learn brings them.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from pixelmill.parameters import IngestionParameters
from pixelmill.sources.folder import FolderSource
from pixelmill.sources.listing import Listing, Source
from pixelmill.storage import open_storage

ORDER = 10
NAME = "sample:digits"
IMAGES_PER_CLASS = 50
SIDE = 128  # pixels
WRITES_IN_FLIGHT = 16


def recognises(images: str) -> bool:
    """Return whether `images` is the sample's name."""
    return images == NAME


def open_source(images: str, parameters: IngestionParameters) -> Source:
    """Return the source of the embedded sample."""
    return SampleSource(images, parameters)


class SampleSource(Source):
    """A folder for each digit with 50 images, written to `ingestion.sample_folder` once.

    Args:
        images: The sample's name.
        parameters: Parameters; uses `sample_folder`, `extensions` and `exclude`.
    """

    def __init__(self, images: str, parameters: IngestionParameters) -> None:
        super().__init__(images)
        self._folder = parameters.sample_folder
        self._parameters = parameters

    def list_images(self) -> Listing:
        """List the images of the sample, which is written first."""
        self._write_missing()
        return FolderSource(self._folder, self._parameters).list_images()

    def _write_missing(self) -> None:
        storage = open_storage(self._folder)
        names = [
            f"{digit}/{number:02}.png" for digit in range(10) for number in range(IMAGES_PER_CLASS)
        ]
        if None not in storage.find_files(names):
            return

        def write(name: str, content: bytes) -> None:
            if storage.find_files([name]) == [None]:  # else another run may have indexed it
                storage.write_bytes(name, content)

        with ThreadPoolExecutor(WRITES_IN_FLIGHT) as pool:
            list(pool.map(write, names, _png_files()))


def _png_files() -> Iterator[bytes]:
    """Yield PNG files of dark digits on white, the first 50 of each digit, by digit."""
    import cv2
    import numpy as np
    from sklearn.datasets import load_digits

    digits = load_digits()
    for digit in range(10):
        for ink in digits.images[digits.target == digit][:IMAGES_PER_CLASS]:
            # ink: [8, 8], 0 to 16
            pixels = cv2.resize(255 - ink * 255 / 16, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
            yield cv2.imencode(".png", np.clip(pixels, 0, 255).astype(np.uint8))[1].tobytes()
