"""A classifier on features of a real network, in a folder and in memory."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pixelmill.classifier import Classifier, Manifest
from pixelmill.datasets.classifier_folder import ClassifierFolder
from pixelmill.featurizers import find_featurizer, fingerprint
from pixelmill.models.linear import LinearModel
from pixelmill.models.sklearn import SklearnModel
from pixelmill.parameters import FeaturizationParameters
from pixelmill.preparation import Preparation

from .stored_folder import FEATURES

WIDTH = 1280


@pytest.fixture(scope="session")
def parts():
    """Descriptions of two featurizers: the same network, pooled in two ways."""
    described = []
    for pooling in ("avg", "max"):
        parameters = FeaturizationParameters(precision="float32", pooling=pooling)
        description = find_featurizer(parameters).describe()
        mark = {"fingerprint": fingerprint(description)}
        described.append(mark | description | {"parameters": parameters.model_dump()})
    return described


@pytest.fixture(scope="session")
def make_classifier():
    """Makes a classifier of three classes whose features come from some parts."""

    def make(parts):
        draw = np.random.default_rng(0)
        width = WIDTH * len(parts)
        model = LinearModel(draw.normal(size=(3, width)) / 20, np.zeros(3), "softmax")
        manifest = Manifest(
            labels=["ant", "bee", 'it\'s "odd"'],
            dimension=width,
            featurizer={"fingerprint": "0123456789abcdef", "parts": parts},
            estimator="logistic_regression",
            strategy="multinomial",
            kind=model.kind,
            probabilities=True,
        )
        scaling = {"mean": np.full(width, 0.3), "deviation": np.full(width, 0.5)}
        return Classifier(manifest, Preparation(width, **scaling), model)

    return make


@pytest.fixture
def classifier(make_classifier, parts):
    """A classifier of one featurizer, in memory."""
    return make_classifier(parts[:1])


@pytest.fixture
def folder(classifier, tmp_path):
    """The same in a folder with a space in its name."""
    place = tmp_path / "my model"
    ClassifierFolder(filepath=str(place)).save(classifier)
    return place


@pytest.fixture(scope="session")
def photos(assets):
    """Twenty photos of pets: more than a batch."""
    return sorted((assets / "pets").rglob("*.jpg"))[:20]


@pytest.fixture(scope="session")
def stored(classifier_of_sklearn, tmp_path_factory):
    """A folder with a model of scikit-learn, as bytes by path: every test has its own copy."""
    place = tmp_path_factory.mktemp("stored")
    ClassifierFolder(filepath=str(place)).save(classifier_of_sklearn)
    return {
        path.relative_to(place): path.read_bytes() for path in place.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="session")
def classifier_of_sklearn(make_classifier):
    """A classifier of scikit-learn on four features."""
    fitted = LogisticRegression().fit(FEATURES, np.arange(30) % 3)
    update = {"kind": "sklearn", "dimension": 4}
    manifest = make_classifier([]).manifest.model_copy(update=update)
    return Classifier(manifest, Preparation(4), SklearnModel(fitted, 3))


@pytest.fixture
def place(stored, tmp_path):
    """A copy of the folder."""
    for path, content in stored.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path
