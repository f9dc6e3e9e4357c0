"""A classifier's folder: what is loaded is what was saved, and half of one is none."""

import json

import numpy as np
import pytest

from pixelmill.classifier import Classifier, Manifest
from pixelmill.datasets.classifier_folder import ClassifierFolder
from pixelmill.errors import InputError
from pixelmill.models.linear import LinearModel
from pixelmill.preparation import Preparation

FEATURIZER = {"fingerprint": "0123456789abcdef", "parts": [{"fingerprint": "0123456789abcdef"}]}
ABOUT = {"featurizer": FEATURIZER, "estimator": "logistic_regression", "strategy": "multinomial"}
UNTRAINED = Classifier(Manifest(reason="no labels", **ABOUT))
FEATURES = np.random.default_rng(1).normal(size=(20, 8)).astype(np.float32)


def made(spark_model=None, seed=0):
    """A classifier of three classes and eight features, prepared in every way."""
    draw = np.random.default_rng(seed)
    preparation = Preparation(
        8,
        mean=draw.normal(size=8),
        deviation=1 + draw.random(8),
        normalize=True,
        centre=draw.normal(size=8),
        components=np.linalg.qr(draw.normal(size=(8, 5)))[0].T,
        variance_share=np.full(5, 0.2),
    )
    model = LinearModel(draw.normal(size=(3, 5)), draw.normal(size=3), "softmax")
    manifest = Manifest(
        labels=["10", "9", 'it\'s "odd"'],
        dimension=8,
        kind=model.kind,
        probabilities=True,
        train=30,
        parameters={"C": 1},
        **ABOUT,
    )
    return Classifier(manifest, preparation, model, spark_model)


@pytest.fixture(scope="module")
def spark_model(spark):
    """A model of Spark ML, trained on four rows."""
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.linalg import Vectors

    rows = [(float(number % 2), Vectors.dense(number, 1 - number)) for number in range(4)]
    return LogisticRegression(maxIter=3).fit(spark.createDataFrame(rows, ["label", "features"]))


@pytest.fixture
def dataset(tmp_path):
    """A folder that is not there yet, with a space in its name."""
    return ClassifierFolder(filepath=str(tmp_path / "my models" / "classifier"))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_loaded_classifier_gives_the_same_scores(dataset):
    classifier = made()
    assert not dataset.exists()
    dataset.save(classifier)
    assert dataset.exists()
    loaded = dataset.load()
    filled_in = {"folder", "files"}
    assert loaded.manifest.model_dump(exclude=filled_in) == classifier.manifest.model_dump(
        exclude=filled_in
    )
    np.testing.assert_array_equal(loaded.scores(FEATURES), classifier.scores(FEATURES))
    assert loaded.spark_model is None
    assert loaded.spark_files == {}


def test_the_manifest_names_every_file(dataset, tmp_path, spark_model):
    dataset.save(made(spark_model))
    manifest = dataset.load().manifest
    folder = tmp_path / "my models" / "classifier" / manifest.folder
    written = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")  # Hadoop's own checksums
    }
    assert set(manifest.files) == written
    assert {"preparation.npz", "model/arrays.npz"} <= written


def test_sparks_own_format_is_saved_beside_it_and_survives_a_copy(dataset, tmp_path, spark_model):
    from pyspark.ml.classification import LogisticRegressionModel

    dataset.save(made(spark_model))
    loaded = dataset.load()
    copy = ClassifierFolder(filepath=str(tmp_path / "copy"))
    copy.save(loaded)
    manifest = copy.load().manifest
    assert manifest.spark_model == "spark_model"
    found = LogisticRegressionModel.load(str(tmp_path / "copy" / manifest.folder / "spark_model"))
    assert found.coefficients == spark_model.coefficients


