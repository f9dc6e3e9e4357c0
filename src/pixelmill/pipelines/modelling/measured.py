"""The record of which classifier all results of the modelling are of.

A run that is interrupted leaves the results of its first nodes beside the classifier before it:
features, their statistics and the grid's candidates are written before the classifier.
"""

from typing import TYPE_CHECKING, Any

from pixelmill.datasets.splits_table import Splits
from pixelmill.errors import InputError
from pixelmill.records import (
    ClassifierSummary,
    FeatureExploration,
    JoinedFeaturizer,
    MeasuredClassifier,
)
from pixelmill.storage.sealed_json import digest_of

if TYPE_CHECKING:
    from pandas import DataFrame as PandasFrame
else:
    PandasFrame = Any  # Kedro reads the signatures at run time


def name_measured_classifier(
    classifier_summary: ClassifierSummary,
    joined_featurizer: JoinedFeaturizer,
    exploration: FeatureExploration,
    grid: PandasFrame,
    stored_splits: Splits | None,
    *_: object,
) -> MeasuredClassifier:
    """Record which classifier all results of this pipeline are of, after the last of them.

    Args:
        classifier_summary: Summary with the classifier's `identity`.
        joined_featurizer: What made the features.
        exploration: Contents of `feature_statistics.json`.
        grid: Grid candidates.
        stored_splits: The splits that it was trained and measured on.
        _: Other results, which must be there before.
    """
    return {
        "identity": classifier_summary["identity"],
        "results": _digest(joined_featurizer, exploration, grid),
        "splitting": stored_splits.splitting if stored_splits is not None else {},
    }


def check_measured(
    measured: MeasuredClassifier,
    classifier_summary: ClassifierSummary,
    joined_featurizer: JoinedFeaturizer,
    exploration: FeatureExploration,
    grid: PandasFrame,
) -> None:
    """Refuse results of the modelling that are not all of one classifier.

    Args:
        measured: What `name_measured_classifier` recorded; one of an early version names no
            results.
        classifier_summary: Summary of the current classifier.
        joined_featurizer: As it is stored now.
        exploration: As it is stored now.
        grid: As it is stored now.

    Raises:
        InputError: If only a part of the modelling ran since.
    """
    results = _digest(joined_featurizer, exploration, grid)
    known = measured.get("identity"), measured.get("results", results)
    if known != (classifier_summary.get("identity"), results):
        raise InputError(
            "the results of the modelling are not all of one classifier, because only a part of it "
            "ran: run `kedro run --pipelines modelling,reporting,export` with the same parameters"
        )


def _digest(
    joined_featurizer: JoinedFeaturizer, exploration: FeatureExploration, grid: PandasFrame
) -> str:
    return digest_of(
        {
            "featurizer": joined_featurizer,
            "exploration": exploration,
            "grid": grid.to_json(orient="split", index=False, default_handler=str),
        }
    )
