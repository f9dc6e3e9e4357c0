"""Every row of images comes back, labelled or with its reason, whatever batches they come in."""

import numpy as np
import pytest

from pixelmill.classifier import Classifier, Manifest
from pixelmill.classifier.tables import label_images
from pixelmill.models.linear import LinearModel
from pixelmill.preparation import Preparation
from pixelmill.tables import LABELLED_IMAGES

SCHEMA = "path string, features array<float>, error string"


@pytest.mark.parametrize("good", [[], [0], [0, 2, 5], range(6)], ids=len)
def test_rows_with_and_without_features_may_be_mixed(spark, good):
    model = LinearModel(np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros(2))
    manifest = Manifest(
        labels=["a", "b"], dimension=2, featurizer={}, estimator="e", strategy="s", kind="linear"
    )
    rows = [
        (f"{number}.jpg", [float(number), 2.5] if number in good else None, None)
        if number in good
        else (f"{number}.jpg", None, "truncated")
        for number in range(6)
    ]
    images = spark.createDataFrame(rows, SCHEMA).coalesce(1)
    labelled = label_images(Classifier(manifest, Preparation(2), model), images)
    expected = spark.createDataFrame([], LABELLED_IMAGES).schema
    assert labelled.schema.simpleString() == expected.simpleString()
    for number, row in enumerate(labelled.collect()):
        if number in good:
            label, score = ("a", number) if number > 2.5 else ("b", 2.5)
            assert tuple(row) == (f"{number}.jpg", label, score, [number, 2.5], None)
        else:
            assert tuple(row) == (f"{number}.jpg", None, None, None, "truncated")
