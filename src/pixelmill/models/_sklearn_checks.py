"""Checks of scikit-learn classifiers for numbers that compiled code trusts blindly.

scikit-learn's compiled code takes the nodes of a tree, the rows of a support vector machine and the
labels of neighbours for what its own fit wrote. In a file that somebody else wrote, an index beyond
the end of an array would make it read or write memory that is not its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


def check_classifier(classifier: Any) -> None:
    """Refuse what no fit of scikit-learn leaves.

    Args:
        classifier: Fitted classifier, as read from a file.

    Raises:
        ValueError: The object is no classifier, or an index in it exceeds its array.
    """
    from sklearn.base import BaseEstimator, ClassifierMixin

    _require(isinstance(classifier, BaseEstimator), "it is no estimator of scikit-learn")
    _require(isinstance(classifier, ClassifierMixin), "it is no classifier")
    for estimator in estimators_in(classifier):
        _require(
            getattr(estimator, "n_jobs", None) in (None, 1), "it asks for more than one process"
        )
        if vars(estimator).keys() - estimator.get_params(deep=False).keys():  # it is fitted
            _check_estimator(estimator)


def estimators_in(value: Any) -> Iterator[Any]:
    """Yield all estimators of scikit-learn that a value holds, itself among them."""
    from sklearn.base import BaseEstimator

    waiting, seen = [value], {id(value)}
    while waiting:
        value = waiting.pop()
        if isinstance(value, BaseEstimator):
            yield value
        fresh = [inner for inner in _held(value) if id(inner) not in seen]
        seen.update(map(id, fresh))
        waiting += fresh


def _check_estimator(estimator: Any) -> None:
    from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
    from sklearn.ensemble._forest import BaseForest
    from sklearn.neighbors import KNeighborsClassifier, RadiusNeighborsClassifier
    from sklearn.svm._base import BaseLibSVM
    from sklearn.tree import BaseDecisionTree

    match estimator:
        case BaseDecisionTree():
            _check_tree(estimator.tree_, estimator.n_features_in_)
        case BaseForest():
            _check_members(estimator, estimator.estimators_)
        case GradientBoostingClassifier():
            _check_stages(estimator)
        case HistGradientBoostingClassifier():
            for predictor in (one for stage in estimator._predictors for one in stage):
                _check_predictor(predictor.nodes, estimator.n_features_in_)
        case BaseLibSVM():
            _check_support(estimator)
        case KNeighborsClassifier() | RadiusNeighborsClassifier():
            _check_neighbours(estimator)


def _held(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, list | tuple | set):
        return value
    if isinstance(value, np.ndarray):
        return value.ravel() if value.dtype == object else ()
    return getattr(value, "__dict__", {}).values()


def _check_members(estimator: Any, members: Iterable[Any]) -> None:
    from sklearn.tree import BaseDecisionTree

    for member in members:
        _require(isinstance(member, BaseDecisionTree), "a forest holds something else than trees")
        _require(member.n_features_in_ == estimator.n_features_in_, "a tree takes other features")


def _check_stages(estimator: Any) -> None:
    """Check the trees of gradient boosting, which add to the columns of its first guess."""
    from sklearn.dummy import DummyClassifier

    stages = estimator.estimators_
    _require(isinstance(stages, np.ndarray) and stages.ndim == 2, "its stages are no table")
    _check_members(estimator, stages.ravel())
    is_plain = type(estimator.init_) is DummyClassifier or estimator.init_ == "zero"
    _require(is_plain, "its first guess is another estimator")
    first = estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_)))
    _require(stages.shape[1] == first.shape[1], "its stages are of other classes")


def _check_tree(tree: Any, features: int) -> None:
    """Check that children follow their parents, so that no path has a loop."""
    from sklearn.tree._tree import Tree

    _require(type(tree) is Tree, "its tree is not one of scikit-learn's")
    _require(1 <= tree.node_count <= tree.capacity, "a tree has no node")
    left, right = tree.children_left, tree.children_right
    is_leaf = left == -1
    _require(not (is_leaf ^ (right == -1)).any(), "a node has one child")
    _check_nodes((left, right), tree.feature, is_leaf, min(features, tree.n_features))


def _check_predictor(nodes: NDArray[Any], features: int) -> None:
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    _require(nodes.dtype == PREDICTOR_RECORD_DTYPE and len(nodes) > 0, "a tree has no node")
    _require(not nodes["is_categorical"].any(), "a tree has categories")
    children = (nodes["left"].astype(np.int64), nodes["right"].astype(np.int64))
    _check_nodes(children, nodes["feature_idx"], nodes["is_leaf"] != 0, features)


def _check_nodes(
    children: tuple[NDArray[Any], NDArray[Any]],
    feature: NDArray[Any],
    is_leaf: NDArray[np.bool_],
    features: int,
) -> None:
    inner = np.flatnonzero(~is_leaf)
    for child in children:
        following = (child[inner] > inner) & (child[inner] < len(is_leaf))
        _require(bool(following.all()), "a node's child is no later node")
    known = (feature[inner] >= 0) & (feature[inner] < features)
    _require(bool(known.all()), "a node compares a feature that there is not")


def _check_support(estimator: Any) -> None:
    """Check the number of vectors of each class, since libsvm reads as many rows of each array."""
    counts, vectors = np.asarray(estimator._n_support), estimator.support_vectors_
    classes, total = len(counts), len(vectors)
    pairs = classes * (classes - 1) // 2
    _require(estimator.kernel != "precomputed", "it takes distances, not features")
    _require(not estimator._sparse and vectors.ndim == 2, "its support vectors are no table")
    _require(vectors.shape[1] == estimator.n_features_in_, "it takes other features")
    _require(bool((counts >= 0).all()) and int(counts.sum()) == total, "it lacks support vectors")
    _require(estimator.support_.shape == (total,), "it lacks support vectors")
    _require(classes == len(estimator.classes_) >= 2, "its classes are others")
    _require(np.shape(estimator._dual_coef_) == (classes - 1, total), "it lacks coefficients")
    _require(np.shape(estimator._intercept_) == (pairs,), "it lacks intercepts")
    for sigmoid in (estimator._probA, estimator._probB):
        _require(np.shape(sigmoid) in ((0,), (pairs,)), "it lacks probabilities")


def _check_neighbours(estimator: Any) -> None:
    labels, images = np.asarray(estimator._y), np.asarray(estimator._fit_X)
    _require(labels.ndim == 1 and labels.dtype.kind == "i", "its labels are no numbers")
    known = (labels >= 0) & (labels < len(estimator.classes_))
    _require(bool(known.all()), "it has a label without a class")
    _require(images.shape == (len(labels), estimator.n_features_in_), "its images have no label")


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise ValueError(problem)
