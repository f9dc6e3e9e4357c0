"""What the measured services answer with: a classifier of pets, or weights drawn by chance."""

import json
import os
import pickle
from pathlib import Path

import numpy as np

from benchmarks.photos import PETS

CONVERTED = "PIXELMILL_BENCH_NETWORK"  # names the file of the network for the other services
WEIGHTS = np.random.default_rng(0).normal(size=(1280, 37)) / 36


def three_labels(features: np.ndarray) -> list[dict[str, object]]:
    """The three best of 37 classes, for the services that have no classifier of ours."""
    scores = features @ WEIGHTS
    best = np.argsort(-scores)[:3]
    return [{"label": f"class {one}", "score": float(scores[one])} for one in best]


def write_network(file: Path) -> Path:
    """The converted network in a file, for services without TensorFlow and weights."""
    from pixelmill.featurizers import find_featurizer
    from pixelmill.parameters import FeaturizationParameters

    prepared = find_featurizer(FeaturizationParameters()).prepare()
    fields = ("artifact", "engine", "precision", "input_size")
    file.write_bytes(pickle.dumps({name: getattr(prepared, name) for name in fields}))
    return file


class Pets:
    """Decoder and network as the other services use them."""

    def __init__(self) -> None:
        from pixelmill.featurizers.network import PreparedNetwork
        from pixelmill.images.limits import Limits

        fields = pickle.loads(Path(os.environ[CONVERTED]).read_bytes())  # noqa: S301
        self._network = PreparedNetwork(**fields, limits=Limits()).open(2)

    def decode(self, photo: bytes) -> np.ndarray:
        """A photo as the network takes it, uint8 [224, 224, 3]."""
        pixels = np.empty((*self._network.decoder.size, 3), np.uint8)
        self._network.decoder.decode(photo, pixels)
        return pixels

    def featurize(self, pixels: np.ndarray) -> np.ndarray:
        """Features of n photos, float32 [n, 1280]."""
        return self._network.infer(pixels)


def export_pets(folder: Path) -> Path:
    """A classifier by the mean features of each breed, on the features as this CPU makes them."""
    from pixelmill.classifier import Classifier, Manifest
    from pixelmill.classifier.featurizing import convert_networks
    from pixelmill.datasets.classifier_export import ClassifierExport, ExportedClassifier
    from pixelmill.featurizers import find_featurizer, fingerprint
    from pixelmill.models.linear import LinearModel
    from pixelmill.parameters import FeaturizationParameters
    from pixelmill.preparation import Preparation

    found = find_featurizer(FeaturizationParameters())
    description = found.describe()
    mark = fingerprint(description)
    own = {"precision": description["precision"]}
    part = {"fingerprint": mark, "parameters": FeaturizationParameters(**own).model_dump()}
    featurizer = {"fingerprint": mark, "parts": [part | description]}
    opened = found.prepare().open(2)
    breeds = sorted(path.name for path in PETS.iterdir() if path.is_dir())
    means = np.stack([_mean(opened, breed) for breed in breeds])
    model = LinearModel(means, -(means**2).sum(1) / 2, "softmax")
    manifest = Manifest(
        labels=breeds,
        dimension=means.shape[1],
        featurizer=featurizer,
        estimator="nearest_mean",
        strategy="multinomial",
        kind=model.kind,
        probabilities=True,
    )
    classifier = Classifier(manifest, Preparation(means.shape[1]), model)
    files = {f"networks/{key}": data for key, data in convert_networks(featurizer).items()}
    files["card.json"] = json.dumps({"dataset": "pets"}).encode()
    made = ExportedClassifier(classifier, lambda *_: "# Pets", files)
    ClassifierExport(filepath=str(folder)).save(made)
    return folder


def _mean(opened, breed: str) -> np.ndarray:
    photos = [file.read_bytes() for file in sorted((PETS / breed).glob("*.jpg"))]
    return opened(photos).features.mean(axis=0)
