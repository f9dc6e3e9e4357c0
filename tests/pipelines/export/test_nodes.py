"""What leaves the project: all files, and a card that says what is known and what is not."""

import json
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from pixelmill.classifier import Classifier, Manifest
from pixelmill.classifier.featurizing import prepare_parts
from pixelmill.classifier.folder import read_manifest, read_networks
from pixelmill.datasets.classifier_export import ClassifierExport
from pixelmill.errors import InputError
from pixelmill.featurizers import find_featurizer, fingerprint
from pixelmill.models.linear import LinearModel
from pixelmill.models.trees import TreesModel
from pixelmill.parameters import FeaturizationParameters
from pixelmill.pipelines.export.nodes import export_classifier
from pixelmill.preparation import Preparation

PART = {"fingerprint": "0123456789abcdef", "network": "efficientnet_lite0"}
METRICS = {
    "dataset": "pets",
    "images": 100,
    "failed": 3,
    "train": 67,
    "test": 30,
    "accuracy": 0.8765,
    "f1": {"macro": 0.8, "weighted": 0.9},
    "precision": {"macro": None, "weighted": None},
}
SPLITTING = {"method": "fraction", "near_duplicates": "keep", "test_fraction": 0.3}
SOURCE = {"root": "/photos/my | pets"}


def manifest(**fields):
    known = {
        "labels": ["a | b", "ü", *map(str, range(60))],
        "dimension": 4,
        "featurizer": {"fingerprint": "0123456789abcdef", "parts": [PART]},
        "estimator": "svm_sgd",
        "strategy": "one_vs_one",
        "parameters": {"iterations": 100},
        "train": 67,
        "kind": "linear",
    }
    return Manifest(**known | fields)


DIGEST = "0123456789abcdef" * 4


def card_of(found, needs_trust=False):
    return found.card(DIGEST, needs_trust)


def exported(classifier, metrics=METRICS, **measured):
    measured = {"identity": classifier.manifest.identity, "splitting": SPLITTING} | measured
    return export_classifier(classifier, metrics, SOURCE, measured)


@pytest.fixture
def classifier():
    """A linear one of 62 classes."""
    draw = np.random.default_rng(0)
    model = LinearModel(draw.normal(size=(62, 4)), draw.normal(size=62))
    return Classifier(manifest(), Preparation(4), model)


def test_figures_of_another_classifier_are_on_no_card(classifier):
    trained = replace(classifier, manifest=manifest(identity="0123"))
    exported(trained, METRICS | {"classifier": "0123"})
    for other in ({"classifier": "4567"}, {"classifier": None}, {}):
        with pytest.raises(InputError, match=r"figures of another classifier .*: run `kedro run"):
            exported(trained, METRICS | other)
    with pytest.raises(InputError, match=r"figures of another classifier"):
        exported(trained, METRICS | {"classifier": "0123"}, identity="4567")


def test_the_card_counts_the_principal_components(classifier):
    assert "principal components" not in card_of(exported(classifier))
    card = card_of(exported(classifier, METRICS | {"components": 12}))
    assert "| principal components | 12 |" in card


SPLIT = "| split | method: fraction, near_duplicates: keep, test_fraction: 0.3 |"


def test_the_card_says_what_a_reader_must_know(classifier):
    card = card_of(exported(classifier))
    for line in (
        "# Classifier of the data set 'pets'",
        'classifier = Classifier.load("PATH OR s3:// URI OF THIS FOLDER")',
        "| images | /photos/my \\| pets |",
        "| number | 100, of which 3 failed |",
        "| training | 67 images |",
        "| test | 30 images |",
        SPLIT,
        "| accuracy | 0.876 |",
        "| f1 macro | 0.800 |",
        "| estimator | svm_sgd |",
        "| parameters | {'iterations': 100} |",
        "| scores | margins or votes |",
        "| features | 4 of efficientnet_lite0 (0123456789abcdef) |",
    ):
        assert line in card.splitlines()
    assert "| classes | 62: a \\| b, ü, 0, " in card
    assert "and 22 more |" in card
    assert "precision" not in card
    assert f"| python | {classifier.manifest.versions['python']} |" in card


def test_the_card_says_what_loading_can_do_and_how_to_pin_the_model(classifier):
    card = card_of(exported(classifier))
    assert "Loading runs no code of this folder" in card
    assert f'`sha256="{DIGEST}"`, or\n`--params model_sha256={DIGEST}`.' in card
    assert "trusted" not in card
    card = card_of(exported(classifier), needs_trust=True)
    assert "**Loading can run any code of the author of this folder**" in card
    assert 'Classifier.load("PATH OR s3:// URI OF THIS FOLDER", trusted=True)' in card
    assert "model=PATH,images=FOLDER,trusted=true`" in card


def test_labels_and_featurizer_are_files_of_their_own(classifier):
    files = exported(classifier).files
    assert json.loads(files["labels.json"]) == classifier.manifest.labels
    assert json.loads(files["featurizer.json"])["parts"] == [PART]


def test_the_onnx_graph_predicts_what_the_classifier_does(classifier):
    session = onnxruntime.InferenceSession(exported(classifier).files["model.onnx"])
    features = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)
    scores, predictions = session.run(["scores", "prediction"], {"features": features})
    expected = classifier.scores(features)
    np.testing.assert_allclose(scores, expected, atol=1e-4)
    labels = classifier.manifest.labels
    assert list(predictions) == [labels[best] for best in expected.argmax(axis=1)]


def test_a_model_without_an_onnx_graph_is_exported_all_the_same():
    leaf = np.zeros(1, dtype=np.int64)
    tree = TreesModel(leaf, leaf - 1, np.zeros(1), leaf, leaf, np.ones((1, 2)), np.zeros(4))
    found = exported(Classifier(manifest(labels=["a", "b"], kind="trees"), Preparation(4), tree))
    assert "model.onnx" not in found.files
    assert "- No `model.onnx`: no ONNX graph is written of models of the kind 'trees'." in card_of(
        found
    )


def test_without_test_images_the_card_says_so(classifier):
    metrics = METRICS | {"accuracy": None, "f1": None, "test": 0}
    assert "not measured: there was no test image" in card_of(exported(classifier, metrics))


def test_without_a_model_the_card_says_why():
    found = exported(Classifier(manifest(reason="All images are of one class", kind=None)))
    assert "There is no model: All images are of one class" in card_of(found)
    assert "model.onnx" not in found.files


def test_an_export_holds_its_network_as_the_engine_takes_it(classifier, tmp_path):
    parameters = FeaturizationParameters(precision="float32")
    description = find_featurizer(parameters).describe()
    mark = fingerprint(description)
    own = {"featurizer", "layer", "pooling", "weights", "engine", "precision"}
    part = description | {"fingerprint": mark, "parameters": parameters.model_dump(include=own)}
    featurizer = {"fingerprint": mark, "parts": [part]}
    found = exported(replace(classifier, manifest=manifest(featurizer=featurizer)))
    ClassifierExport(filepath=str(tmp_path)).save(found)
    networks = read_networks(str(tmp_path), read_manifest(str(tmp_path)))
    assert list(networks) == [mark]
    (prepared,) = prepare_parts(featurizer, networks, parameters.limits)
    assert prepared == find_featurizer(parameters).prepare()
    Classifier.load(tmp_path)  # which does not need it


def test_an_export_whose_featurizer_is_gone_holds_no_network_and_says_so(classifier, caplog):
    assert not [name for name in exported(classifier).files if name.startswith("networks/")]
    assert "no network, which a service needs: the manifest of the classifier" in caplog.text
