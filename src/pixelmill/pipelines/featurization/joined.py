"""The features that a classifier is to see joined: found by name, and brought up to the index."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from pixelmill.datasets.feature_folders import StoredFeatures
from pixelmill.datasets.feature_sets import FeatureSet
from pixelmill.datasets.feature_table import FeatureUpdate
from pixelmill.errors import InputError
from pixelmill.featurizers import Description, find_featurizer
from pixelmill.featurizers.contracts import name_of
from pixelmill.parameters import FeaturizationParameters
from pixelmill.pipelines.featurization.nodes import described
from pixelmill.pipelines.featurization.parts import HOW, Part, compare_parts, featurize_parts
from pixelmill.profiling.profile import Profile
from pixelmill.spark.types import ArrowTable, DataFrame

logger = logging.getLogger(__name__)


FINGERPRINT = re.compile("[0-9a-f]{16}")


def check_names(names: Sequence[str]) -> None:
    """Refuses names that no featurizer has, before any work.

    Args:
        names: Names of featurizers, or fingerprints, which only the stored features can tell.

    Raises:
        InputError: For a name that is neither.
    """
    for name in names:
        if FINGERPRINT.fullmatch(name):
            continue
        try:
            find_featurizer(FeaturizationParameters(featurizer=name))
        except InputError as problem:
            raise InputError(f"modelling.features: {problem}") from problem


def compare_joined(
    image_index: DataFrame,
    stored_features: StoredFeatures,
    feature_sets: list[FeatureSet],
    featurizer: Description,
    features: list[str] | None,
    featurization: FeaturizationParameters,
) -> tuple[list[Part], DataFrame | ArrowTable, DataFrame | ArrowTable]:
    """Finds what the features that are joined to those of the current featurizer lack.

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
        return (
            [],
            _nothing("path", "size", "modified", "featurizer"),
            _nothing("path", "featurizer"),
        )
    return parts, *compare_parts(parts, image_index, stored_features)


def complete_joined(
    parts: list[Part],
    missing_images: DataFrame,
    stale_features: DataFrame,
    source: dict[str, Any],
) -> Iterator[tuple[FeatureUpdate, Profile]]:
    """Computes what they lack, one featurizer after another.

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
            logger.info("%s: %d images computed, %d were there.", name, computed, before)


def find_parts(
    names: Sequence[str],
    current: Description,
    stored: Sequence[FeatureSet],
    featurization: FeaturizationParameters,
) -> list[Part]:
    """The featurizers of these names, but for the current one.

    A featurizer of which there are features is opened with the parameters that made them, one of
    which there are none with its default layer, pooling and weights.

    Args:
        names: Names of featurizers, or fingerprints of stored features.
        current: Description of the current featurizer.
        stored: What there is, complete or not.
        featurization: Limits, and how the work is divided.

    Raises:
        InputError: For a name that no featurizer has, or that several sets of features have.
    """
    others = [name for name in names if name not in (name_of(current), current["fingerprint"])]
    return [_find(name, stored, featurization) for name in dict.fromkeys(others)]


def is_made_here(description: Description) -> bool:
    """Whether this version of the code makes the same features again, as far as anybody can tell.

    Args:
        description: Description of stored features; early versions do not name the featurizer.
    """
    if "parameters" not in description:
        return True
    try:
        again = _part(description["parameters"], FeaturizationParameters())
    except InputError:
        return False
    return again.fingerprint == str(description["fingerprint"])


def _find(name: str, stored: Sequence[FeatureSet], featurization: FeaturizationParameters) -> Part:
    found = {}
    for one in stored:
        made_by = one.description.get("parameters")
        if name in (one.name, one.fingerprint) and made_by is not None:
            part = _part(made_by, featurization)
            found[part.fingerprint] = part
    if len(found) > 1:
        raise InputError(several(name, list(found)))
    if not found:
        how = featurization.model_dump(include=HOW | {"engine", "precision"})
        return _part({"featurizer": name} | how, featurization)
    (part,) = found.values()
    if name not in (name_of(part.description), part.fingerprint):
        raise InputError(
            f"modelling.features: the features {name} were made by an earlier version of "
            f"{name_of(part.description)}, which this one cannot go on with: name the featurizer "
            "instead, and its features are computed anew"
        )
    return part


def several(name: str, fingerprints: Sequence[str]) -> str:
    """The sentence about a name that does not say which features are meant."""
    marks = " or ".join(fingerprints)
    return f"modelling.features: there are several '{name}': name one of {marks}"


def _part(made_by: dict[str, Any], featurization: FeaturizationParameters) -> Part:
    """The featurizer of some parameters, with the limits of this run."""
    how = featurization.model_dump(include=HOW)
    try:
        parameters = FeaturizationParameters.model_validate(made_by | how)
        return Part(described(find_featurizer(parameters), parameters), parameters)
    except ValidationError as problem:
        raise InputError(
            "modelling.features: the stored features of "
            f"{made_by.get('featurizer')} were made by another version of pixelmill "
            f"({problem.errors()[0]['msg']}): remove their folder to have them computed anew"
        ) from problem
    except InputError as problem:
        raise InputError(f"modelling.features: {problem}") from problem


def _nothing(*columns: str) -> ArrowTable:
    import pyarrow as pa

    types = {"size": pa.int64(), "modified": pa.timestamp("us", tz="UTC")}
    return pa.schema({column: types.get(column, pa.string()) for column in columns}).empty_table()
