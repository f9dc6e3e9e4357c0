"""A classifier of real features in a folder, and the pipeline without Kedro around it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pixelmill.classifier import Classifier, Manifest
from pixelmill.datasets.classifier_folder import ClassifierFolder
from pixelmill.datasets.feature_folders import FeatureFolders
from pixelmill.featurization.parts import describe_featurizer
from pixelmill.featurizers import fingerprint
from pixelmill.models.linear import LinearModel
from pixelmill.parameters import FeaturizationParameters, IngestionParameters
from pixelmill.pipelines.prediction import nodes
from pixelmill.preparation import Preparation

WIDTH = 1280


def made(*poolings):
    """A classifier of three classes on the features of a network, once for each pooling."""
    parts = [
        describe_featurizer(FeaturizationParameters(precision="float32", pooling=pooling))
        for pooling in poolings
    ]
    marks = [part["fingerprint"] for part in parts]
    mark = marks[0] if len(marks) == 1 else fingerprint({"parts": marks})
    draw = np.random.default_rng(0)
    width = WIDTH * len(parts)
    model = LinearModel(draw.normal(size=(3, width)) / 20, np.zeros(3), "softmax")
    manifest = Manifest(
        labels=["ant", "bee", 'it\'s "odd"'],
        dimension=width,
        featurizer={"fingerprint": mark, "parts": parts},
        estimator="logistic_regression",
        strategy="multinomial",
        kind=model.kind,
        probabilities=True,
    )
    preparation = Preparation(width, mean=np.full(width, 0.3), deviation=np.full(width, 0.5))
    return Classifier(manifest, preparation, model)


@dataclass
class Labelling:
    """A folder of new images, and where everything of their labelling lies.

    Attributes:
        spark: The session.
        model: Folder of the classifier.
        images: Folder of the images.
        features: Folder of their features.
    """

    spark: object
    model: Path
    images: Path
    features: Path

    def run(self, **limits):
        """The rows of `labelled_images` by path, the summary, and the last profile."""
        classifier = nodes.open_classifier(str(self.model))
        index, source = nodes.list_new_images(str(self.images), "new", IngestionParameters())
        index = self.spark.createDataFrame(index)
        folders = FeatureFolders(filepath=str(self.features))
        # The featurizer is not this run's to say.
        how = FeaturizationParameters(chunk_size=4, featurizer="resnet50", **limits)
        tables = nodes.compare_new_images(classifier, index, folders.load(), how)
        tables = [self._saved(table) for table in tables]
        profiles = []
        for update, profile in nodes.featurize_new_images(*tables, source, classifier, how):
            folders.save(update)
            profiles.append(profile)
        labelled = nodes.label_new_images(classifier, index, folders.load()).persist()
        rows = {row["path"]: row for row in labelled.collect()}
        assert len(rows) == labelled.count() == source["count"]
        return rows, nodes.sum_up(labelled, classifier, source), profiles

    def _saved(self, table):
        return self.spark.createDataFrame(table.toArrow(), table.schema)


@pytest.fixture
def labelling(spark, tmp_path, assets):
    """Photos under odd names, two of which are broken, and a classifier of one featurizer."""
    images = tmp_path / "new images"
    (images / "it's").mkdir(parents=True)
    photos = [photo.read_bytes() for photo in sorted((assets / "pets").rglob("*.jpg"))[:6]]
    for number, photo in enumerate(photos):
        (images / "it's" / f'a "{number}" ü.jpg').write_bytes(photo)
    (images / "cut.jpg").write_bytes(photos[0][:4000])
    (images / "text.png").write_bytes(b"no picture")
    model = tmp_path / "my export"
    ClassifierFolder(filepath=str(model)).save(made("avg"))
    return Labelling(spark, model, images, tmp_path / "features")
