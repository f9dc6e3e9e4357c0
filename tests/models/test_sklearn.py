"""Models of scikit-learn: a column for each class, whatever scikit-learn itself returns."""

import contextlib
import io
import zipfile
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.neural_network import MLPClassifier
from sklearn.semi_supervised import LabelPropagation
from sklearn.svm import SVC

from pixelmill.estimators._classifier_names import _classifiers, _modules, _needed
from pixelmill.models import UntrustedError, needs_trust, read_model
from pixelmill.models.sklearn import SklearnModel

DRAW = np.random.default_rng(0)
TARGET = np.arange(60) % 3 + 1  # of the classes 0 … 4, two are missing
FEATURES = DRAW.normal(size=(60, 4)) + TARGET[:, None]
IMAGES = DRAW.normal(size=(20, 4)) + 2


@cache
def archive():
    """Files of a small forest."""
    forest = RandomForestClassifier(2, random_state=0).fit(FEATURES, TARGET)
    return SklearnModel(forest, 5).to_files()


class Silent(GaussianNB):
    """Has neither probabilities nor margins."""

    predict_proba = property()


class Unwritable(GaussianNB):
    """A class of somebody's own, which holds what only a pickle can."""

    def fit(self, features, target):
        self.counter_ = iter([1, 2])
        return super().fit(features, target)


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


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("classes", [2, 10])
def test_the_prediction_has_the_highest_score_where_all_are_equal(classes):
    """Features that are constant in each class leave this classifier without a scale."""
    features, target = load_digits(n_class=classes, return_X_y=True)
    classifier = NearestCentroid().fit(features[:100], target[:100])
    predicted = classifier.predict(features)
    assert (classifier.predict_proba(features).argmax(axis=1) != predicted).any()
    scores = SklearnModel(classifier, classes).scores(features)
    np.testing.assert_array_equal(scores.argmax(axis=1), predicted)
    np.testing.assert_allclose(scores.sum(axis=1), 1)


@pytest.mark.parametrize(
    "kind", [RandomForestClassifier, GradientBoostingClassifier, RidgeClassifier]
)
def test_images_may_be_farther_than_float32_reaches(kind):
    model = SklearnModel(kind().fit(FEATURES, TARGET - 1), 3)
    far = np.where(FEATURES.mean() < FEATURES, 1e60, -1e60)
    expected = model.classifier.predict(np.sign(far) * 1e30)
    np.testing.assert_array_equal(model.scores(far).argmax(axis=1), expected)


def test_a_classifier_without_scores_gives_its_prediction():
    classifier = Silent().fit(FEATURES, TARGET - 1)
    scores = SklearnModel(classifier, 3).scores(IMAGES)
    np.testing.assert_array_equal(scores, np.eye(3)[classifier.predict(IMAGES)])


def test_files_hold_the_whole_model_and_scikit_learns_own_object():
    import skops.io

    classifier = RandomForestClassifier(5, random_state=0).fit(FEATURES, TARGET)
    model = SklearnModel(classifier, 5)
    files = model.to_files()
    again = read_model("sklearn", files)
    np.testing.assert_array_equal(again.scores(IMAGES), model.scores(IMAGES))
    np.testing.assert_array_equal(again.importances, classifier.feature_importances_)
    assert (again.classes, again.probabilities) == (5, True)
    own = skops.io.loads(files["model.skops"], trusted=["sklearn.tree._tree.Tree"])
    np.testing.assert_array_equal(own.predict(IMAGES), classifier.predict(IMAGES))
    assert SklearnModel(GaussianNB(), 2).importances is None


SMALL = {"n_estimators": 3, "max_iter": 50, "random_state": 0, "radius": 100.0}
OTHERS = [
    SVC(probability=True),
    SVC(kernel="linear", break_ties=True),
    KNeighborsClassifier(algorithm="ball_tree", metric="manhattan", weights="distance"),
    LabelPropagation(kernel="knn"),
    MLPClassifier(solver="sgd", max_iter=20),
    MLPClassifier(solver="lbfgs", max_iter=20),
    RandomForestClassifier(3, max_leaf_nodes=4, max_features=1, random_state=0),
    HistGradientBoostingClassifier(max_iter=3, early_stopping=True),
    GradientBoostingClassifier(n_estimators=3, init="zero"),
]


