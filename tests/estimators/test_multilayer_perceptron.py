"""Spark ML's multilayer perceptron: its layers outside Spark give what they give inside."""

import pytest

from pixelmill.errors import InputError
from pixelmill.estimators import BinaryProblem
from pixelmill.estimators.multilayer_perceptron import estimator


@pytest.mark.parametrize("layers", [[], [9, 5]])
def test_scores_are_the_probabilities_of_spark(four_digits, layers):
    learner = estimator("multilayer_perceptron", {"layers": layers, "maxIter": 40})
    fit = learner.fit(four_digits.training)
    four_digits.check_spark_scores(fit, "probability")
    assert fit.spark_model.getLayers() == [64, *layers, 4]
    assert fit.parameters["layers"] == layers
    assert four_digits.accuracy(fit.model) > 0.9


def test_unsupported_parameters_are_reported(four_digits):
    learner = estimator("multilayer_perceptron", {"layers": [4], "maxIter": 2})
    (fit,) = learner.fit_binary(four_digits.training, [BinaryProblem(positive=0, balanced=True)])
    few, unweighted = fit.warnings
    assert few.endswith("did not converge in 2 iterations: raise maxIter in modelling.parameters.")
    assert "takes no weights" in unweighted


@pytest.mark.parametrize("layers", [[0], ["wide"], 64])
def test_impossible_layers_are_refused(layers):
    with pytest.raises(InputError, match="layers cannot be"):
        estimator("multilayer_perceptron", {"layers": layers})


def test_a_misspelt_parameter_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'blockSize'"):
        estimator("multilayer_perceptron", {"blocksize": 1})
