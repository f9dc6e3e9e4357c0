"""New images get the labels that the classifier gives them without Spark, each exactly one row."""

import json

import numpy as np
import pytest
from scipy.spatial.distance import euclidean
from sklearn.neighbors import KNeighborsClassifier

from pixelmill import Classifier
from pixelmill.datasets.classifier_folder import ClassifierFolder
from pixelmill.errors import InputError
from pixelmill.models.sklearn import SklearnModel
from pixelmill.parameters import IngestionParameters
from pixelmill.pipelines.prediction.nodes import list_new_images, open_classifier

from .conftest import WIDTH, made


def test_every_image_has_its_row_as_without_spark(labelling):
    rows, summary, _ = labelling.run()
    paths = sorted(rows)
    predictions = Classifier.load(labelling.model).predict(
        labelling.images / path for path in paths
    )
    for path, found in zip(paths, predictions, strict=True):
        assert rows[path]["prediction"] == found.label
        assert rows[path]["error"] == found.error
        if found.error is None:
            np.testing.assert_allclose(rows[path]["scores"], found.scores, atol=1e-5)
            assert rows[path]["score"] == pytest.approx(found.score, abs=1e-5)
            assert rows[path]["score"] == max(rows[path]["scores"])
    for broken, reason in (("cut.jpg", "truncated"), ("text.png", "")):
        assert rows[broken]["error"].startswith(reason)
        assert [rows[broken][name] for name in ("prediction", "score", "scores")] == [None] * 3
    assert (summary["images"], summary["labelled"], summary["failed"]) == (8, 6, 2)
    assert sum(summary["labels"].values()) == 6


def test_a_second_run_computes_only_what_is_new(labelling):
    first, _, _ = labelling.run()
    (labelling.images / "text.png").unlink()
    photo = (labelling.images / "it's" / 'a "1" ü.jpg').read_bytes()
    (labelling.images / "new.jpg").write_bytes(photo)
    second, summary, profiles = labelling.run()
    assert profiles[-1]["images"] == 1
    assert profiles[-1]["already_done"] == 7
    assert second["new.jpg"]["scores"] == first['it\'s/a "1" ü.jpg']["scores"]
    assert (summary["images"], summary["failed"]) == (8, 1)


def test_limits_are_those_of_the_run_and_a_raised_one_tries_again(labelling):
    photo = 'it\'s/a "1" ü.jpg'
    refused, _, _ = labelling.run(max_pixels=1000)
    assert refused[photo]["error"].endswith("max_pixels is 1000")
    labelled, summary, profiles = labelling.run(max_pixels=10_000_000)
    assert labelled[photo]["error"] is None
    assert (summary["labelled"], profiles[-1]["images"]) == (6, 8)


def test_a_classifier_of_joined_features_labels_as_it_does_without_spark(labelling):
    ClassifierFolder(filepath=str(labelling.model)).save(made("avg", "max"))
    rows, summary, _ = labelling.run()
    assert summary["labelled"] == 6
    assert len(list(labelling.features.iterdir())) == 2
    good = sorted(path for path in rows if rows[path]["error"] is None)
    classifier = Classifier.load(labelling.model)
    found = classifier.predict([labelling.images / path for path in good])
    scores = np.array([rows[path]["scores"] for path in good])
    np.testing.assert_allclose(scores, [one.scores for one in found], atol=1e-5)


def test_without_a_model_it_says_how_to_name_one():
    with pytest.raises(InputError, match=r"model is not set: .*--params model="):
        open_classifier(None)


def test_a_folder_without_a_classifier_is_reported(tmp_path):
    with pytest.raises(InputError, match=r"there is no classifier in .*nowhere"):
        open_classifier(str(tmp_path / "nowhere"))


def test_a_classifier_without_a_model_labels_nothing(tmp_path):
    why = {"reason": "one class", "kind": None}
    untrained = Classifier(made("avg").manifest.model_copy(update=why))
    ClassifierFolder(filepath=str(tmp_path)).save(untrained)
    with pytest.raises(InputError, match="has no model: one class"):
        open_classifier(str(tmp_path))


def test_a_run_pins_its_model_and_says_how_to_trust_one(tmp_path):
    classifier = made("avg")
    ClassifierFolder(filepath=str(tmp_path)).save(classifier)
    digest = json.loads((tmp_path / "manifest.json").read_text())["digest"]
    assert open_classifier(str(tmp_path), digest).manifest.labels == classifier.manifest.labels
    with pytest.raises(InputError, match=rf"another than the one .* {digest}, not 0000"):
        open_classifier(str(tmp_path), "0" * 64)
    target = np.arange(30) % 3
    fitted = KNeighborsClassifier(metric=euclidean).fit(np.eye(30, WIDTH), target)
    known = classifier.manifest.model_copy(update={"kind": "sklearn"})
    pickled = Classifier(known, classifier.preparation, SklearnModel(fitted, 3))
    ClassifierFolder(filepath=str(tmp_path)).save(pickled)
    with pytest.raises(InputError, match=r"it is a pickle; .*--params trusted=true"):
        open_classifier(str(tmp_path))
    assert open_classifier(str(tmp_path), trusted=True).model.classes == 3


def test_labels_of_the_new_images_are_not_looked_at(labelling):
    asked = IngestionParameters(label="pattern", pattern="(no)(regular)")
    table, _ = list_new_images(str(labelling.images), "new", asked)
    assert table["label"].null_count == len(table) == 8
