"""MLlib's own SVMWithSGD through the project's interfaces: the same models as `svm_sgd`."""

import numpy as np
import pytest

from pixelmill.errors import InputError
from pixelmill.estimators import BinaryProblem, find_estimator

PARAMETERS = {"iterations": 8, "step": 0.5, "regParam": 0.1}


def both(training, problems, **parameters):
    """The fits of both estimators."""
    names = ("svm_sgd_mllib", "svm_sgd")
    return [find_estimator(name, parameters).fit_binary(training, problems) for name in names]


def test_pairs_and_classes_have_the_same_weights(four_digits):
    problems = [BinaryProblem(3, 1), BinaryProblem(2)]
    for theirs, ours in zip(*both(four_digits.training, problems, **PARAMETERS), strict=True):
        np.testing.assert_allclose(theirs.model.weights, ours.model.weights, rtol=1e-6, atol=1e-12)
        assert theirs.parameters == ours.parameters
        assert theirs.warnings == []


def test_two_classes_are_fitted_at_once(two_digits):
    fits = [
        find_estimator(name, PARAMETERS).fit(two_digits.training)
        for name in ("svm_sgd_mllib", "svm_sgd")
    ]
    np.testing.assert_allclose(fits[0].model.weights, fits[1].model.weights, rtol=1e-6, atol=1e-12)


def test_unsupported_balance_is_reported(four_digits):
    estimator = find_estimator("svm_sgd_mllib", {"iterations": 2})
    (fit,) = estimator.fit_binary(four_digits.training, [BinaryProblem(2, balanced=True)])
    (warning,) = fit.warnings
    assert "take svm_sgd" in warning


def test_it_cannot_be_a_point_of_a_grid(four_digits):
    estimator = find_estimator("svm_sgd_mllib", {})
    with pytest.raises(InputError, match="cannot be a grid candidate"):
        estimator.fit_binary(four_digits.arrays, [BinaryProblem(1, 0)])
