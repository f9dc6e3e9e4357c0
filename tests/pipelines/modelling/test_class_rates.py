"""Rates of the classes of one-vs-rest: counted by hand, and every odd case."""

import numpy as np
import pyarrow as pa
import pytest

from pixelmill.classifier import Classifier, Manifest
from pixelmill.models.linear import binary_margins
from pixelmill.models.one_vs_rest import one_vs_rest
from pixelmill.models.pairwise import pairwise
from pixelmill.pipelines.modelling.class_rates import rate_classes
from pixelmill.preparation import Preparation

MEMBERS = [binary_margins(row, 0.0) for row in np.eye(3)]
IMAGES = [
    ("a", "test", [1, -1, -1]),
    ("a", "test", [-1, 1, -1]),  # not known as a, taken for b
    ("a", "test", [1, 1, -1]),  # known as a, taken for b too
    ("b", "test", [-1, 0, -1]),  # on the boundary: not known
    ("z", "test", [-1, -1, 1]),  # of no class of the classifier, taken for c
    ("a", "train", [-1, -1, -1]),
    (None, "test", [1, 1, 1]),
]


def classifier_of(model):
    """A classifier of three classes, each of which looks at one feature."""
    manifest = Manifest(
        labels=["a", "b", "c"],
        dimension=3,
        featurizer={"fingerprint": "0123", "parts": []},
        estimator="svm_sgd",
        strategy="one_vs_rest",
    )
    return Classifier(manifest, Preparation(3), model)


@pytest.fixture(scope="module")
def images(spark):
    labels, splits, features = zip(*IMAGES, strict=True)
    columns = {
        "path": pa.array([str(number) for number in range(len(IMAGES))]),
        "label": pa.array(labels, pa.string()),
        "split": pa.array(splits),
        "features": pa.array(features, pa.list_(pa.float32())),
    }
    return spark.createDataFrame(pa.table(columns)).repartition(2)


def test_rates_are_over_the_test_images_of_every_class(images):
    assert rate_classes(classifier_of(one_vs_rest(MEMBERS)), images) == [
        {"label": "a", "test": 5, "success_rate": 0.8, "sensitivity": 2 / 3, "specificity": 1.0},
        {"label": "b", "test": 5, "success_rate": 0.4, "sensitivity": 0.0, "specificity": 0.5},
        {"label": "c", "test": 5, "success_rate": 0.8, "sensitivity": None, "specificity": 0.8},
    ]


def test_without_test_images_there_is_no_share(images):
    rates = rate_classes(classifier_of(one_vs_rest(MEMBERS)), images.filter("split = 'train'"))
    shares = {"success_rate": None, "sensitivity": None, "specificity": None}
    assert rates == [{"label": label, "test": 0} | shares for label in "abc"]


@pytest.mark.parametrize("model", [None, pairwise(3, [(0, 1)], MEMBERS[:1])])
def test_other_strategies_have_no_rates(images, model):
    assert rate_classes(classifier_of(model), images) == []
