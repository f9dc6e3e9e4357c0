"""Models of scikit-learn: a column for each class, whatever scikit-learn itself returns."""

import io

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

from pixelmill.models import read_model
from pixelmill.models.sklearn import SklearnModel

DRAW = np.random.default_rng(0)
TARGET = np.arange(60) % 3 + 1  # of the classes 0 … 4, two are missing
FEATURES = DRAW.normal(size=(60, 4)) + TARGET[:, None]
IMAGES = DRAW.normal(size=(20, 4)) + 2


class Silent(GaussianNB):
    """Has neither probabilities nor margins."""

    predict_proba = property()


def test_a_missing_class_has_probability_0():
    model = SklearnModel(GaussianNB().fit(FEATURES, TARGET), 5)
    scores = model.scores(IMAGES)
    assert scores.shape == (20, 5)
    assert not scores[:, [0, 4]].any()
    np.testing.assert_allclose(scores[:, 1:4], model.classifier.predict_proba(IMAGES))


@pytest.mark.parametrize("classifier", [SVC(), RidgeClassifier(), Silent()])
def test_a_missing_class_has_a_margin_below_all_others(classifier):
    model = SklearnModel(classifier.fit(FEATURES, TARGET), 5)
    scores = model.scores(IMAGES)
    assert not model.probabilities
    assert (scores[:, [0, 4]].max(axis=1) < scores[:, 1:4].min(axis=1)).all()
    np.testing.assert_array_equal(scores.argmax(axis=1), classifier.predict(IMAGES))


def test_two_classes_have_two_margins():
    of_two = TARGET < 3
    classifier = SVC().fit(FEATURES[of_two], TARGET[of_two] - 1)
    scores = SklearnModel(classifier, 2).scores(IMAGES)
    margins = classifier.decision_function(IMAGES)
    np.testing.assert_array_equal(scores, np.column_stack([-margins, margins]))


def test_two_of_more_classes_are_in_their_places():
    of_two = TARGET != 2
    classifier = SVC().fit(FEATURES[of_two], TARGET[of_two])
    scores = SklearnModel(classifier, 4).scores(IMAGES)
    np.testing.assert_array_equal(scores.argmax(axis=1), classifier.predict(IMAGES))
    np.testing.assert_array_equal(scores[:, 3], classifier.decision_function(IMAGES))


def test_a_classifier_without_scores_gives_its_prediction():
    classifier = Silent().fit(FEATURES, TARGET - 1)
    scores = SklearnModel(classifier, 3).scores(IMAGES)
    np.testing.assert_array_equal(scores, np.eye(3)[classifier.predict(IMAGES)])


def test_files_hold_the_whole_model_and_scikit_learns_own_object():
    classifier = RandomForestClassifier(5, random_state=0).fit(FEATURES, TARGET)
    model = SklearnModel(classifier, 5)
    files = model.to_files()
    again = read_model("sklearn", files)
    np.testing.assert_array_equal(again.scores(IMAGES), model.scores(IMAGES))
    np.testing.assert_array_equal(again.importances, classifier.feature_importances_)
    assert (again.classes, again.probabilities) == (5, True)
    own = joblib.load(io.BytesIO(files["model.joblib"]))
    np.testing.assert_array_equal(own.predict(IMAGES), classifier.predict(IMAGES))
    assert SklearnModel(GaussianNB(), 2).importances is None


def test_no_images_have_no_scores():
    model = SklearnModel(GaussianNB().fit(FEATURES, TARGET), 5)
    assert model.scores(IMAGES[:0]).shape == (0, 5)
