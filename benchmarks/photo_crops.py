"""Features of many crops of real photos: as near each other as photos of one thing are.

Each crop covers 15% to all of a photo, in another shape, some mirrored, brighter or darker, with
noise. EfficientNet-Lite0 featurizes them, once for all benchmarks.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from benchmarks.photos import PETS
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters

CROPS = {PETS: 180, PETS.parent / "fruits": 20}  # of each photo
SIDE = 224
LARGEST = 400  # side of a photo that is cropped
BATCH = 128


class PhotoCrops:
    """Crops in an order that has nothing to do with their photos.

    Attributes:
        count: Number of crops.
        labels: Folder and name of the photo of each crop.
    """

    def __init__(self, scratch: Path) -> None:
        """Loads the features, or computes them.

        Args:
            scratch: Folder that keeps them.
        """
        photos = [(photo, n) for folder, n in CROPS.items() for photo in _photos(folder)]
        file = scratch / "crops.npy"
        if not file.is_file():
            np.save(file, _features(photos))
        features = np.load(file)
        names = [f"{photo.parent.name}-{photo.stem}" for photo, n in photos for _ in range(n)]
        order = np.random.default_rng(0).permutation(len(features))
        self._features = features[order]
        self.labels = [names[number] for number in order]
        self.count = len(order)

    def block(self, first: int, rows: int) -> np.ndarray:
        """float32 [rows, 1280] of the crops from number `first` on."""
        return self._features[first : first + rows]


def _photos(folder: Path) -> list[Path]:
    return [*sorted(folder.rglob("*.jpg")), *sorted(folder.rglob("*.png"))]


def _features(photos: list[tuple[Path, int]]) -> np.ndarray:
    featurizer = find_featurizer(FeaturizationParameters()).prepare().open(1)
    found, batch = [], []
    for crop in _crops(photos):
        batch.append(crop)
        if len(batch) == BATCH:
            found.append(featurizer(batch).features)
            batch = []
    found.append(featurizer(batch).features)
    return np.concatenate(found).astype(np.float32)


def _crops(photos: list[tuple[Path, int]]) -> Iterator[bytes]:
    random = np.random.default_rng(0)
    for file, count in photos:
        photo = Image.open(file).convert("RGB")
        photo.thumbnail((LARGEST, LARGEST))
        for _ in range(count):
            yield _crop(photo, random)


def _crop(photo: Image.Image, random: np.random.Generator) -> bytes:
    share, shape = random.uniform(0.15, 1) ** 0.5, np.exp(random.uniform(-0.3, 0.3))
    width = min(photo.width, max(16, round(photo.width * share * shape)))
    height = min(photo.height, max(16, round(photo.height * share / shape)))
    left = random.integers(0, photo.width - width + 1)
    top = random.integers(0, photo.height - height + 1)
    box = (left, top, left + width, top + height)
    picture = photo.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box)
    if random.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture = ImageEnhance.Brightness(picture).enhance(random.uniform(0.7, 1.3))
    noise = random.normal(0, random.uniform(0, 8), (SIDE, SIDE, 3)).astype(np.int16)
    pixels = np.clip(np.asarray(picture).astype(np.int16) + noise, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=90)
    return out.getvalue()
