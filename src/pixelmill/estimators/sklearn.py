"""Any classifier of scikit-learn by its full name: `sklearn.svm.SVC`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pixelmill.errors import InputError
from pixelmill.estimators import BinaryProblem, Fit, Training
from pixelmill.estimators._classifier_names import find_classifier
from pixelmill.estimators._local import LocalFit, fitted, one_line
from pixelmill.parameters.method import nearest

# Values that name no class: scikit-learn sees numbers, which no user knows, in place of labels.
WITHOUT_CLASSES: dict[str, tuple[str | None, ...]] = {
    "class_weight": (None, "balanced", "balanced_subsample"),
    "outlier_label": (None, "most_frequent"),
    "constant": (None,),
}


@dataclass(frozen=True)
class SklearnEstimator:
    """Fits a classifier of scikit-learn in one Spark task over all features.

    Attributes:
        name: Name as the user wrote it.
        classifier: Unfitted classifier with its parameters.

    Source: https://scikit-learn.org/stable/supervised_learning.html
    """

    name: str
    classifier: Any

    def fit(self, training: Training) -> Fit:
        """Learn all classes at once.

        Args:
            training: Prepared features and their classes, in memory.

        Raises:
            InputError: If the features are too large for one worker, or scikit-learn refuses
                them.
        """
        learn = LocalFit(self.name, self.classifier)
        return fitted(self.name, training.fit_each(learn, [None]))[0]

    def fit_binary(self, training: Training, problems: Sequence[BinaryProblem]) -> list[Fit]:
        """Learn to separate two sides, several problems in a task where there are many.

        Args:
            training: Prepared features and their classes, in memory.
            problems: Classes of the two sides, for each problem.

        Raises:
            InputError: If the features are too large for one worker, or scikit-learn refuses
                them.
        """
        learn = LocalFit(self.name, self.classifier)
        return fitted(self.name, training.fit_each(learn, problems))


def estimator(name: str, parameters: Mapping[str, Any]) -> SklearnEstimator:
    """Return the estimator with the user's parameters.

    Args:
        name: `sklearn.<module>.<Class>`.
        parameters: Parameters by scikit-learn's names.

    Raises:
        InputError: For what is no classifier of scikit-learn, an unknown parameter or an
            impossible value.
    """
    kind = find_classifier(name)
    chosen = _checked(name, kind().get_params(deep=False), parameters)
    classifier = kind(**chosen)
    try:
        classifier._validate_params()
    except ValueError as error:
        raise InputError(f"modelling.parameters of {name}: {one_line(error)}") from error
    return SklearnEstimator(name, classifier)


def _checked(
    name: str, defaults: Mapping[str, Any], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the user's parameters as scikit-learn wants them, with a seed where there is one to
    set.
    """
    for parameter in parameters:
        if parameter not in defaults:
            hint = nearest(str(parameter), defaults)
            raise InputError(
                f"modelling.parameters of {name}: there is no parameter '{parameter}'; {hint}"
            )
    for parameter, values in WITHOUT_CLASSES.items():
        if parameters.get(parameter) not in values:
            allowed = " or ".join("null" if value is None else value for value in values)
            raise InputError(
                f"modelling.parameters of {name}: {parameter} would number the classes and not "
                f"name them: set {allowed}, or leave it out"
            )
    if parameters.get("n_jobs") not in (None, 1):
        raise InputError(
            f"modelling.parameters of {name}: n_jobs stays 1, because a fit is one task on one "
            "core: leave it out"
        )
    if parameters.get("decision_function_shape") == "ovo":
        raise InputError(
            f"modelling.parameters of {name}: decision_function_shape stays ovr, because a score "
            "belongs to a class: leave it out"
        )
    seed = {"random_state": 0} if "random_state" in defaults else {}
    given = {key: _typed(value, defaults[key]) for key, value in parameters.items()}
    return seed | given


def _typed(value: Any, default: Any) -> Any:
    """Return a list as a tuple where the default is one, since YAML has no tuples."""
    return tuple(value) if isinstance(default, tuple) and isinstance(value, list) else value
