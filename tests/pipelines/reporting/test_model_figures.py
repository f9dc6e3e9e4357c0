"""The figures of calibration, components, importance and features that kedro-viz previews."""

import json

import numpy as np
import pytest

from pixelmill.pipelines.reporting import model_figures
from pixelmill.pipelines.reporting.calibration import calibration
from pixelmill.pipelines.reporting.score_counts import ScoreCount


def traces(figure):
    return json.loads(figure.to_json())["data"]


@pytest.mark.parametrize(
    ("draw", "nothing", "sentence"),
    [
        (model_figures.draw_calibration_curve, {}, "No scores that are probabilities"),
        (model_figures.draw_explained_variance, {}, "No principal components"),
        (model_figures.draw_feature_importance, [], "No named features"),
        (model_figures.draw_feature_exploration, {}, "No named features"),
    ],
)
def test_nothing_to_draw_is_said(draw, nothing, sentence):
    figure = draw(nothing)
    assert not figure.data
    assert sentence in figure.layout.annotations[0].text


def test_calibration_shows_the_share_right_of_each_bin():
    counts = [ScoreCount(4, 20, 9, 15, 9.0), ScoreCount(9, 80, 78, 80, 77.0)]
    figure = model_figures.draw_calibration_curve({"calibration": calibration(counts)})
    bars, ideal = traces(figure)
    assert bars["x"] == [0.45, 0.95]
    assert bars["y"] == [0.45, 0.975]
    assert bars["customdata"] == [[20, 0.45], [80, 0.9625]]
    assert ideal["y"] == [0, 1]
    assert "1.0%" in figure.layout.title.text


def test_variance_adds_up():
    (curve,) = traces(model_figures.draw_explained_variance({"variance_share": [0.5, 0.25]}))
    assert (curve["x"], curve["y"]) == ([1, 2], [0.5, 0.75])


def test_impurity_is_drawn_where_trees_have_it():
    one = {"feature": "<b>", "permutation": 0.1, "permutation_std": 0.01, "impurity": None}
    figure = model_figures.draw_feature_importance([one])
    assert [trace["name"] for trace in traces(figure)] == ["permutation"]
    assert list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;"]
    both = model_figures.draw_feature_importance([one, one | {"impurity": 0.4}])
    assert traces(both)[1]["x"] == [None, 0.4]


def test_class_means_win_over_correlation():
    correlation = {"names": ["a", "b"], "values": [[1.0, -0.5], [-0.5, 1.0]]}
    (drawn,) = traces(model_figures.draw_feature_exploration({"correlation": correlation}))
    assert drawn["z"] == [[1.0, -0.5], [-0.5, 1.0]]
    values = np.arange(400.0).reshape(200, 2).tolist()
    means = {"labels": [f"{n}" for n in range(200)], "names": ["a", "b"], "values": values}
    figure = model_figures.draw_feature_exploration(
        {"correlation": correlation, "class_means": means}
    )
    assert len(traces(figure)[0]["z"]) == 60
    assert "60 of 200 classes" in figure.layout.title.text
