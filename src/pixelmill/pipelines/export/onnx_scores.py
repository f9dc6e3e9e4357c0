"""The kinds of models as nodes of an ONNX graph."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from pixelmill.models import Model
from pixelmill.models._members import AnyMembers, LinearMembers, Members
from pixelmill.models.linear import LinearModel
from pixelmill.models.one_vs_rest import OneVsRestModel
from pixelmill.models.pairwise import UNKNOWN, PairwiseModel
from pixelmill.models.perceptron import PerceptronModel
from pixelmill.models.sklearn import SklearnModel
from pixelmill.pipelines.export.onnx_graph import LEAST_LENGTH, OPSET, Graph
from pixelmill.preparation import Preparation

SIDES = np.array([[-1.0, 1.0]])  # the second side's score less the first's
ML_OPSET = 3
ROUNDING = 1e-6  # of graphs of skl2onnx, which compute in float32: a margin of 0 is 1e-7 there


class UnsupportedError(Exception):
    """A model has no ONNX graph; says why."""


def add_preparation(graph: Graph, preparation: Preparation, features: str) -> str:
    """Scaling, normalization and PCA, in float64.

    Args:
        graph: Graph that the nodes are added to.
        preparation: Fitted preparation.
        features: float32 [n, dimension].

    Returns:
        float64 [n, width].
    """
    prepared = graph.cast(features, np.float64)
    if preparation.mean is not None and preparation.deviation is not None:
        prepared = graph.add("Sub", prepared, graph.constant(preparation.mean))
        prepared = graph.add("Div", prepared, graph.constant(preparation.deviation))
    if preparation.normalize:
        prepared = graph.add("Div", prepared, _lengths(graph, prepared))
    if preparation.components is not None and preparation.centre is not None:
        components = preparation.components
        prepared = graph.affine(prepared, components, -components @ preparation.centre)
    return prepared


def add_scores(graph: Graph, model: Model, prepared: str) -> str:
    """Return the scores of a model.

    Args:
        graph: Graph that the nodes are added to.
        model: Model of any kind.
        prepared: float64 [n, d].

    Returns:
        float64 [n, classes].

    Raises:
        UnsupportedError: If the kind has no graph, or skl2onnx makes none.
    """
    if model.kind not in SCORES:
        raise UnsupportedError(f"no ONNX graph is written of models of the kind '{model.kind}'")
    return SCORES[model.kind](graph, model, prepared)


def _lengths(graph: Graph, rows: str) -> str:
    """Return float64 [n, 1], never 0."""
    axis = graph.constant(np.array([1]))
    squares = graph.add("ReduceSum", graph.add("Mul", rows, rows), axis, keepdims=1)
    return graph.add("Max", graph.add("Sqrt", squares), graph.constant(np.array(LEAST_LENGTH)))


def _linear(graph: Graph, model: LinearModel, prepared: str) -> str:
    margins = graph.affine(prepared, model.weights, model.intercepts)
    return margins if model.link == "margin" else graph.add("Softmax", margins, axis=1)


def _perceptron(graph: Graph, model: PerceptronModel, prepared: str) -> str:
    return graph.add("Softmax", _perceptron_margins(graph, model, prepared), axis=1)


def _perceptron_margins(graph: Graph, model: PerceptronModel, prepared: str) -> str:
    *hidden, last = zip(model.weights, model.intercepts, strict=True)
    for layer in hidden:
        prepared = graph.add("Sigmoid", graph.affine(prepared, *layer))
    return graph.affine(prepared, *last)


def _one_vs_rest(graph: Graph, model: OneVsRestModel, prepared: str) -> str:
    return _margins(graph, model.members, prepared)


def _pairwise(graph: Graph, model: PairwiseModel, prepared: str) -> str:
    """Return votes and the confidence that breaks ties, as `PairwiseModel.scores` has them."""
    first, second = (np.eye(model.classes)[model.pairs[:, side]] for side in (0, 1))
    nothing = np.zeros(model.classes)
    margins = _margins(graph, model.members, prepared)
    tie = graph.constant(np.array(_rounding(model.members)))
    towards = graph.cast(graph.add("Greater", margins, tie), np.float64)
    # A pair votes for its second class, or else for its first.
    votes = graph.affine(towards, (second - first).T, first.sum(axis=0))
    confidence = graph.affine(margins, (second - first).T, nothing)
    size = graph.add("Add", graph.add("Abs", confidence), graph.constant(np.array(1.0)))
    share = graph.add("Div", confidence, graph.add("Mul", size, graph.constant(np.array(3.0))))
    known = graph.constant(np.asarray((first + second).sum(axis=0) > 0))
    return graph.add(
        "Where", known, graph.add("Add", votes, share), graph.constant(np.array(UNKNOWN))
    )


def _rounding(members: Members) -> float:
    """Return the size of margins that are equal votes of trees, and not 0 for rounding alone."""
    models = members.models if isinstance(members, AnyMembers) else ()
    others = (one for one in models if isinstance(one, SklearnModel))
    return ROUNDING if any(_as_linear(one) is None for one in others) else 0.0


def _margins(graph: Graph, members: Members, prepared: str) -> str:
    """Return float64 [n, members]."""
    if isinstance(members, LinearMembers):
        return graph.affine(prepared, members.weights, members.intercepts)
    sides = [_sides(graph, model, prepared) for model in cast(AnyMembers, members).models]
    columns = [graph.affine(one, SIDES, np.zeros(1)) for one in sides]
    return graph.add("Concat", *columns, axis=1)


def _sides(graph: Graph, model: Model, prepared: str) -> str:
    """Return float64 [n, 2]: log probabilities where a member takes them, otherwise scores."""
    from sklearn.naive_bayes import GaussianNB

    if isinstance(model, PerceptronModel):
        return _perceptron_margins(graph, model, prepared)
    if isinstance(model, SklearnModel) and isinstance(model.classifier, GaussianNB):
        return _gaussian(graph, model.classifier, prepared)
    return add_scores(graph, model, prepared)


def _gaussian(graph: Graph, found: Any, prepared: str) -> str:
    """Return log p(c) + Σ_j log N(x_j; m_cj, v_cj) of a GaussianNB, float64 [n, classes].

    The term of (x - m)² / 2v that does not depend on x is in the intercepts.
    """
    precision = 1 / np.asarray(found.var_)
    rest = np.log(found.var_ * 2 * np.pi) + found.theta_**2 * precision
    intercepts = np.log(found.class_prior_) - rest.sum(axis=1) / 2
    squares = graph.affine(graph.add("Mul", prepared, prepared), -precision / 2, intercepts)
    zero = np.zeros(len(intercepts))
    return graph.add("Add", squares, graph.affine(prepared, found.theta_ * precision, zero))


def _sklearn(graph: Graph, model: SklearnModel, prepared: str) -> str:
    if len(model.classifier.classes_) < model.classes:
        raise UnsupportedError("a class had no training image")
    linear = _as_linear(model)
    if linear is not None:
        return _linear(graph, linear, prepared)
    label, scores = graph.graft(_converted(model), graph.cast(prepared, np.float32))
    return _agreeing(graph, label, graph.cast(scores, np.float64), model.classes)


def _agreeing(graph: Graph, label: str, scores: str, classes: int) -> str:
    """Swap the highest score and the predicted class's, where they differ, as in `SklearnModel`.

    Args:
        graph: Graph that the nodes are added to.
        label: int64 [n], positions of the predicted classes.
        scores: float64 [n, classes].
        classes: Number of classes.
    """
    row, columns = graph.constant(np.array([1])), graph.constant(np.arange(classes)[None])
    predicted = graph.add("Equal", graph.add("Unsqueeze", label, row), columns)
    highest = graph.add("Equal", graph.add("ArgMax", scores, axis=1, keepdims=1), columns)
    top = graph.add("ReduceMax", scores, row, keepdims=1)
    own = graph.add("Where", predicted, scores, graph.constant(np.array(0.0)))
    own = graph.add("ReduceSum", own, row, keepdims=1)
    return graph.add("Where", highest, own, graph.add("Where", predicted, top, scores))


def _as_linear(model: SklearnModel) -> LinearModel | None:
    """Return a linear classifier of scikit-learn as our own; None where it is another.

    skl2onnx computes in float32. With more features than images weights are large and cancel each
    other on real features, which leaves nothing but rounding there.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression
    from sklearn.linear_model._base import LinearClassifierMixin

    found = model.classifier
    by_softmax = isinstance(found, LogisticRegression | LinearDiscriminantAnalysis)
    if not isinstance(found, LinearClassifierMixin) or model.probabilities is not by_softmax:
        return None
    weights = np.atleast_2d(np.asarray(found.coef_, dtype=np.float64))
    intercepts = np.broadcast_to(np.asarray(found.intercept_, dtype=np.float64), len(weights))
    if len(weights) == 1:
        # The logistic function of a margin is the softmax of half of it for and half against.
        sides = np.array([-0.5, 0.5] if by_softmax else [-1.0, 1.0])
        weights, intercepts = sides[:, None] * weights, sides * intercepts
    return LinearModel(weights, intercepts, "softmax" if by_softmax else "margin")


