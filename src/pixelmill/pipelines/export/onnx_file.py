"""The classifier as one ONNX graph: features in, scores and label out, preparation included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pixelmill.models import Model
from pixelmill.pipelines.export.onnx_graph import Graph
from pixelmill.pipelines.export.onnx_scores import (
    CONVERSION_ERRORS,
    UnsupportedError,
    add_preparation,
    add_scores,
)
from pixelmill.preparation import Preparation

if TYPE_CHECKING:
    from onnx import ModelProto

TRIED = 16  # random rows on which the graph has to agree with the model
STEPS = 10  # from them towards the borders of classes; nearer, rounding alone changes the label
TOLERANCE = 1e-4


def to_onnx(preparation: Preparation, model: Model, labels: list[str]) -> bytes:
    """Return the ONNX graph of a classifier, after a test on a few rows.

    Args:
        preparation: Preparation of the features.
        model: Scores of prepared features.
        labels: Class labels.

    Returns:
        An ONNX file: input `features` (float32 [n, dimension]), outputs `scores` (float32
        [n, labels]) and `prediction` (string [n]).

    Raises:
        UnsupportedError: If there is no graph, or one that gives other scores.
    """
    onnx = _graph(preparation, model, labels)
    features = _towards_borders(_sample(preparation), preparation, model)
    if not _agrees(onnx, features, model.scores(preparation.apply(features))):
        raise UnsupportedError("the ONNX graph that could be made gives other scores")
    return bytes(onnx.SerializeToString())


def _graph(preparation: Preparation, model: Model, labels: list[str]) -> ModelProto:
    graph = Graph()
    prepared = add_preparation(graph, preparation, "features")
    return graph.model(preparation.dimension, labels, add_scores(graph, model, prepared))


def _sample(preparation: Preparation) -> NDArray[np.float32]:
    """Return random rows distributed as the training images, per the preparation: [TRIED, d]."""
    rows = np.random.default_rng(0).normal(size=(TRIED, preparation.dimension))
    if preparation.mean is not None and preparation.deviation is not None:
        rows = preparation.mean + preparation.deviation * rows
    elif preparation.centre is not None:
        rows = preparation.centre + rows
    return rows.astype(np.float32)


def _towards_borders(
    rows: NDArray[np.float32], preparation: Preparation, model: Model
) -> NDArray[np.float32]:
    """Return rows, and others nearer and nearer to where the prediction changes.

    Far from there scores are at their limits, and rounding shows in none of them.

    Args:
        rows: float32 [n, d].
        preparation: Preparation of the features.
        model: Scores of prepared features.

    Returns:
        float32 [up to (1 + STEPS) n, d].
    """

    def predicted(rows: NDArray[np.float32]) -> NDArray[np.intp]:
        best: NDArray[np.intp] = model.scores(preparation.apply(rows)).argmax(axis=1)
        return best

    found = predicted(rows)
    differs = found != np.roll(found, 1)
    here, there, label = rows[differs], np.roll(rows, 1, axis=0)[differs], found[differs]
    every = [rows]
    for _ in range(STEPS if len(here) else 0):
        middle = here / 2 + there / 2
        every.append(middle)
        same = (predicted(middle) == label)[:, None]
        here, there = np.where(same, middle, here), np.where(same, there, middle)
    return np.concatenate(every)


def _agrees(model: ModelProto, features: NDArray[np.float32], scores: NDArray[np.float64]) -> bool:
    """Return whether ONNX's reference evaluator, which needs no runtime, gives the same scores."""
    from onnx.reference import ReferenceEvaluator

    try:
        results = ReferenceEvaluator(model).run(["scores"], {"features": features})
    except CONVERSION_ERRORS:
        return False
    found = np.asarray(results[0])
    same_shape = found.shape == scores.shape
    return same_shape and np.allclose(found, scores, rtol=TOLERANCE, atol=TOLERANCE)