def named_classifiers():
    """One of every classifier that a user can name, small."""
    for module in _modules():
        for name, kind in sorted(_classifiers(module).items()):
            if _needed(kind) is None:
                known = kind().get_params(deep=False)
                yield name, kind(**{key: SMALL[key] for key in SMALL.keys() & known.keys()})


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("classes", [2, 3])
def test_every_scikit_learn_classifier_is_stored_without_code(classes):
    target = np.arange(60) % classes
    features = np.abs(DRAW.normal(size=(60, 4)) + target[:, None])
    known = [*named_classifiers(), *((repr(other), clone(other)) for other in OTHERS)]
    assert len(known) > 35
    for name, classifier in known:
        model = SklearnModel(classifier.fit(features, target), classes)
        files = model.to_files()
        assert set(files) == {"model.skops", "arrays.npz"}, name
        assert not needs_trust(files), name
        again = read_model("sklearn", files)
        np.testing.assert_allclose(
            again.scores(features), model.scores(features), rtol=1e-12, err_msg=name
        )
        assert model.to_files() == files, name


def test_a_class_that_skops_cannot_write_is_a_pickle_that_needs_trust():
    classifier = Unwritable().fit(FEATURES, TARGET - 1)
    files = SklearnModel(classifier, 3).to_files()
    assert set(files) == {"model.joblib", "arrays.npz"}
    assert needs_trust(files)
    with pytest.raises(UntrustedError, match="it is a pickle"):
        read_model("sklearn", files)


def test_numbers_that_no_fit_leaves_are_refused():
    target = TARGET - 1

    def refused(classifier, **attributes):
        fitted = classifier.fit(FEATURES, target)
        vars(fitted).update(attributes)
        with pytest.raises(ValueError, match=r"^(a|it|its) "):
            read_model("sklearn", SklearnModel(fitted, 3).to_files())

    refused(SVC(), _n_support=np.array([9999, 1, 1], np.int32))
    refused(SVC(), _intercept_=np.zeros(1))
    refused(SVC(), _dual_coef_=np.zeros((1, 1)))
    refused(KNeighborsClassifier(), _y=np.full(60, 2**40))
    refused(KNeighborsClassifier(), n_jobs=4000)
    boosting = GradientBoostingClassifier(n_estimators=2)
    wide = np.repeat(boosting.fit(FEATURES, target).estimators_, 9, axis=1)
    refused(boosting, estimators_=wide)
    forest = RandomForestClassifier(3).fit(FEATURES, target)
    refused(RandomForestClassifier(3), n_features_in_=2, estimators_=forest.estimators_)
    histogram = HistGradientBoostingClassifier(max_iter=1)
    predictors = histogram.fit(FEATURES, target)._predictors
    predictors[0][0].nodes["feature_idx"] = 4000
    refused(histogram, _predictors=predictors)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_archive_is_refused_or_a_model(data):
    whole = archive()["model.skops"]
    parts = {}
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        parts = {name: bytearray(packed.read(name)) for name in packed.namelist()}
    part = parts[data.draw(st.sampled_from(sorted(parts)))]
    for _ in range(data.draw(st.integers(1, 4))):
        part[data.draw(st.integers(0, len(part) - 1))] = data.draw(
            st.sampled_from(b'"{}[]:,019aZ\x00\xff')
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, bytes(content))
    read = None
    with contextlib.suppress(ValueError, UntrustedError):
        read = read_model("sklearn", archive() | {"model.skops": buffer.getvalue()})
    assert read is None or isinstance(read, SklearnModel)


def test_no_images_have_no_scores():
    model = SklearnModel(GaussianNB().fit(FEATURES, TARGET), 5)
    assert model.scores(IMAGES[:0]).shape == (0, 5)
