"""MLlib's own SVMWithSGD, to compare `svm_sgd` with: the same weights, a Spark job an iteration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixelmill.estimators import BinaryProblem, Fit, Training
from pixelmill.estimators._parameters import read_parameters
from pixelmill.estimators.svm_sgd import SvmSgdParameters, require_two_classes
from pixelmill.models.linear import binary_margins

if TYPE_CHECKING:
    from pyspark import RDD
    from pyspark.mllib.regression import LabeledPoint
    from pyspark.sql import DataFrame

UNBALANCED = (
    "SVMWithSGD of MLlib knows no weights of images, so that the classes weigh as they are: "
    "take svm_sgd for modelling.balance."
)


@dataclass(frozen=True)
class SvmSgdMllib:
    """Fits one weight for each feature, one problem after another over the whole cluster.

    Source: https://spark.apache.org/docs/latest/mllib-linear-methods.html#linear-support-vector-machines-svms
    """

    parameters: SvmSgdParameters

    def fit(self, training: Training) -> Fit:
        """Learn to separate two classes.

        Args:
            training: Prepared features and their classes, as a table.

        Raises:
            InputError: If there are more than two classes.
        """
        require_two_classes("svm_sgd_mllib", training)
        return self._learn(training.table(), BinaryProblem(1, 0))

    def fit_binary(self, training: Training, problems: Sequence[BinaryProblem]) -> list[Fit]:
        """Learn to separate two sides, once for each problem.

        Args:
            training: Prepared features and their classes, as a table.
            problems: Classes of the two sides, for each problem.

        Returns:
            Linear models without a link, with a warning where balance was asked for.
        """
        return [self._learn(training.table(), problem) for problem in problems]

    def _learn(self, table: "DataFrame", problem: BinaryProblem) -> Fit:
        from pyspark.mllib.classification import SVMWithSGD

        used = self.parameters.model_dump(by_alias=True)
        model = SVMWithSGD.train(labelled_points(table, problem), **used)
        warnings = [UNBALANCED] if problem.balanced else []
        return Fit(binary_margins(model.weights.toArray(), model.intercept), used, warnings)


def labelled_points(table: "DataFrame", problem: BinaryProblem) -> "RDD[LabeledPoint]":
    """Return the images of a problem as MLlib takes them, with label 1 for the positive side.

    Args:
        table: Columns `features` (vector) and `target` (double).
        problem: Classes of the two sides.
    """
    from pyspark.mllib.regression import LabeledPoint

    positive, negative = problem.positive, problem.negative
    if negative is not None:
        table = table.filter(table.target.isin([positive, negative]))
    return table.rdd.map(
        lambda row: LabeledPoint(float(row.target == positive), row.features.toArray())
    )


def estimator(name: str, parameters: Mapping[str, Any]) -> SvmSgdMllib:
    """Return the estimator with the user's parameters.

    Args:
        name: Name as the user wrote it.
        parameters: Parameters by MLlib's names.

    Raises:
        InputError: For an unknown name or an impossible value.
    """
    return SvmSgdMllib(read_parameters(SvmSgdParameters, name, parameters))
