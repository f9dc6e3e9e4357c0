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
    images: FoldedImages
    fold: int
    parameters: PreparationParameters
    train: Arrays
    held_out: Array
    truth: "NDArray[np.int64]"


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
        strategy = find_strategy(modelling)
        with one_core():
            prepared = _prepared(images, fold, modelling.preparation)
            began = time.perf_counter()
            fit = strategy.fit(ArrayTraining(prepared.train), images.labels)
            seconds = time.perf_counter() - began
            predicted = fit.model.scores(prepared.held_out).argmax(axis=1)
        return Outcome(_score(scoring, prepared.truth, predicted), seconds, fit.warnings)
    except Exception as error:  # noqa: BLE001 (whatever an estimator raises is the fit's reason)
        seconds, retry = time.perf_counter() - began, isinstance(error, MemoryError)
        return Outcome(seconds=seconds, error=_sentence(error), retry=retry)


def _prepared(images: FoldedImages, fold: int, parameters: PreparationParameters) -> _PreparedFold:
    for last in _LAST:
        if last.images is images and (last.fold, last.parameters) == (fold, parameters):
            return last
    _LAST.clear()
    _LAST.append(_prepare(images, fold, parameters))
    return _LAST[0]


def _prepare(images: FoldedImages, fold: int, parameters: PreparationParameters) -> _PreparedFold:
    out = images.fold == fold
    preparation = fit_arrays(images.features[~out], parameters)
    train, held_out = (preparation.apply(images.features[rows]) for rows in (~out, out))
    # Several fits share them: one that would write into them fails, rather than harm the next.
    train.setflags(write=False)
    held_out.setflags(write=False)
    arrays = Arrays(train, images.target[~out], len(images.labels))
    return _PreparedFold(images, fold, parameters, arrays, held_out, images.target[out])


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
