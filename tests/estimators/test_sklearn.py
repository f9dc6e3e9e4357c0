"""Classifiers of scikit-learn: only they can be named, and they learn the same in a Spark task."""

import cloudpickle
import numpy as np
import pytest
from sklearn import svm
from sklearn.base import clone
from sklearn.utils.discovery import all_estimators
from threadpoolctl import threadpool_limits

from pixelmill.errors import InputError
from pixelmill.estimators import Arrays, ArrayTraining, BinaryProblem, find_estimator
from pixelmill.models import read_model

EACH = [
    ("sklearn.svm.SVC", {"C": 10, "gamma": 0.01}),
    ("sklearn.svm.LinearSVC", {"C": 0.1}),
    ("sklearn.neural_network.MLPClassifier", {"hidden_layer_sizes": [20, 10], "max_iter": 300}),
    ("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 20}),
    ("sklearn.ensemble.HistGradientBoostingClassifier", {"max_iter": 10}),
    ("sklearn.linear_model.LogisticRegression", {}),
    ("sklearn.linear_model.RidgeClassifier", {}),
    ("sklearn.neighbors.KNeighborsClassifier", {"n_neighbors": 3}),
    ("sklearn.naive_bayes.GaussianNB", {}),
]
WITHOUT_PROBABILITIES = ("SVC", "LinearSVC", "RidgeClassifier")


def refusal(name, parameters=None):
    with pytest.raises(InputError) as error:
        find_estimator(name, parameters or {})
    message = str(error.value)
    assert "\n" not in message
    return message


@pytest.fixture
def one_thread():
    """What a Spark task has; two that wait for each other are slow where a core is busy."""
    with threadpool_limits(1):
        yield


@pytest.mark.parametrize(("name", "parameters"), EACH)
def test_each_says_what_scikit_learn_says(four_digits, one_thread, name, parameters):
    fit = find_estimator(name, parameters).fit(four_digits.arrays)
    expected = clone(fit.model.classifier).fit(four_digits.data.features, four_digits.data.target)
    stored = read_model(fit.model.kind, fit.model.to_files())
    for model in (fit.model, stored):
        scores = model.scores(four_digits.test)
        np.testing.assert_array_equal(scores.argmax(axis=1), expected.predict(four_digits.test))
        if model.probabilities:
            np.testing.assert_allclose(scores, expected.predict_proba(four_digits.test))
            np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert four_digits.accuracy(fit.model) > 0.85
    assert fit.model.probabilities == (name.rpartition(".")[2] not in WITHOUT_PROBABILITIES)
    assert (
        fit.parameters.items()
        >= (
            parameters | {"hidden_layer_sizes": (20, 10)}
            if "hidden_layer_sizes" in parameters
            else parameters
        ).items()
    )
    assert fit.warnings == []


def test_a_spark_task_learns_what_this_process_learns(four_digits):
    forest = find_estimator("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 5})
    problems = [BinaryProblem(3, balanced=True), BinaryProblem(0, 2), BinaryProblem(1)]
    trainings = (four_digits.training, four_digits.arrays)
    for here, there in zip(*(forest.fit_binary(of, problems) for of in trainings), strict=True):
        assert (here.parameters, here.warnings) == (there.parameters, there.warnings)
        np.testing.assert_array_equal(
            here.model.scores(four_digits.test), there.model.scores(four_digits.test)
        )
    whole = forest.fit(four_digits.training)
    assert (whole.model.classes, whole.spark_model) == (4, None)


@pytest.mark.parametrize(
    "name", ["sklearn.svm.SVC", "sklearn.linear_model.PassiveAggressiveClassifier"]
)
def test_a_balanced_problem_is_that_of_class_weight_balanced(four_digits, name):
    problem = BinaryProblem(positive=2, balanced=True)
    (fit,) = find_estimator(name, {}).fit_binary(four_digits.arrays, [problem])
    balanced = find_estimator(name, {"class_weight": "balanced"})
    (expected,) = balanced.fit_binary(four_digits.arrays, [BinaryProblem(positive=2)])
    scores, wanted = (made.model.scores(four_digits.test) for made in (fit, expected))
    np.testing.assert_allclose(scores, wanted, rtol=1e-6)
    assert fit.warnings == []


def test_who_takes_no_weights_says_so(four_digits):
    neighbours = find_estimator("sklearn.neighbors.KNeighborsClassifier", {})
    (fit,) = neighbours.fit_binary(four_digits.arrays, [BinaryProblem(1, balanced=True)])
    (warning,) = fit.warnings
    assert warning.startswith("sklearn.neighbors.KNeighborsClassifier takes no weights: ")


@pytest.mark.parametrize(
    ("name", "parameters", "answer"),
    [
        ("sklearn.svm.LinearSVC", {"max_iter": 2}, "in 2 iterations: raise max_iter in"),
        ("sklearn.linear_model.LogisticRegression", {"max_iter": 1}, "raise max_iter in"),
        ("sklearn.neural_network.MLPClassifier", {"max_iter": 1}, "raise max_iter in"),
    ],
)
def test_too_few_iterations_are_reported_once(four_digits, name, parameters, answer):
    (warning,) = find_estimator(name, parameters).fit(four_digits.arrays).warnings
    assert warning.startswith(f"{name} did not converge")
    assert answer in warning


def test_a_failed_fit_is_one_sentence_and_no_stack_trace(four_digits):
    bayes = find_estimator("sklearn.naive_bayes.MultinomialNB", {})
    for training in (four_digits.training, four_digits.arrays):
        for fit in (bayes.fit, lambda of: bayes.fit_binary(of, [BinaryProblem(1)])):
            with pytest.raises(InputError) as error:
                fit(training)
            assert str(error.value).startswith(
                "modelling.estimator: sklearn.naive_bayes.MultinomialNB cannot learn from these "
                "features with these parameters: Negative values"
            )
            assert "\n" not in str(error.value)


def test_features_too_large_for_a_worker_suggest_spark_estimators(four_digits):
    learner = find_estimator("sklearn.svm.SVC", {})
    for fit in (learner.fit, lambda of: learner.fit_binary(of, [BinaryProblem(1)])):
        with pytest.raises(InputError, match=r"broadcast_limit.* Spark ML \(logistic_regression"):
            fit(four_digits.with_limit(1000))


def test_what_repeats_and_what_travels():
    chosen = find_estimator("sklearn.svm.LinearSVC", {"C": 2})
    assert cloudpickle.loads(cloudpickle.dumps(chosen)).classifier.get_params()["C"] == 2
    assert chosen.classifier.random_state == 0
    unseeded = find_estimator("sklearn.svm.LinearSVC", {"random_state": None})
    assert unseeded.classifier.random_state is None


@pytest.mark.parametrize("images", [[0, 1, 2], [1, 2, 3]])
def test_a_class_missing_in_a_fold_is_never_predicted(four_digits, images):
    rows = np.isin(four_digits.data.target, images)
    fold = Arrays(four_digits.data.features[rows], four_digits.data.target[rows], 4)
    fit = find_estimator("sklearn.svm.SVC", {}).fit(ArrayTraining(fold))
    assert set(fit.model.scores(four_digits.test).argmax(axis=1)) == set(images)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("sklearn.svm.SCV", "sklearn.svm.SVC"),
        ("sklearn.SVC", "sklearn.svm.SVC"),
        ("sklearn.svm._classes.SVC", "sklearn.svm.SVC"),
        ("sklearn.calibration.LinearSVC", "sklearn.svm.LinearSVC"),
        ("sklearn.ensemble.randomforestclassifier", "sklearn.ensemble.RandomForestClassifier"),
    ],
)
def test_an_unknown_class_is_answered_with_the_nearest(name, nearest):
    assert refusal(name) == f"modelling.estimator: there is no '{name}'; did you mean '{nearest}'?"


