"""One fit of a grid: the work of one Spark task, which needs no Spark itself."""

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pixelmill.errors import InputError
from pixelmill.estimators import Arrays, ArrayTraining
from pixelmill.grid.training import FoldedImages
from pixelmill.models import Array
from pixelmill.one_core import one_core
from pixelmill.parameters import ModellingParameters, PreparationParameters
from pixelmill.preparation.fitting import fit_arrays
from pixelmill.strategies import find_strategy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_REASON = 300


@dataclass(frozen=True)
class Outcome:
    """What came of one fit.

    Attributes:
        score: Score on the held-out fold; None if the fit failed.
        seconds: The estimator took to learn, or to fail.
        warnings: Sentences of the estimator.
        error: Reason why there is no score.
        retry: Whether another try may end otherwise.
    """

    score: float | None = None
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
    error: str | None = None
    retry: bool = False


@dataclass(frozen=True)
class _PreparedFold:
    """What the fits of a fold share.

    Attributes:
        images: All images.
        fold: Number of the held-out fold.
        parameters: Preparation of the features.
        train: The images of the other folds; their classes are numbered without gaps.
        classes: int64 [k], positions of these classes in the labels.
        held_out: Features of the held-out images.
        truth: int64 [n], positions of their classes in the labels.
    """

    images: FoldedImages
    fold: int
    parameters: PreparationParameters
    train: Arrays
    classes: "NDArray[np.int64]"
    held_out: Array
    truth: "NDArray[np.int64]"

    @property
    def labels(self) -> list[str]:
        """Labels of the classes that are trained."""
        return [self.images.labels[place] for place in self.classes]


# A worker process keeps the fold that it prepared last: the points of a fold follow each other.
_LAST: list[_PreparedFold] = []


def fit_fold(
    images: FoldedImages, fold: int, modelling: ModellingParameters, scoring: str
) -> Outcome:
    """Learn from all folds but one and score the estimator on that one.

    Args:
        images: The training images with their folds.
        fold: Number of the held-out fold.
        modelling: Preparation, strategy and the estimator of a point.
        scoring: `accuracy`, `f1` or `balanced_accuracy`.

    Returns:
        The score, or the reason why there is none; nothing that an estimator raises gets out.
    """
    import sklearn.metrics  # noqa: F401 (its threads are limited too, once it is loaded)

    began = time.perf_counter()
    try:
        with one_core():
            prepared = _prepared(images, fold, modelling.preparation)
            began = time.perf_counter()
            return _scored(prepared, modelling, scoring)
    except Exception as error:  # noqa: BLE001 (whatever an estimator raises is the fit's reason)
        seconds, retry = time.perf_counter() - began, isinstance(error, MemoryError)
        return Outcome(seconds=seconds, error=_sentence(error), retry=retry)


def _scored(prepared: _PreparedFold, modelling: ModellingParameters, scoring: str) -> Outcome:
    classes, truth = prepared.classes, prepared.truth
    if len(classes) == 1:  # there is nothing to learn
        return Outcome(_score(scoring, truth, classes.repeat(len(truth))))
    began = time.perf_counter()
    strategy = find_strategy(_of_classes(modelling, prepared.labels))
    fit = strategy.fit(ArrayTraining(prepared.train), prepared.labels)
    seconds = time.perf_counter() - began
    predicted = classes[fit.model.scores(prepared.held_out).argmax(axis=1)]
    return Outcome(_score(scoring, truth, predicted), seconds, fit.warnings)


def _of_classes(modelling: ModellingParameters, labels: list[str]) -> ModellingParameters:
    """Return the parameters without chosen pairs of classes that are not trained in a fold."""
    if modelling.pairs is None:
        return modelling
    pairs = [pair for pair in modelling.pairs if {*pair} <= {*labels}]
    if not pairs:
        raise InputError("the other folds have no training images of both classes of a pair")
    return modelling.model_copy(update={"pairs": pairs})


def _prepared(images: FoldedImages, fold: int, parameters: PreparationParameters) -> _PreparedFold:
    for last in _LAST:
        if last.images is images and (last.fold, last.parameters) == (fold, parameters):
            return last
    _LAST.clear()
    _LAST.append(_prepare(images, fold, parameters))
    return _LAST[0]


def _prepare(images: FoldedImages, fold: int, parameters: PreparationParameters) -> _PreparedFold:
    import numpy as np

    out = images.fold == fold
    preparation = fit_arrays(images.features[~out], parameters)
    train, held_out = (preparation.apply(images.features[rows]) for rows in (~out, out))
    # Several fits share them: one that would write into them fails, rather than harm the next.
    train.setflags(write=False)
    held_out.setflags(write=False)
    # A class with fewer images than there are folds may be held out whole.
    classes, target = np.unique(images.target[~out], return_inverse=True)
    arrays = Arrays(train, target, len(classes))
    return _PreparedFold(images, fold, parameters, arrays, classes, held_out, images.target[out])


def _score(scoring: str, truth: "NDArray[np.int64]", predicted: "NDArray[np.int64]") -> float:
    from sklearn import metrics

    scores = {
        "accuracy": metrics.accuracy_score,
        "balanced_accuracy": metrics.balanced_accuracy_score,
        "f1": partial(metrics.f1_score, average="macro", zero_division=0),
    }
    return float(scores[scoring](truth, predicted))


def _sentence(error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]}…"
