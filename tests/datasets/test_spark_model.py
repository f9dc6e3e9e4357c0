"""A classifier's folder: what is loaded is what was saved, and half of one is none."""

import json

import numpy as np
import pytest

from pixelmill.datasets.spark_model import Classifier, Manifest, SparkModel
from pixelmill.errors import InputError
from pixelmill.parameters import ModellingParameters
from pixelmill.pipelines.modelling.training import fit_classifier

FEATURIZER = {"fingerprint": "0123456789abcdef", "network": "pixels"}
UNTRAINED = Classifier(
    Manifest(
        reason="no labels",
        featurizer=FEATURIZER,
        estimator="logistic_regression",
        strategy="multinomial",
    )
)


@pytest.fixture(scope="module")
def images(spark):
    """40 images of two classes, of eight features each."""
    draw = np.random.default_rng(0)
    rows = [
        (f"{number}.jpg", "ab"[number % 2], (draw.normal(size=8) + number % 2).tolist())
        for number in range(40)
    ]
    schema = "path string, label string, features array<float>"
    return spark.createDataFrame(rows, schema).coalesce(1).persist()


@pytest.fixture(scope="module")
def classifier(images):
    """A small trained classifier."""
    return fit_classifier(images, {"a": 20, "b": 20}, FEATURIZER, ModellingParameters())[0]


def scores(classifier, images):
    return {
        row["path"]: (row["prediction"], row["scores"])
        for row in classifier.predict(images).collect()
    }


def names(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_loaded_classifier_gives_the_same_scores(tmp_path, classifier, images):
    dataset = SparkModel(filepath=str(tmp_path / "my models" / "classifier"))
    assert not dataset.exists()
    dataset.save(classifier)
    assert dataset.exists()
    loaded = dataset.load()
    assert loaded.manifest.model_copy(update={"model": None}) == classifier.manifest
    assert scores(loaded, images) == scores(classifier, images)


def test_a_save_replaces_all_that_was_there(tmp_path, classifier):
    dataset = SparkModel(filepath=str(tmp_path))
    dataset.save(classifier)
    (tmp_path / "model-of-a-dead-run").mkdir()
    (tmp_path / "manifest.json.of-a-dead-run").write_text("{")
    before = dataset.manifest().model
    dataset.save(classifier)
    after = dataset.manifest().model
    assert after != before
    assert names(tmp_path) == ["manifest.json", after]


def test_a_model_without_its_manifest_is_none(tmp_path, classifier):
    dataset = SparkModel(filepath=str(tmp_path))
    classifier.model.write().save(str(tmp_path / "model-of-a-dead-run"))
    assert not dataset.exists()
    with pytest.raises(Exception, match="there is no classifier") as error:
        dataset.load()
    assert isinstance(error.value.__cause__, InputError)


def test_a_save_that_dies_leaves_the_classifier_that_was_there(tmp_path, classifier, images):
    from pyspark.ml import PipelineModel, Transformer

    class Unwritable(Transformer):
        """A stage that Spark cannot save, met after the first stage was written."""

        def _transform(self, dataset):
            return dataset

    dataset = SparkModel(filepath=str(tmp_path))
    dataset.save(classifier)
    model = PipelineModel(stages=[classifier.model.stages[0], Unwritable()])
    with pytest.raises(Exception, match=r"(?i)writ"):
        dataset.save(Classifier(UNTRAINED.manifest, model))
    assert scores(dataset.load(), images) == scores(classifier, images)


def test_the_reason_for_no_classifier_is_kept_and_replaces_a_model(tmp_path, classifier, images):
    dataset = SparkModel(filepath=str(tmp_path))
    dataset.save(classifier)
    dataset.save(UNTRAINED)
    assert names(tmp_path) == ["manifest.json"]
    assert dataset.load() == UNTRAINED
    assert dataset.load().predict(images).collect() == []


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (lambda text: json.dumps(json.loads(text) | {"format": 99}), "has format 99"),
        (lambda text: text[: len(text) // 2], "manifest.json is damaged"),
    ],
    ids=["another version", "half a manifest"],
)
def test_a_manifest_that_cannot_be_used_says_what_to_do(tmp_path, change, answer):
    dataset = SparkModel(filepath=str(tmp_path))
    dataset.save(UNTRAINED)
    file = tmp_path / "manifest.json"
    file.write_text(change(file.read_text()))
    with pytest.raises(InputError, match=answer) as error:
        dataset.manifest()
    assert "run `kedro run --pipelines modelling`" in str(error.value)


def test_a_bucket_holds_a_classifier_as_a_folder_does(s3):
    dataset = SparkModel(filepath="s3://photos/06_models/pets/classifier")
    assert not dataset.exists()
    s3.put_object(Bucket="photos", Key="06_models/pets/classifier/model-dead/part-0", Body=b"0")
    assert not dataset.exists()
    dataset.save(UNTRAINED)
    assert dataset.exists()
    assert dataset.load() == UNTRAINED
    listed = s3.list_objects_v2(Bucket="photos")["Contents"]
    assert [entry["Key"] for entry in listed] == ["06_models/pets/classifier/manifest.json"]
