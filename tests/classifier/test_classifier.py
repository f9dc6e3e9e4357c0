"""Images in, labels out, without Spark: paths, bytes and buckets alike, and no image breaks it."""

import io
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from pixelmill import Classifier
from pixelmill.classifier.classifier import Prediction
from pixelmill.classifier.featurizing import find_parameters
from pixelmill.errors import InputError
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters

WITHOUT_SPARK = """
import sys
from pixelmill import Classifier
found = Classifier.load(sys.argv[1]).predict(sys.argv[2])
assert found[0].error is None, found
assert not {"pyspark", "kedro", "sklearn"} & set(sys.modules), "too much was loaded"
"""


@pytest.fixture(scope="module")
def reference(make_classifier, parts, photos):
    """Scores of the photos, each featurized alone."""
    network = find_featurizer(FeaturizationParameters(precision="float32")).prepare().open(1)
    features = np.concatenate([network([photo.read_bytes()]).features for photo in photos])
    return make_classifier(parts[:1]).scores(features)


def test_predictions_are_those_of_the_features(folder, photos, reference):
    classifier = Classifier.load(folder)
    predictions = classifier.predict(photos)
    np.testing.assert_allclose([one.scores for one in predictions], reference, atol=1e-5)
    labels = np.array(classifier.manifest.labels)
    assert [one.label for one in predictions] == list(labels[reference.argmax(axis=1)])
    assert [one.score for one in predictions] == pytest.approx(reference.max(axis=1), abs=1e-5)
    assert {one.error for one in predictions} == {None}


def test_classifiers_of_one_folder_are_equal(folder, parts, make_classifier):
    assert Classifier.load(folder) == Classifier.load(folder)
    assert Classifier.load(folder) != make_classifier(parts)


def test_paths_bytes_and_strings_may_be_mixed_and_one_may_come_alone(classifier, photos, reference):
    mixed = [photos[0], photos[1].read_bytes(), str(photos[2]), photos[3].as_uri()]
    found = classifier.predict(image for image in mixed)
    np.testing.assert_allclose([one.scores for one in found], reference[:4], atol=1e-5)
    for alone in (photos[0], str(photos[0]), photos[0].read_bytes()):
        (one,) = classifier.predict(alone)
        np.testing.assert_allclose(one.scores, reference[0], atol=1e-5)
    assert classifier.predict([]) == []


def test_a_broken_image_costs_no_other_its_label(classifier, photos, reference, tmp_path):
    (tmp_path / 'it\'s "odd" ü.jpg').write_bytes(photos[0].read_bytes())
    images = [
        b"",
        tmp_path / 'it\'s "odd" ü.jpg',
        tmp_path / "nowhere.jpg",
        photos[1].read_bytes()[:4000],
        tmp_path,
        "http://example.org/1.jpg",
        photos[1],
    ]
    found = classifier.predict(images)
    assert [one.error is None for one in found] == [False, True, False, False, False, False, True]
    assert all(one[:3] == (None, None, None) for one in found if one.error is not None)
    reasons = [one.error for one in found]
    assert "vanished" in reasons[2]
    assert "truncated" in reasons[3]
    assert "http://" in reasons[5]
    np.testing.assert_allclose([found[1].scores, found[6].scores], reference[:2], atol=1e-5)


def test_nothing_but_broken_images_is_no_error(classifier):
    found = classifier.predict([b"no picture"] * 40)
    assert len(found) == 40
    assert all(isinstance(one, Prediction) and one.error and one.label is None for one in found)


def test_images_of_a_bucket(classifier, photos, reference, s3):
    s3.put_object(Bucket="photos", Key="my pets/1.jpg", Body=photos[0].read_bytes())
    uris = ["s3://photos/my pets/1.jpg", "s3://photos/gone.jpg"]
    here, gone, on_disk = classifier.predict([*uris, photos[1]])
    np.testing.assert_allclose([here.scores, on_disk.scores], reference[:2], atol=1e-5)
    assert "vanished" in gone.error


def test_features_of_two_featurizers_are_joined_in_their_order(make_classifier, parts, photos):
    networks = [
        find_featurizer(FeaturizationParameters(precision="float32", pooling=pooling))
        for pooling in ("avg", "max")
    ]
    content = [photo.read_bytes() for photo in photos[:3]]
    rows = [network.prepare().open(1)(content).features.copy() for network in networks]
    classifier = make_classifier(parts)
    found = classifier.predict([content[0], b"no picture", *content[1:]])
    expected = classifier.scores(np.concatenate(rows, axis=1))
    scores = [one.scores for one in found if one.error is None]
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_no_spark_is_loaded(folder, photos):
    command = [sys.executable, "-c", WITHOUT_SPARK, str(folder), str(photos[0])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"weights": "other"}, r"another efficientnet_lite0 .*weights: other then"),
        ({"fingerprint": "f" * 16}, "the manifest was changed"),
        ({"parameters": {"colour": 1}}, "cannot open: install the version"),
        ({"parameters": None}, "cannot open: install the version"),
    ],
    ids=["other weights", "other fingerprint", "unknown parameters", "no parameters"],
)
def test_another_featurizer_than_the_classifiers_is_refused(make_classifier, parts, change, answer):
    part = parts[0] | {"fingerprint": "0" * 16} | change
    with pytest.raises(InputError, match=answer) as error:
        make_classifier([part]).predict(b"")
    assert "train it again" in str(error.value)


def test_a_manifest_without_a_featurizer_is_refused(make_classifier, parts):
    classifier = make_classifier(parts[:1])
    classifier.manifest.featurizer.pop("parts")
    with pytest.raises(InputError, match="does not say which featurizer"):
        classifier.predict(b"")


@pytest.mark.parametrize(
    "images",
    [
        None,
        [None],
        [np.zeros((8, 8, 3))],
        {"path": "a.jpg"},
        pd.DataFrame({"path": ["a.jpg"]}),
        io.BytesIO(b"a\nb"),
        bytearray(b"a"),
    ],
    ids=lambda images: type(images).__name__,
)
def test_what_is_no_image_at_all_is_a_type_error(classifier, images):
    with pytest.raises(TypeError, match="is no image: give the path of a file"):
        classifier.predict(images)


@pytest.mark.parametrize(("given", "taken"), [(10**15, 100_000_000), (5, 5)])
def test_a_manifest_lowers_limits_and_raises_none(parts, given, taken):
    part = parts[0] | {"parameters": parts[0]["parameters"] | {"max_pixels": given}}
    (parameters,) = find_parameters({"fingerprint": "0123", "parts": [part]})
    assert parameters.max_pixels == taken


def test_features_of_another_shape_are_one_sentence(classifier):
    width = classifier.manifest.dimension
    for shape in ((width,), (3, width + 1), (3, 1), (2, 3, width)):
        with pytest.raises(InputError, match=rf"\(images, {width}\)"):
            classifier.scores(np.zeros(shape))
    assert classifier.scores(np.zeros((0, width))).shape == (0, 3)
