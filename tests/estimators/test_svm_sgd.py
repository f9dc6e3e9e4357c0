"""The vectorized SVMWithSGD has MLlib's own weights to 1e-6, for all kinds of problems."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.errors import InputError
from pixelmill.estimators import Arrays, ArrayTraining, BinaryProblem, find_estimator
from pixelmill.estimators._hinge_descent import fits_gram

RTOL = 1e-6
DEFAULTS = {  # of MLlib
    "iterations": 100,
    "step": 1.0,
    "regParam": 0.01,
    "regType": "l2",
    "convergenceTol": 0.001,
}


def blobs(images, dimension, classes=2, seed=0, apart=1.0):
    """Images around the centres of their classes, sorted by no class."""
    draw = np.random.default_rng(seed)
    target = draw.permutation(np.arange(images) % classes)
    centres = apart * draw.normal(size=(classes, dimension))
    return Arrays(draw.normal(size=(images, dimension)) + centres[target], target, classes)


def weights(fit):
    """The weights of a fit, which has no intercept."""
    assert not fit.model.intercepts.any()
    return fit.model.weights[1]


@pytest.fixture
def mllib(spark, tmp_path):
    """Gives what MLlib makes of the same rows, called as `SVMWithSGD.train` calls it.

    It reads them from a file: rows of PySpark would go through a Python worker.
    """
    from pyspark.mllib.common import callMLlibFunc
    from pyspark.mllib.linalg import Vectors

    def train(data, problem, **changed):
        own = problem.of(data)
        rows = zip(own.target.tolist(), own.features.tolist(), strict=True)
        (tmp_path / "points.txt").write_text("".join(f"({label},{row})\n" for label, row in rows))
        context = spark.sparkContext
        load = context._jvm.org.apache.spark.mllib.util.MLUtils.loadLabeledPoints
        points = load(context._jsc.sc(), str(tmp_path / "points.txt"), 1).toJavaRDD()
        given = DEFAULTS | changed
        start = Vectors.zeros(own.features.shape[1])
        settled = [given["iterations"], given["step"], given["regParam"], 1.0, start]
        more = [given["regType"], False, True, given["convergenceTol"]]
        found, _ = callMLlibFunc("trainSVMModelWithSGD", points, *settled, *more)
        return found.toArray()

    return train


def ours(data, problem, **parameters):
    """The weights and the fit of one problem."""
    (fit,) = find_estimator("svm_sgd", parameters).fit_binary(ArrayTraining(data), [problem])
    return weights(fit), fit


CASES = {
    "more features than images": (blobs(20, 50), {"iterations": 20}),
    "more images than features": (blobs(90, 5, apart=0.3), {"iterations": 20}),
    "defaults to the end": (blobs(30, 8, apart=0.3), {}),
    "no penalty": (blobs(40, 7, apart=0.3), {"regType": None, "regParam": 0.5, "iterations": 8}),
    "large steps, no tolerance": (
        blobs(30, 12, apart=0.2),
        {"step": 20.0, "convergenceTol": 0.0, "iterations": 8},
    ),
    "one iteration": (blobs(10, 3), {"iterations": 1}),
}
CONVERGENT = {
    "no penalty, all beyond the margin": (blobs(60, 9, apart=4), {"regParam": 0.0}),
    "short steps": (blobs(30, 12), {"step": 0.001}),
    "strong penalty": (blobs(40, 10), {"regParam": 1.0, "convergenceTol": 0.05}),
}


def same(found, expected):
    """Whether weights are the same to 1e-6 of their length, and each of its own size."""
    np.testing.assert_allclose(found, expected, rtol=RTOL, atol=1e-9 * np.abs(expected).max())
    return np.linalg.norm(found - expected) <= RTOL * np.linalg.norm(expected)


@pytest.mark.parametrize("case", CASES)
def test_the_weights_are_mllibs(mllib, case):
    data, parameters = CASES[case]
    found, _ = ours(data, BinaryProblem(1, 0), **parameters)
    assert same(found, mllib(data, BinaryProblem(1, 0), **parameters))


@pytest.mark.parametrize("case", CONVERGENT)
def test_convergence_ends_the_descent_where_mllib_ends_it(mllib, case):
    data, parameters = CONVERGENT[case]
    found, _ = ours(data, BinaryProblem(1, 0), **parameters)
    unended, _ = ours(data, BinaryProblem(1, 0), **parameters | {"convergenceTol": 0.0})
    if case != "no penalty, all beyond the margin":  # there no later step moves anything
        assert np.linalg.norm(unended - found) > 1e-3 * np.linalg.norm(found)
    assert same(found, mllib(data, BinaryProblem(1, 0), **parameters))


@pytest.mark.parametrize("dimension", [4, 40])
def test_every_pair_and_every_class_has_mllibs_weights(mllib, dimension):
    data = blobs(36, dimension, classes=4)
    pairs = [BinaryProblem(second, first) for first in range(4) for second in range(first + 1, 4)]
    problems = [BinaryProblem(2), *pairs, BinaryProblem(0)]  # two kinds, mixed
    fits = find_estimator("svm_sgd", {"iterations": 8}).fit_binary(ArrayTraining(data), problems)
    assert len(fits) == len(problems)
    for number in (0, 4, 7):
        expected = mllib(data, problems[number], iterations=8)
        assert same(weights(fits[number]), expected)


def plain_descent(features, signs, shares, parameters):
    """The same rule, row by row and in the space of the features."""
    found = np.zeros(features.shape[1])
    for iteration in range(1, parameters["iterations"] + 1):
        step = parameters["step"] / np.sqrt(iteration)
        active = signs * (features @ found) < 1
        gradient = -(features * (signs * shares * active)[:, None]).sum(axis=0)
        before, found = found, found - step * (gradient + parameters["regParam"] * found)
        short = np.linalg.norm(found - before) < 0.001 * max(np.linalg.norm(found), 1)
        if iteration > 1 and short:
            break
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**31),
    st.integers(2, 40),
    st.integers(1, 30),
    st.sampled_from([0.1, 1.0, 10.0]),
    st.sampled_from([0.0, 0.01, 1.0]),
    st.booleans(),
)
def test_the_span_of_the_rows_is_enough(seed, images, dimension, step, penalty, balanced):
    data = blobs(images, dimension, seed=seed)
    parameters = {"step": step, "regParam": penalty, "iterations": 30}
    for problem in (BinaryProblem(1, 0, balanced), BinaryProblem(1, None, balanced)):
        own = problem.of(data)
        shares = (np.ones(images) if own.weights is None else own.weights) / images
        expected = plain_descent(own.features, 2.0 * own.target - 1, shares, parameters)
        found = ours(data, problem, **parameters)[0]
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8 * np.abs(expected).max())


def test_pairs_of_any_sizes_are_solved_together_as_alone():
    draw = np.random.default_rng(5)
    target = np.repeat(np.arange(7), [1, 2, 3, 9, 20, 33, 60])
    data = Arrays(draw.normal(size=(128, 25)) + target[:, None] / 7, target, 7)
    pairs = [BinaryProblem(b, a, bool(a % 2)) for a in range(7) for b in range(a + 1, 7)]
    together = find_estimator("svm_sgd", {}).fit_binary(ArrayTraining(data), pairs)
    for pair, fit in zip(pairs, together, strict=True):
        found, alone = ours(data, pair)
        np.testing.assert_allclose(weights(fit), found, rtol=1e-9, atol=1e-12)
        assert fit.warnings == alone.warnings


def test_both_ways_to_multiply_are_tested():
    assert fits_gram(*CASES["more features than images"][0].features.shape)
    assert not fits_gram(*CASES["more images than features"][0].features.shape)


def test_balance_makes_a_small_class_count_as_much_as_the_rest():
    data = blobs(200, 5, classes=2, apart=0.4)
    few = np.flatnonzero(data.target == 1)[10:]
    rows = np.setdiff1d(np.arange(200), few)
    uneven = Arrays(data.features[rows], data.target[rows], 2)
    repeated = np.concatenate([rows, *[rows[uneven.target == 1]] * 9])
    even = Arrays(data.features[repeated], data.target[repeated], 2)
    balanced, _ = ours(uneven, BinaryProblem(1, balanced=True))
    np.testing.assert_allclose(balanced, ours(even, BinaryProblem(1))[0], rtol=1e-9)
    assert np.linalg.norm(balanced - ours(uneven, BinaryProblem(1))[0]) > 0.1


def test_a_class_of_one_image_is_learnt():
    data = blobs(41, 6, classes=2, apart=3)
    rows = np.append(np.flatnonzero(data.target == 0), np.flatnonzero(data.target == 1)[:1])
    one = Arrays(data.features[rows], data.target[rows], 2)
    for problem in (BinaryProblem(1, 0), BinaryProblem(1, balanced=True)):
        _, fit = ours(one, problem)
        scores = fit.model.scores(one.features)
        assert scores[-1, 1] > scores[-1, 0]


def test_two_classes_are_fitted_at_once(spark, two_digits):
    fit = find_estimator("svm_sgd", {"iterations": 20}).fit(two_digits.training)
    np.testing.assert_allclose(
        weights(fit), ours(two_digits.data, BinaryProblem(1, 0), iterations=20)[0], rtol=1e-9
    )
    assert two_digits.accuracy(fit.model) > 0.97
    assert fit.parameters == DEFAULTS | {"iterations": 20}


@pytest.mark.parametrize("name", ["svm_sgd", "svm_sgd_mllib"])
def test_more_classes_need_a_strategy(four_digits, name):
    with pytest.raises(InputError) as error:
        find_estimator(name, {}).fit(four_digits.training)
    assert str(error.value) == (
        f"modelling.estimator: {name} separates two classes and there are 4: "
        "set modelling.strategy to one_vs_one or one_vs_rest"
    )


def test_a_descent_that_works_is_not_complained_about(two_digits):
    assert ours(two_digits.data, BinaryProblem(1, 0))[1].warnings == []


@pytest.mark.parametrize("parameters", [{"step": 1e6}, {"step": 1e300, "iterations": 5}])
def test_a_descent_that_diverges_is_reported_and_has_finite_weights(parameters):
    data = blobs(60, 5, apart=0.1)
    for problem in (BinaryProblem(1, 0), BinaryProblem(1)):
        found, fit = ours(data, problem, **parameters)
        (warning,) = fit.warnings
        assert warning.startswith("The descent diverged")
        assert "lower step" in warning
        assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("parameters", "answer"),
    [
        ({"stepSize": 1.0}, "there is no parameter 'stepSize'; did you mean 'step'?"),
        ({"regparam": 0.1}, "there is no parameter 'regparam'; did you mean 'regParam'?"),
        ({"iterations": 0}, "iterations cannot be 0: "),
        ({"step": 0}, "step cannot be 0: "),
        ({"regType": "l1"}, "regType cannot be 'l1': "),
        ({"convergenceTol": 2}, "convergenceTol cannot be 2: "),
    ],
)
@pytest.mark.parametrize("name", ["svm_sgd", "svm_sgd_mllib"])
def test_impossible_parameters_are_one_sentence(name, parameters, answer):
    with pytest.raises(InputError) as error:
        find_estimator(name, parameters)
    assert f"modelling.parameters of {name}: {answer}" in str(error.value)
    assert "\n" not in str(error.value)