class WriterWithPlaceholders:
    """Writes as Spark's models do, to a store that keeps an empty object for each folder.

    Args:
        client: Boto3's, for S3.
    """

    def __init__(self, client):
        self._client = client

    def write(self):
        return self

    def overwrite(self):
        return self

    def save(self, place):
        bucket, _, folder = place.removeprefix("s3://").partition("/")
        for name, content in {"": b"", "data/": b"", "data/part-0": b"weights"}.items():
            self._client.put_object(Bucket=bucket, Key=f"{folder}/{name}", Body=content)


def test_placeholders_of_folders_are_no_files(s3):
    dataset = ClassifierFolder(filepath="s3://photos/classifier")
    dataset.save(made(WriterWithPlaceholders(s3)))
    assert dataset.load().spark_files == {"data/part-0": b"weights"}


def test_a_save_replaces_all_that_was_there(tmp_path):
    dataset = ClassifierFolder(filepath=str(tmp_path))
    dataset.save(made())
    (tmp_path / "model-of-a-dead-run").mkdir()
    (tmp_path / ".manifest.json.4711.part").write_text("{")
    before = dataset.load().manifest.folder
    dataset.save(made(seed=5))
    after = dataset.load().manifest.folder
    assert after != before
    assert names(tmp_path) == ["manifest.json", after]
    np.testing.assert_array_equal(dataset.load().scores(FEATURES), made(seed=5).scores(FEATURES))


def test_a_model_without_its_manifest_is_none(tmp_path):
    dataset = ClassifierFolder(filepath=str(tmp_path))
    dataset.save(made())
    (tmp_path / "manifest.json").unlink()
    assert not dataset.exists()
    with pytest.raises(Exception, match="there is no classifier") as error:
        dataset.load()
    assert isinstance(error.value.__cause__, InputError)


def test_a_save_that_dies_leaves_the_classifier_that_was_there(tmp_path, spark):
    from pyspark.ml import PipelineModel, Transformer

    class Unwritable(Transformer):
        """A stage that Spark cannot save."""

        def _transform(self, dataset):
            return dataset

    dataset = ClassifierFolder(filepath=str(tmp_path))
    dataset.save(made())
    with pytest.raises(Exception, match=r"(?i)writ"):
        dataset.save(made(PipelineModel(stages=[Unwritable()]), seed=5))
    np.testing.assert_array_equal(dataset.load().scores(FEATURES), made().scores(FEATURES))


def test_the_reason_for_no_classifier_is_kept_and_replaces_a_model(tmp_path):
    dataset = ClassifierFolder(filepath=str(tmp_path))
    dataset.save(made())
    dataset.save(UNTRAINED)
    assert names(tmp_path) == ["manifest.json"]
    assert dataset.load() == UNTRAINED
    with pytest.raises(InputError, match="has no model: no labels"):
        dataset.load().predict([b""])


def test_a_bucket_holds_a_classifier_as_a_folder_does(s3):
    place = "06_models/pets/classifier"
    dataset = ClassifierFolder(filepath=f"s3://photos/{place}")
    assert not dataset.exists()
    s3.put_object(Bucket="photos", Key=f"{place}/model-dead/part-0", Body=b"0")
    assert not dataset.exists()
    dataset.save(made())
    assert dataset.exists()
    loaded = Classifier.load(f"s3://photos/{place}")
    np.testing.assert_array_equal(loaded.scores(FEATURES), made().scores(FEATURES))
    folder = loaded.manifest.folder
    listed = s3.list_objects_v2(Bucket="photos")["Contents"]
    assert {entry["Key"] for entry in listed} == {
        f"{place}/manifest.json",
        f"{place}/{folder}/model/arrays.npz",
        f"{place}/{folder}/preparation.npz",
    }
    s3.put_object(Bucket="photos", Key=f"{place}/{folder}/preparation.npz", Body=b"0")
    with pytest.raises(InputError, match=r"was changed: preparation.npz is not what"):
        Classifier.load(f"s3://photos/{place}")


def test_the_manifest_is_readable_json(tmp_path):
    ClassifierFolder(filepath=str(tmp_path)).save(made())
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["labels"] == ["10", "9", 'it\'s "odd"']
    assert manifest["format"] == 4
