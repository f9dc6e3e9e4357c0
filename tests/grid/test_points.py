"""Grid candidates in scikit-learn's order, and what is refused before any work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import ParameterGrid

from pixelmill.errors import InputError
from pixelmill.grid import check_grid
from pixelmill.grid.points import at_point, grid_points
from pixelmill.parameters import GridParameters, GridPoint, ModellingParameters

VALUES = st.one_of(st.none(), st.integers(), st.floats(allow_nan=False), st.text(max_size=3))


def modelling(*points, **other):
    return ModellingParameters(grid={"points": points}, **other)


@given(st.dictionaries(st.text(max_size=4), st.lists(VALUES, min_size=1, max_size=3), max_size=4))
def test_the_order_is_that_of_scikit_learn(values):
    point = GridPoint(estimator="e", parameters=values)
    points = grid_points(GridParameters(points=[point]))
    assert [single.parameters for single in points] == list(ParameterGrid(values))


def test_single_values_and_lists_of_lists():
    layers = {"hidden_layer_sizes": [[100], [50, 50]], "alpha": 0.1, "tol": None}
    points = grid_points(
        GridParameters(
            points=[{"estimator": "a", "parameters": layers}, {"estimator": "b"}],
        )
    )
    assert [(point.estimator, point.parameters) for point in points] == [
        ("a", {"alpha": 0.1, "hidden_layer_sizes": [100], "tol": None}),
        ("a", {"alpha": 0.1, "hidden_layer_sizes": [50, 50], "tol": None}),
        ("b", {}),
    ]


def test_a_point_takes_the_place_of_the_estimator_and_nothing_else():
    whole = modelling({"estimator": "svm_sgd"}, strategy="one_vs_one", parameters={"a": 1})
    point = GridPoint(estimator="svm_sgd", parameters={"step": 2})
    there = at_point(whole, point)
    assert (there.estimator, there.parameters, there.grid) == ("svm_sgd", {"step": 2}, None)
    assert there.strategy == "one_vs_one"


def test_a_grid_that_can_be_done_passes():
    check_grid(ModellingParameters())
    svc = {"estimator": "sklearn.svm.SVC", "parameters": {"C": [1, 10], "gamma": [0.1, "scale"]}}
    mlp = {
        "estimator": "sklearn.neural_network.MLPClassifier",
        "parameters": {"hidden_layer_sizes": [[100], [50, 50]]},
    }
    check_grid(modelling(svc, mlp, {"estimator": "svm_sgd", "parameters": {"step": [1, 2]}}))


@pytest.mark.parametrize(
    ("point", "sentence"),
    [
        ({"estimator": "svm_sdg"}, r"points\[1\].estimator: there is no 'svm_sdg'; did you mean"),
        ({"estimator": "sklearn.svm.SVD"}, r"points\[1\].*SVD.*did you mean.*SVC"),
        (
            {"estimator": "svm_sgd", "parameters": {"stap": [1]}},
            r"points\[1\].parameters of svm_sgd: .*'stap'; did you mean 'step'",
        ),
        (
            {"estimator": "svm_sgd", "parameters": {"step": [1, -1]}},
            r"points\[1\].parameters of svm_sgd: step cannot be -1",
        ),
        (
            {"estimator": "sklearn.svm.SVC", "parameters": {"Gamma": [1]}},
            r"points\[1\].*'Gamma'.*did you mean 'gamma'",
        ),
        (
            {"estimator": "svm_sgd", "parameters": {"step": []}},
            r"points\[1\].parameters: step has no value to try",
        ),
        (
            {"estimator": "logistic_regression", "parameters": {"elasticNetParam": [0.5]}},
            r"points\[1\].estimator: .* of Spark ML",
        ),
        ({"estimator": "svm_sgd_mllib"}, r"points\[1\].estimator: .* of Spark ML"),
        ({"estimator": "linear_svc"}, r"points\[1\].estimator: .* of Spark ML"),
    ],
)
def test_a_point_of_which_nothing_can_be_made_is_one_sentence(point, sentence):
    good = {"estimator": "svm_sgd"}
    with pytest.raises(InputError, match=r"^modelling\.grid\." + sentence):
        check_grid(modelling(good, point))


def test_a_strategy_that_does_not_exist():
    with pytest.raises(InputError, match=r"^modelling\.strategy: there is no"):
        check_grid(modelling({"estimator": "svm_sgd"}, strategy="multinominal"))
