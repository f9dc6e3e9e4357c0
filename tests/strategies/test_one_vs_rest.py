"""One-vs-rest: a fit for each class, balanced or not; the order of classes and rows is nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.preprocessing import scale

from pixelmill.estimators import Arrays, ArrayTraining, BinaryProblem, find_estimator
from pixelmill.parameters import ModellingParameters
from pixelmill.strategies import find_strategy

LABELS = ["a", "b", "c", "d"]
PARAMETERS = {"iterations": 50, "step": 0.1}


def one_vs_rest(balance=True):
    modelling = ModellingParameters(
        strategy="one_vs_rest", estimator="svm_sgd", parameters=PARAMETERS, balance=balance
    )
    return find_strategy(modelling)


@pytest.fixture(scope="module")
def images():
    """Scaled digits 0 to 3: 160 for training, 200 unseen."""
    features, target = load_digits(n_class=4, return_X_y=True)
    features, target = scale(features), target.astype(np.int64)
    return Arrays(features[:160], target[:160], 4), features[160:360], target[160:360]


@pytest.mark.parametrize("balance", [True, False])
def test_each_class_is_separated_from_all_others(images, balance):
    data, unseen, target = images
    fit = one_vs_rest(balance).fit(ArrayTraining(data), LABELS)
    problems = [BinaryProblem(number, balanced=balance) for number in range(4)]
    alone = find_estimator("svm_sgd", PARAMETERS).fit_binary(ArrayTraining(data), problems)
    for number, member in enumerate(alone):
        scores = member.model.scores(unseen)
        expected = scores[:, 1] - scores[:, 0]
        np.testing.assert_allclose(fit.model.margins(unseen)[:, number], expected)
    assert np.mean(fit.model.scores(unseen).argmax(axis=1) == target) > 0.9
    assert fit.warnings == []


def test_a_class_of_one_image_takes_part(images):
    data, unseen, target = images
    rows = np.append(np.flatnonzero(data.target != 2), np.flatnonzero(data.target == 2)[:1])
    few = Arrays(data.features[rows], data.target[rows], 4)
    model = one_vs_rest().fit(ArrayTraining(few), LABELS).model
    (scores,) = model.scores(few.features[-1:])
    assert 2 in np.argsort(scores)[-2:]  # it looks like a 1
    assert np.mean(model.scores(unseen[target != 2]).argmax(axis=1) == target[target != 2]) > 0.8


def test_classes_are_balanced_unless_the_parameters_say_otherwise():
    assert find_strategy(ModellingParameters(strategy="one_vs_rest")).balance


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(4)), st.integers(0, 2**31))
def test_neither_the_order_of_classes_nor_of_rows_matters(images, classes, seed):
    data, unseen, _ = images
    expected = one_vs_rest().fit(ArrayTraining(data), LABELS).model.scores(unseen).argmax(axis=1)
    new = np.array(classes)
    rows = np.random.default_rng(seed).permutation(len(data.target))
    other = Arrays(data.features[rows], new[data.target[rows]], 4)
    found = one_vs_rest().fit(ArrayTraining(other), LABELS).model.scores(unseen).argmax(axis=1)
    np.testing.assert_array_equal(found, new[expected])