@pytest.mark.parametrize(
    "name",
    [
        "sklearn",
        "sklearn.",
        "sklearn..SVC",
        "sklearn.os.system",
        "sklearn.svm.os.system",
        "sklearn.linear_model.sys",
        "sklearn.externals.array_api_compat.numpy",
        "sklearn.utils.discovery.import_module",
        "sklearn.datasets.fetch_openml",
        "sklearn.base.ClassifierMixin",
        "sklearn.svm.SVR",
        "sklearn.svm.SVC.fit",
        "sklearn.pipeline.Pipeline",
        "sklearn.model_selection.GridSearchCV",
    ],
)
def test_nothing_but_a_classifier_of_scikit_learn_can_be_named(name):
    assert refusal(name).startswith(f"modelling.estimator: there is no '{name}'; ")


def test_every_classifier_of_scikit_learn_is_found_or_needs_another():
    refused = set()
    for name, kind in all_estimators("classifier"):
        public = ".".join(part for part in kind.__module__.split(".")[:2])
        try:
            found = find_estimator(f"{public}.{name}", {})
        except InputError as error:
            assert "is made of other estimators" in str(error)  # noqa: PT017
            refused.add(name)
        else:
            assert type(found.classifier) is kind
    assert {"VotingClassifier", "OneVsRestClassifier", "StackingClassifier"} <= refused
    assert len(refused) < 15


