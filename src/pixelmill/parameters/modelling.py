"""Parameters of the classifier."""

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pixelmill.parameters._base import Count, Parameters, Seed


class PreparationParameters(Parameters):
    """What is done to features before a classifier sees them; fitted on the training split only.

    Attributes:
        scale: Whether each feature gets mean 0 and variance 1.
        normalize: Whether each image's vector gets length 1 (after scaling).
        pca: Principal components to keep: a number of them, of which those without variance are
            left out, or a share of the variance; null keeps the features as they are.
    """

    scale: bool = True
    normalize: bool = False
    pca: int | float | None = None

    @model_validator(mode="after")
    def _pca_is_a_number_or_a_share(self) -> "PreparationParameters":
        wanted = self.pca
        number = isinstance(wanted, int) and wanted >= 1
        share = isinstance(wanted, float) and 0 < wanted < 1
        if not (wanted is None or number or share):
            raise ValueError(
                f"pca: {wanted} is neither a number of components (1, 2, …) nor a share of the "
                "variance between 0 and 1"
            )
        return self


class GridPoint(Parameters):
    """Some grid candidates: one estimator with every combination of its parameters.

    Attributes:
        estimator: Estimator name.
        parameters: Value, or list of values to try, of each parameter.
    """

    estimator: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class GridParameters(Parameters):
    """A search for the best estimator.

    Attributes:
        folds: Number of folds of the stratified cross-validation over the training images. Known
            near-duplicates (the pipeline `duplicates`) are held out together.
        scoring: Metric to compare; f1 is the mean over the classes.
        seed: Seed of the division into folds.
        points: Grid candidates.
    """

    folds: Annotated[int, Field(ge=2)] = 5
    scoring: Literal["accuracy", "f1", "balanced_accuracy"] = "accuracy"
    seed: Seed = 0
    points: list[GridPoint]

    @model_validator(mode="after")
    def _has_points(self) -> "GridParameters":
        if not self.points:
            raise ValueError("points: the grid has none; name at least one estimator, or set null")
        return self


class ModellingParameters(Parameters):
    """The classifier.

    Attributes:
        features: Names (or fingerprints) of the featurizers whose features are joined; null takes
            those of `featurization.featurizer`.
        preparation: Preparation of the features.
        strategy: A module of `pixelmill.strategies`: how classes are divided among estimators.
        pairs: Pairs of classes to separate (strategy: one_vs_one); null is every pair.
        balance: Whether classes weigh the same whatever their sizes (strategy: one_vs_rest).
        estimator: A module of `pixelmill.estimators`, or `sklearn.<module>.<Class>`.
        parameters: Estimator parameters, by its library's own names.
        grid: Estimators and parameters to choose from by cross-validation, in the place of
            `estimator` and `parameters`; null takes those.
        broadcast_limit: Bytes of training features up to which one process may learn from them.
            Logistic regression of more is Spark's.
    """

    features: list[str] | None = None
    preparation: PreparationParameters = Field(default_factory=PreparationParameters)
    strategy: str = "multinomial"
    pairs: list[tuple[str, str]] | None = None
    balance: bool = True
    estimator: str = "logistic_regression"
    parameters: dict[str, Any] = Field(default_factory=dict)
    grid: GridParameters | None = None
    broadcast_limit: Count = 2_000_000_000

    @model_validator(mode="after")
    def _lists_say_something(self) -> "ModellingParameters":
        if self.pairs == []:
            raise ValueError("pairs: there are none; name at least one, or set null for all")
        if self.features == []:
            raise ValueError(
                "features: there are none; name a featurizer, or set null for that of featurization"
            )
        for name, times in Counter(self.features or ()).items():
            if times > 1:
                raise ValueError(f"features: {name} is there {times} times; name it once")
        return self
