"""Classifiers of scikit-learn, with one score for each class whatever their method.

How it is written, and what of it is read without trust, is in `_sklearn_files`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.models import ARRAYS, Array, Files, read_arrays, write_arrays
from pixelmill.models._sklearn_files import read_classifier, write_classifier

# Trees take float32 and refuse what is beyond it, as an image may be that is far from all of the
# training in a feature that hardly varied there.
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class SklearnModel:
    """A fitted classifier and the classes that there are.

    Attributes:
        classifier: Classifier of scikit-learn; its `classes_` are some of 0 … classes - 1, as a
            fold may lack a class.
        classes: Number of classes.
    """

    classifier: Any
    classes: int

    kind = "sklearn"

    @property
    def probabilities(self) -> bool:
        """Whether scores are probabilities."""
        return hasattr(self.classifier, "predict_proba")

    @property
    def importances(self) -> Array | None:
        """How much of the impurity each feature's splits took away, float64 [d]; None but for
        trees.
        """
        return getattr(self.classifier, "feature_importances_", None)

    def scores(self, features: Array) -> Array:
        """Return scores of images.

        Args:
            features: float64 [n, d].

        Returns:
            float64 [n, classes]: probabilities where the classifier has them, else margins, else
            1 for the prediction and 0 for the others. The highest of a row is what `predict`
            says, also where scikit-learn's own scores disagree with it, as those of SVC may.
        """
        if not len(features):  # which scikit-learn refuses
            return np.empty((0, self.classes))
        features = np.clip(features, -LARGEST, LARGEST)
        known = np.asarray(self.classifier.classes_, dtype=np.int64)
        predicted = np.searchsorted(known, self.classifier.predict(features))
        scores = _agreeing(self._known_scores(features, predicted), predicted)
        if len(known) == self.classes:
            return scores
        return _with_unknown(scores, known, self.classes, 0.0 if self.probabilities else None)

    def log_probabilities(self, features: Array) -> Array | None:
        """Return the logarithms of the probabilities, each row but for a constant.

        Args:
            features: float64 [n, d].

        Returns:
            float64 [n, known]; None where the classifier does not compute them, as naive Bayes
            does.
        """
        if not hasattr(self.classifier, "predict_joint_log_proba") or not len(features):
            return None
        found = self.classifier.predict_joint_log_proba(np.clip(features, -LARGEST, LARGEST))
        return np.asarray(found, dtype=np.float64)

    def _known_scores(self, features: Array, predicted: NDArray[np.int64]) -> Array:
        """Return scores of the classes that training had: float64 [n, known]."""
        if self.probabilities:
            return np.array(self.classifier.predict_proba(features), dtype=np.float64)
        if hasattr(self.classifier, "decision_function"):
            return _both_sides(self.classifier.decision_function(features))
        return np.eye(len(self.classifier.classes_))[predicted]

    def to_files(self) -> Files:
        """Return the content of the model's files by name."""
        return {**write_classifier(self.classifier), ARRAYS: write_arrays(classes=self.classes)}


def _both_sides(margins: Any) -> Array:
    """Return both margins of two classes, where scikit-learn gives that of the second."""
    margins = np.array(margins, dtype=np.float64)
    return np.column_stack([-margins, margins]) if margins.ndim == 1 else margins


def _agreeing(scores: Array, predicted: NDArray[np.int64]) -> Array:
    """Swap the highest score and the predicted class's, where they differ.

    Of equal ones the predicted class's gets the next number, since the first would be taken for
    the highest: all are equal where a nearest centroid divides by a deviation of zero.
    """
    highest, images = scores.argmax(axis=1), np.arange(len(scores))
    top = scores[images, highest]
    scores[images, highest] = scores[images, predicted]
    scores[images, predicted] = top
    tied = scores.argmax(axis=1) != predicted
    scores[tied, predicted[tied]] = np.nextafter(top[tied], np.inf)
    return scores


def _with_unknown(
    scores: Array, known: NDArray[np.int64], classes: int, unknown: float | None
) -> Array:
    """Put the known classes' columns in place among all.

    Args:
        scores: float64 [n, known].
        known: int64 [known].
        classes: Number of all.
        unknown: Score of the others; None is one less than the lowest of the row.
    """
    lowest = scores.min(axis=1, keepdims=True) - 1 if unknown is None else unknown
    placed: Array = np.broadcast_to(lowest, (len(scores), classes)).copy()
    placed[:, known] = scores
    return placed


def from_files(files: Mapping[str, bytes], trusted: bool = False) -> SklearnModel:
    """Return the model of which these are the files.

    Raises:
        UntrustedError: The files can run code, and their author is not trusted.
    """
    classes = int(read_arrays(files[ARRAYS])["classes"])
    return SklearnModel(read_classifier(files, trusted), classes)