@pytest.mark.parametrize(
    ("name", "parameters", "answer"),
    [
        ("sklearn.svm.SVC", {"gama": 1}, "there is no parameter 'gama'; did you mean 'gamma'?"),
        ("sklearn.svm.SVC", {"C": -1}, "The 'C' parameter of SVC must be a float in the range"),
        ("sklearn.svm.SVC", {"kernel": "os.system"}, "The 'kernel' parameter of SVC must be"),
        ("sklearn.svm.SVC", {"decision_function_shape": "ovo"}, "leave it out"),
        ("sklearn.ensemble.RandomForestClassifier", {"n_jobs": -1}, "n_jobs stays 1"),
        ("sklearn.ensemble.AdaBoostClassifier", {"estimator": "SVC"}, "Got 'SVC' instead"),
    ],
)
def test_a_wrong_parameter_is_one_sentence_before_anything_starts(name, parameters, answer):
    message = refusal(name, parameters)
    assert message.startswith(f"modelling.parameters of {name}: ")
    assert answer in message


def test_a_value_that_only_the_fit_can_judge_is_a_sentence_too(two_digits):
    odd = find_estimator(
        "sklearn.neural_network.MLPClassifier", {"hidden_layer_sizes": [10, "wide"]}
    )
    with pytest.raises(InputError, match="MLPClassifier cannot learn from these features with"):
        odd.fit(two_digits.arrays)


@pytest.mark.parametrize(
    ("name", "parameters", "answer"),
    [
        ("sklearn.neighbors.KNeighborsClassifier", {"n_neighbors": 10_000}, "Expected n_neighbors"),
        ("sklearn.neighbors.RadiusNeighborsClassifier", {}, "No neighbors found"),
        ("sklearn.semi_supervised.LabelSpreading", {}, "images unlike all of these"),
    ],
)
def test_what_could_not_answer_later_is_refused(two_digits, name, parameters, answer):
    with pytest.raises(InputError, match=f"cannot learn from these features .*: {answer}"):
        find_estimator(name, parameters).fit(two_digits.arrays)


@pytest.mark.parametrize(
    ("name", "parameters", "answer"),
    [
        ("svm.SVC", {"class_weight": {1: 5}}, "set null or balanced or balanced_subsample"),
        ("neighbors.RadiusNeighborsClassifier", {"outlier_label": 3}, "set null or most_frequent"),
        ("dummy.DummyClassifier", {"strategy": "constant", "constant": 1}, "set null,"),
    ],
)
def test_no_parameter_takes_numbers_for_labels(name, parameters, answer):
    """Of the labels 1, 10 and 2, in their order, 1 would be the number of 10."""
    assert f"would number the classes and not name them: {answer}" in refusal(
        f"sklearn.{name}", parameters
    )
    find_estimator("sklearn.svm.SVC", {"class_weight": "balanced"})


def test_predictions_are_those_of_scikit_learn_where_its_scores_disagree(four_digits):
    """SVC predicts by votes of pairs, and its probabilities come from another fit."""
    learner = svm.SVC(probability=True, C=1e-3, random_state=0)
    few = slice(0, 40)
    learner.fit(four_digits.data.features[few], four_digits.data.target[few])
    from pixelmill.models.sklearn import SklearnModel

    scores = SklearnModel(learner, 4).scores(four_digits.test)
    predicted = learner.predict(four_digits.test)
    assert (learner.predict_proba(four_digits.test).argmax(axis=1) != predicted).any()
    np.testing.assert_array_equal(scores.argmax(axis=1), predicted)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
