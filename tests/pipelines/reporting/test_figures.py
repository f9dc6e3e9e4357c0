"""The figures that kedro-viz previews."""

import json

from pixelmill.pipelines.reporting.counts import ConfusionCount
from pixelmill.pipelines.reporting.figures import class_scores_figure, confusion_figure, plain
from pixelmill.pipelines.reporting.scores import ClassScores

COUNTS = [
    ConfusionCount("<b>cat", "<b>cat", 6),
    ConfusionCount("<b>cat", "dog", 2),
    ConfusionCount("dog", "dog", 5),
]


def test_confusion_matrix_holds_shares_and_counts():
    figure = confusion_figure(COUNTS)
    (heat_map,) = json.loads(figure.to_json())["data"]
    assert heat_map["z"] == [[0.75, 0.25], [0.0, 1.0]]
    assert heat_map["customdata"] == [[6, 2], [0, 5]]
    assert heat_map["text"][0][1] == "&lt;b&gt;cat taken for dog"
    assert list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;cat", "dog"]
    assert figure.layout.yaxis.autorange == "reversed"  # the first class on top


def test_a_carpet_of_classes_is_cut_to_the_worst():
    counts = [ConfusionCount(f"{n}", f"{n}", 1) for n in range(300)]
    figure = confusion_figure([*counts, ConfusionCount("299", "298", 1)])
    assert len(figure.data[0].z) == 200
    assert "the worst 200 of 300 classes" in figure.layout.title.text
    assert "299" in figure.layout.yaxis.ticktext


def test_class_scores_start_with_the_worst():
    scores = [
        ClassScores("good", 5, 4, 1.0, 0.75, 0.86),
        ClassScores("bad & sad", 5, 4, 0.0, 0.0, 0.0),
        ClassScores("untested", 5, 0, None, None, None),
    ]
    figure = class_scores_figure(scores)
    assert list(figure.layout.yaxis.ticktext) == ["bad &amp; sad", "good"]
    points = {trace["name"]: trace["x"] for trace in json.loads(figure.to_json())["data"]}
    assert points == {"precision": [0.0, 1.0], "recall": [0.0, 0.75], "F1": [0.0, 0.86]}


def test_no_classifier_is_said():
    for figure in (confusion_figure([]), class_scores_figure([])):
        assert not figure.data
        assert "No classifier" in figure.layout.annotations[0].text


def test_labels_are_no_markup():
    assert plain("<a href='x'>&</a>") == "&lt;a href='x'&gt;&amp;&lt;/a&gt;"
