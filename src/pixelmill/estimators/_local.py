"""One scikit-learn fit inside a Spark task, with errors as one-line messages."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixelmill.errors import InputError
from pixelmill.estimators import Arrays, BinaryProblem, Fit
from pixelmill.models import Array
from pixelmill.models.sklearn import SklearnModel

FAR = 1000  # times the range of a feature
# What scikit-learn and NumPy raise for data and parameters that do not fit together.
REFUSALS = (
    ValueError,
    TypeError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
)


@dataclass(frozen=True)
class Refusal:
    """Why a fit failed; a value, because an exception would arrive as Spark's stack trace.

    Attributes:
        reason: scikit-learn's own, in one line.
    """

    reason: str


@dataclass(frozen=True)
class LocalFit:
    """Fits a classifier in the process that calls it.

    Attributes:
        name: Estimator name, for messages.
        classifier: Unfitted scikit-learn classifier; every call fits a copy.
    """

    name: str
    classifier: Any

    def __call__(self, data: Arrays, problem: BinaryProblem | None) -> Fit | Refusal:
        """Fit all classes, or the two sides of a problem.

        Args:
            data: All training images.
            problem: None for all classes.
        """
        try:
            return self._fit(data if problem is None else problem.of(data))
        except REFUSALS as error:
            return Refusal(one_line(error))

    def _fit(self, data: Arrays) -> Fit:
        from sklearn.base import clone

        classifier = clone(self.classifier)
        weights, sentences = self._weigh(classifier, data)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            classifier.fit(data.features, data.target, **weights)
        sentences += self._sentences(caught)
        model = SklearnModel(classifier, data.classes)
        _try(model, data.features)
        return Fit(model, used(classifier), sentences)

    def _weigh(self, classifier: Any, data: Arrays) -> tuple[dict[str, Any], list[str]]:
        """Return the arguments of `fit` with the weights, or a warning if it takes none."""
        from sklearn.utils.validation import has_fit_parameter

        if data.weights is None:
            return {}, []
        if has_fit_parameter(classifier, "sample_weight"):
            return {"sample_weight": data.weights}, []
        if "class_weight" in classifier.get_params(deep=False):
            classes, first = np.unique(data.target, return_index=True)
            weights = zip(classes.tolist(), data.weights[first].tolist(), strict=True)
            classifier.set_params(class_weight=dict(weights))
            return {}, []
        warning = (
            f"{self.name} takes no weights: both sides count by their number of images, whatever "
            "modelling.balance says."
        )
        return {}, [warning]

    def _sentences(self, caught: Sequence[warnings.WarningMessage]) -> list[str]:
        """Return what a user should know of scikit-learn's warnings, each once."""
        from sklearn.exceptions import ConvergenceWarning

        sentences = []
        for warning in caught:
            if issubclass(warning.category, ConvergenceWarning):
                sentences.append(self._not_converged())
            elif warning.category is UserWarning:
                sentences.append(f"{self.name}: {one_line(warning.message)}")
        return list(dict.fromkeys(sentences))

    def _not_converged(self) -> str:
        limits = {
            name: value
            for name, value in self.classifier.get_params(deep=False).items()
            if name.startswith("max_iter")
        }
        for name, value in limits.items():
            return (
                f"{self.name} did not converge in {value} iterations: raise {name} in "
                "modelling.parameters."
            )
        return f"{self.name} did not converge: change modelling.parameters, or scale the features."


def _try(model: SklearnModel, features: Array) -> None:
    """Refuse a classifier that learns and then cannot answer.

    Args:
        model: The fitted classifier.
        features: float64 [n, d], of the training images: it is tried on one of them, and on one
            that is far from all.

    Raises:
        ValueError: It has no scores; those of scikit-learn's own for too few or no neighbours.
    """
    low, high = features.min(axis=0), features.max(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = model.scores(np.stack([features[0], high + FAR * (high - low + 1)]))
    if np.isnan(scores).any():
        raise ValueError("images unlike all of these would have no score")


def fitted(name: str, results: Sequence[Fit | Refusal]) -> list[Fit]:
    """Return the fits that came back from tasks.

    Args:
        name: Estimator name.
        results: Fits in the order of the tasks.

    Raises:
        InputError: If one failed, with its reason.
    """
    fits = []
    for result in results:
        if isinstance(result, Refusal):
            raise InputError(
                f"modelling.estimator: {name} cannot learn from these features with these "
                f"parameters: {result.reason}"
            )
        fits.append(result)
    return fits


def one_line(problem: object) -> str:
    """Return the first line of an error or warning, or its name where it says nothing."""
    lines = str(problem).strip().splitlines()
    return lines[0] if lines else type(problem).__name__


def used(classifier: Any) -> dict[str, Any]:
    """Return the parameters of a classifier, without those that scikit-learn marks as gone."""
    parameters = classifier.get_params(deep=False)
    return {name: value for name, value in parameters.items() if value != "deprecated"}
