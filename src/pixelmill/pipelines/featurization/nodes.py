"""Nodes of the joined features: those of other featurizers that `modelling.features` names."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from pixelmill.datasets.feature_folders import StoredFeatures
from pixelmill.datasets.feature_sets import FeatureSet
from pixelmill.datasets.feature_table import FeatureUpdate
from pixelmill.featurization.missing import compare_parts
from pixelmill.featurization.parts import Part, find_parts
from pixelmill.featurization.run import featurize_parts
from pixelmill.featurizers import Description
from pixelmill.featurizers.contracts import name_of
from pixelmill.pages.formatting import quantity
from pixelmill.parameters import FeaturizationParameters
from pixelmill.records import Profile, Source
from pixelmill.spark.types import ArrowTable, DataFrame
from pixelmill.tables import SCHEMAS, arrow_schema

logger = logging.getLogger(__name__)


def compare_joined(
    image_index: DataFrame,
    stored_features: StoredFeatures,
    feature_sets: list[FeatureSet],
    featurizer: Description,
    features: list[str] | None,
    featurization: FeaturizationParameters,
) -> tuple[list[Part], DataFrame | ArrowTable, DataFrame | ArrowTable]:
    """Find the images that the joined features lack.

    Args:
        image_index: Columns `path`, `size`, `modified`.
        stored_features: Features of earlier runs.
        feature_sets: Names what there is.
        featurizer: Description of the current featurizer, whose own nodes do its work.
        features: Names of the featurizers; None for the current one alone.
        featurization: Limits, and how the work is divided.

    Returns:
        The other featurizers; images to do (`path`, `size`, `modified`) and rows to take out
        (`path`), each with the fingerprint of the `featurizer`.

    Raises:
        InputError: For a name that no featurizer has, or that several sets of features have.
    """
    parts = find_parts(features or [], featurizer, feature_sets, featurization)
    if not parts:
        names = "missing_by_featurizer", "stale_by_featurizer"
        missing, stale = (arrow_schema(SCHEMAS[name]).empty_table() for name in names)
        return [], missing, stale
    return parts, *compare_parts(parts, image_index, stored_features)


def complete_joined(
    parts: list[Part],
    missing_images: DataFrame,
    stale_features: DataFrame,
    source: Source,
) -> Iterator[tuple[FeatureUpdate, Profile]]:
    """Compute the joined features that are missing, one featurizer after another.

    Args:
        parts: The featurizers.
        missing_images: Images to do, columns `path`, `size`, `modified`, `featurizer`.
        stale_features: Rows to take out, columns `path`, `featurizer`.
        source: Image source, with `root` and `count`.

    Yields:
        A step for the features, and the profile of the featurizer so far.
    """
    if not parts:
        yield FeatureUpdate("none"), {"images": 0}  # Kedro wants one step; this one does nothing
        return
    for update, profile in featurize_parts(parts, missing_images, stale_features, source):
        yield update, profile
        if update.complete:
            computed, before = profile["images"], profile["already_done"]
            name = name_of(update.complete)
            logger.info(
                "%s: %s computed, %d by earlier runs.", name, quantity(computed, "image"), before
            )
