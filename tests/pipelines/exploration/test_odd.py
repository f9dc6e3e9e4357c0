"""Label errors and outliers of tables: copies, samples, classes that are too small."""

import numpy as np
import pytest

from pixelmill.parameters import ExplorationParameters
from pixelmill.pipelines.exploration.odd import TOO_FEW, find_in_features


@pytest.fixture(scope="module")
def tables(spark):
    """Two classes of 60 images; image 0 has the wrong label, 119 is far from all others."""
    labels = np.arange(120) % 2
    rows = np.random.default_rng(0).normal(size=(120, 6)) + 6 * np.eye(2, 6)[labels]
    rows[119, 5] += 60
    labels[0] = 1
    index = [(f"{n:03}", "ab"[label]) for n, label in enumerate(labels)]
    index.append(("rare", "c"))
    features = [(f"{n:03}", row.tolist(), None) for n, row in enumerate(rows)]
    features += [("rare", rows[5].tolist(), None), ("broken", None, "empty file")]
    return (
        spark.createDataFrame(index, "path string, label string").cache(),
        spark.createDataFrame(features, "path string, features array<float>, error string").cache(),
    )


def test_a_wrong_label_and_an_outlier_are_found(tables):
    found, notes = find_in_features(*tables, {}, set(), ExplorationParameters())
    assert {(one.path, one.kind) for one in found} == {("000", "label_error"), ("119", "outlier")}
    assert notes[0].startswith("1 of 3 classes has too few different images")
    assert notes[1] == "The classifier that looks for label errors agrees with 99% of labels."


def test_classes_of_which_no_image_can_be_judged_are_counted(tables):
    """As on the page, which names the number of all classes."""
    _, notes = find_in_features(*tables, {}, {"rare"}, ExplorationParameters())
    assert notes[0].startswith("1 of 3 classes has too few different images that can be judged")


def test_copies_and_unclear_images_are_no_outliers(tables):
    for copies, unclear in (({"119": "118"}, set()), ({}, {"119"})):
        found, _ = find_in_features(*tables, copies, unclear, ExplorationParameters())
        assert "119" not in {one.path for one in found}


def test_a_sample_says_that_it_is_one(tables):
    _, notes = find_in_features(*tables, {}, set(), ExplorationParameters(sampled=100))
    assert any("among 100 of 121 images" in note for note in notes)


def test_images_without_usable_features_are_no_error(tables):
    index, features = tables
    none = features.where("error is not null")
    assert find_in_features(index, none, {}, set(), ExplorationParameters()) == ([], [TOO_FEW])
    infinite = features.selectExpr(
        "path", "transform(features, x -> float('inf')) as features", "error"
    )
    found, notes = find_in_features(index, infinite, {}, set(), ExplorationParameters())
    assert found == []
    assert notes == ["Features of 121 images are no finite numbers.", TOO_FEW]
