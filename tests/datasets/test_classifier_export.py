"""An export is one flat folder that may be copied anywhere, and never half of two."""

import json
import shutil

import numpy as np
import pytest

from pixelmill.classifier import Classifier, Manifest
from pixelmill.datasets.classifier_export import ClassifierExport, ExportedClassifier
from pixelmill.datasets.classifier_folder import ClassifierFolder
from pixelmill.errors import InputError
from pixelmill.models.linear import LinearModel
from pixelmill.preparation import Preparation

ABOUT = {"featurizer": {"parts": []}, "estimator": "e", "strategy": "s", "labels": ["a", "b"]}
MODEL = LinearModel(np.array([[1.0, 2.0], [2.0, 1.0]]), np.zeros(2))
CLASSIFIER = Classifier(Manifest(kind="linear", dimension=2, **ABOUT), Preparation(2), MODEL)
UNTRAINED = Classifier(Manifest(reason="one class", **ABOUT))
FEATURES = np.array([[1.0, 0.0], [0.5, 2.0]])


def card(text):
    """Writes a card that says nothing of the digest."""
    return lambda *_: text


@pytest.fixture
def dataset(tmp_path):
    """A folder that is not there yet."""
    return ClassifierExport(filepath=str(tmp_path / "my export"))


def names(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_export_is_flat_and_can_be_moved(dataset, tmp_path):
    assert not dataset.exists()
    dataset.save(ExportedClassifier(CLASSIFIER, card("# Card ü\n"), {"labels.json": b"[]"}))
    assert dataset.exists()
    moved = tmp_path / "elsewhere"
    shutil.move(tmp_path / "my export", moved)
    expected = {
        "README.md", "labels.json", "manifest.json", "model/arrays.npz", "preparation.npz",
    }  # fmt: skip
    assert names(moved) == expected
    np.testing.assert_array_equal(
        Classifier.load(moved).scores(FEATURES), CLASSIFIER.scores(FEATURES)
    )
    assert (moved / "README.md").read_text(encoding="utf-8") == "# Card ü\n"


def test_a_changed_card_is_accepted_and_another_changed_file_is_not(dataset, tmp_path):
    dataset.save(ExportedClassifier(CLASSIFIER, card("# Card"), {"model.onnx": b"graph"}))
    (tmp_path / "my export" / "README.md").write_text("# Card, read by me")
    dataset.load()
    (tmp_path / "my export" / "model.onnx").write_bytes(b"another graph")
    with pytest.raises(Exception, match=r"was changed: model.onnx is not what") as error:
        dataset.load()
    assert isinstance(error.value.__cause__, InputError)


def test_another_export_leaves_nothing_of_the_first(dataset, tmp_path):
    folder = tmp_path / "my export"
    dataset.save(ExportedClassifier(CLASSIFIER, card("# Card"), {"model.onnx": b"graph"}))
    (folder / "notes.txt").write_text("mine")
    (folder / "manifest.json").unlink()  # as one that died would leave it
    dataset.save(ExportedClassifier(UNTRAINED, card("# No model")))
    assert names(folder) == {"README.md", "manifest.json", "notes.txt"}
    assert dataset.load().manifest.reason == "one class"


def test_an_export_that_dies_leaves_nothing_of_the_one_before(dataset, tmp_path):
    labelled = {"labels.json": b"[]", "model.onnx": b"graph"}
    dataset.save(ExportedClassifier(CLASSIFIER, card("# Card"), labelled))

    def die(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dataset.save(ExportedClassifier(CLASSIFIER, die, labelled | {"model.onnx": b"another"}))
    left = {name: (tmp_path / "my export" / name).read_bytes() for name in labelled}
    assert left == labelled | {"model.onnx": b"another"}
    assert not names(tmp_path / "my export") & {"manifest.json", "README.md"}


def test_sparks_own_model_is_copied_from_the_classifiers_folder(spark, dataset, tmp_path):
    from pyspark.ml.classification import LogisticRegression, LogisticRegressionModel
    from pyspark.ml.linalg import Vectors

    rows = [(float(number % 2), Vectors.dense(number, 1 - number)) for number in range(4)]
    table = spark.createDataFrame(rows, ["label", "features"])
    fitted = LogisticRegression(maxIter=3).fit(table)
    trained = ClassifierFolder(filepath=str(tmp_path / "classifier"))
    trained.save(Classifier(CLASSIFIER.manifest, CLASSIFIER.preparation, MODEL, fitted))
    dataset.save(ExportedClassifier(trained.load(), card("# Card")))
    manifest = json.loads((tmp_path / "my export" / "manifest.json").read_text())
    found = LogisticRegressionModel.load(str(tmp_path / "my export" / manifest["spark_model"]))
    assert found.coefficients == fitted.coefficients


def test_an_export_to_a_bucket(s3):
    dataset = ClassifierExport(filepath="s3://photos/06_models/pets/export")
    assert not dataset.exists()
    dataset.save(ExportedClassifier(CLASSIFIER, card("# Card"), {"model.onnx": b"graph"}))
    dataset.save(ExportedClassifier(CLASSIFIER, card("# Card")))
    assert dataset.exists()
    listed = s3.list_objects_v2(Bucket="photos", Prefix="06_models/pets/export/")["Contents"]
    assert "model.onnx" not in {entry["Key"].rpartition("/")[2] for entry in listed}
    loaded = Classifier.load("s3://photos/06_models/pets/export")
    np.testing.assert_array_equal(loaded.scores(FEATURES), CLASSIFIER.scores(FEATURES))