def _converted(model: SklearnModel) -> Any:
    kind = type(model.classifier).__name__
    problem: Exception | None = None
    for options in _options(model.probabilities):
        try:
            return _by_skl2onnx(model.classifier, options)
        except NameError as error:  # this classifier has no such option
            problem = error
        except CONVERSION_ERRORS as error:
            raise UnsupportedError(f"skl2onnx makes no graph of {kind}") from error
    raise UnsupportedError(f"skl2onnx makes no graph of {kind}") from problem


def _by_skl2onnx(classifier: Any, options: dict[str, bool]) -> Any:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of what it asks of scikit-learn
        return to_onnx(
            classifier,
            initial_types=[("prepared", FloatTensorType([None, classifier.n_features_in_]))],
            options={id(classifier): options},
            target_opset={"": OPSET, "ai.onnx.ml": ML_OPSET},
        )


def _options(probabilities: bool) -> list[dict[str, bool]]:
    """Return skl2onnx options: arrays rather than maps, and raw margins, where there are such."""
    array, margins = {"zipmap": False}, {"raw_scores": True}
    return [array, {}] if probabilities else [array | margins, margins, array, {}]


# Each converter of skl2onnx is by another author, and fails in its own way.
CONVERSION_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
SCORES: dict[str, Callable[[Graph, Any, str], str]] = {
    "linear": _linear,
    "one_vs_rest": _one_vs_rest,
    "pairwise": _pairwise,
    "perceptron": _perceptron,
    "sklearn": _sklearn,
}
