"""One-vs-one: every pair or chosen pairs, scikit-learn's predictions, and what cannot be done."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.preprocessing import scale

from pixelmill.errors import InputError
from pixelmill.estimators import Arrays, ArrayTraining, Fit
from pixelmill.models.linear import binary_margins
from pixelmill.parameters import ModellingParameters
from pixelmill.strategies import find_strategy
from pixelmill.strategies._collecting import collect

LABELS = ["cat", "dog", "emu", "fox", "gnu"]


def one_vs_one(**modelling):
    wanted = {"estimator": "svm_sgd", "parameters": {"iterations": 50, "step": 0.1}} | modelling
    return find_strategy(ModellingParameters(strategy="one_vs_one", **wanted))


@pytest.fixture(scope="module")
def images():
    """Scaled digits 0 to 4: 200 for training, 300 unseen."""
    features, target = load_digits(n_class=5, return_X_y=True)
    features, target = scale(features), target.astype(np.int64)
    return Arrays(features[:200], target[:200], 5), features[200:500], target[200:500]


def test_every_pair_is_learnt_and_votes(images):
    data, unseen, target = images
    fit = one_vs_one().fit(ArrayTraining(data), LABELS)
    assert fit.model.pairs.tolist() == [[a, b] for a in range(5) for b in range(a + 1, 5)]
    assert np.mean(fit.model.scores(unseen).argmax(axis=1) == target) > 0.9
    assert fit.parameters["iterations"] == 50
    assert fit.warnings == []


def test_a_positive_margin_is_for_the_second_class(images):
    data, unseen, target = images
    model = one_vs_one(pairs=[("gnu", "dog")]).fit(ArrayTraining(data), LABELS).model
    assert model.pairs.tolist() == [[1, 4]]
    margins = model.margins(unseen)[:, 0]
    assert np.mean(margins[target == 4] > 0) > 0.95
    assert np.mean(margins[target == 1] < 0) > 0.95


def test_chosen_pairs_are_those_of_all_and_others_are_never_predicted(images):
    data, unseen, _ = images
    every = one_vs_one().fit(ArrayTraining(data), LABELS).model
    pairs = [("fox", "cat"), ("emu", "fox"), ("cat", "fox")]  # one of them twice
    fit = one_vs_one(pairs=pairs).fit(ArrayTraining(data), LABELS)
    assert fit.model.pairs.tolist() == [[0, 3], [2, 3]]
    np.testing.assert_allclose(fit.model.margins(unseen), every.margins(unseen)[:, [2, 7]])
    assert set(fit.model.scores(unseen).argmax(axis=1)) <= {0, 2, 3}
    assert fit.warnings == ["2 of 5 classes are in no pair, and are never predicted."]


def test_a_pair_of_a_class_with_itself_is_refused_before_any_work():
    with pytest.raises(InputError) as error:
        one_vs_one(pairs=[("cat", "dog"), ("emu", "emu")])
    assert str(error.value) == (
        "modelling.pairs: [emu, emu] is a class and itself: name two classes"
    )


def test_an_unknown_class_is_answered_with_the_nearest(images):
    with pytest.raises(InputError) as error:
        one_vs_one(pairs=[("cat", "dgo")]).fit(ArrayTraining(images[0]), LABELS)
    assert str(error.value) == (
        "modelling.pairs: no training image is labelled 'dgo'; did you mean 'dog'?"
    )


def test_a_class_of_one_image_takes_part(images):
    data, unseen, target = images
    rows = np.flatnonzero(data.target != 2)
    rows = np.append(rows, np.flatnonzero(data.target == 2)[:1])
    few = Arrays(data.features[rows], data.target[rows], 5)
    model = one_vs_one().fit(ArrayTraining(few), LABELS).model
    (scores,) = model.scores(few.features[-1:])
    assert 2 in np.argsort(scores)[-2:]  # it looks like a 1
    assert np.mean(model.scores(unseen[target != 2]).argmax(axis=1) == target[target != 2]) > 0.9


def test_classes_that_a_fold_lacks_do_no_harm(images):
    data, unseen, target = images
    rows = np.flatnonzero(data.target < 3)
    fold = Arrays(data.features[rows], data.target[rows], 5)  # and a pair without any image
    scores = one_vs_one().fit(ArrayTraining(fold), LABELS).model.scores(unseen)
    assert np.isfinite(scores).all()
    known = target < 3
    assert np.mean(scores[known].argmax(axis=1) == target[known]) > 0.85


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)), st.integers(0, 2**31))
def test_neither_the_order_of_classes_nor_of_rows_matters(images, classes, seed):
    data, unseen, _ = images
    expected = one_vs_one().fit(ArrayTraining(data), LABELS).model.scores(unseen).argmax(axis=1)
    new = np.array(classes)
    rows = np.random.default_rng(seed).permutation(len(data.target))
    other = Arrays(data.features[rows], new[data.target[rows]], 5)
    found = one_vs_one().fit(ArrayTraining(other), LABELS).model.scores(unseen).argmax(axis=1)
    np.testing.assert_array_equal(found, new[expected])


def test_warnings_of_many_fits_become_a_few_sentences():
    model = binary_margins(np.ones(1), 0.0)
    kinds = [["slow.", "slow."], ["slow."], ["odd."], ["third.", "slow."], ["fourth."], ["odd."]]
    fits = [Fit(model, {"step": 1.0}, warnings) for warnings in kinds]
    fit = collect(model, fits, ["first of all."])
    assert fit.warnings == [
        "first of all.",
        "3 of 6 fits: slow.",
        "2 of 6 fits: odd.",
        "1 of 6 fits: third.",
        "1 other warnings of the fits are left out.",
    ]


def test_a_diverging_estimator_is_reported_with_its_count(images):
    strategy = one_vs_one(parameters={"step": 1e300, "iterations": 5})
    (warning,) = strategy.fit(ArrayTraining(images[0]), LABELS).warnings
    assert warning.startswith("10 of 10 fits: The descent diverged")
