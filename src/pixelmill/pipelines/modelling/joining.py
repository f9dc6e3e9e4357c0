"""The features that a classifier is trained on, found and joined."""

import logging
from collections.abc import Sequence
from functools import reduce

from pixelmill.datasets.feature_sets import FeatureSet
from pixelmill.datasets.small_tables import small_rows
from pixelmill.errors import InputError
from pixelmill.featurization.parts import is_made_here, several
from pixelmill.featurizers import Description, fingerprint
from pixelmill.records import JoinedFeaturizer
from pixelmill.spark.tables import append_rows, largest_by_path
from pixelmill.spark.types import DataFrame, Table

logger = logging.getLogger(__name__)


def find_sets(
    names: Sequence[str] | None, current: Description, stored: Sequence[FeatureSet]
) -> list[FeatureSet]:
    """Return the sets of features by the names of their featurizers.

    Args:
        names: Names of featurizers, or fingerprints; None is the current featurizer.
        current: Description of the current featurizer, which wins where several have a name;
            then those win that this version of the code makes.
        stored: What there is.

    Raises:
        InputError: If one is not there, or several have the name.
    """
    wanted = names or [current["fingerprint"]]
    return [_find(name, current["fingerprint"], stored) for name in wanted]


def _find(name: str, current: str, stored: Sequence[FeatureSet]) -> FeatureSet:
    complete = [one for one in stored if one.complete]
    found = [one for one in complete if name in (one.name, one.fingerprint)]
    if len(found) > 1:
        found = [one for one in found if one.fingerprint == current] or _made_here(found)
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(several(name, [one.fingerprint for one in found]))
    known = ", ".join(sorted({one.name for one in complete})) or "none"
    raise InputError(
        f"modelling.features: this data set has no features of '{name}' (there are: {known}): "
        "run `kedro run --pipelines featurization` with the same parameters first, which computes "
        "all that are named"
    )


def _made_here(found: list[FeatureSet]) -> list[FeatureSet]:
    return [one for one in found if is_made_here(one.description)] or found


def joined_description(sets: Sequence[FeatureSet]) -> JoinedFeaturizer:
    """Return the description of joined features."""
    parts = [one.description for one in sets]
    marks = [one.fingerprint for one in sets]
    mark = marks[0] if len(marks) == 1 else fingerprint({"parts": marks})
    return {"fingerprint": mark, "parts": parts}


def joined_features(sets: Sequence[FeatureSet]) -> Table:
    """Return the features of the images that have them in every set, and warn about the others.

    Returns:
        `path` and `features` (array of float32), those of the sets one after another.
    """
    from pixelmill.spark import functions as sf

    tables = [one.load() for one in sets]
    columns = ["path", "features", "error"]
    few = small_rows(tables[0], columns) if len(sets) == 1 else None
    if few is not None:
        return few.filter(few["error"].is_null()).select(columns[:2])
    for one, table in zip(sets[1:], tables[1:], strict=True):
        _warn_of_lost(tables[0], table, sets[0].name, one.name)
    first, *others = (table.where("error is null").select("path", "features") for table in tables)
    for other in others:
        more = other.withColumnRenamed("features", "more")
        both = sf.concat("features", "more").alias("features")
        first = first.join(more, "path").select("path", both)
    return first


def joined_errors(feature_sets: list[FeatureSet], joined_featurizer: JoinedFeaturizer) -> Table:
    """Find the images that lack features of the classifier.

    Args:
        feature_sets: The complete features of all featurizers.
        joined_featurizer: What made the classifier's features.

    Returns:
        `path` and `error`, in memory where they are few: the reason, of several the last by
        alphabet, or null.

    Raises:
        InputError: If features of the classifier are no longer there.
    """
    marks = [part["fingerprint"] for part in joined_featurizer["parts"]]
    tables = [_errors(one) for one in find_sets(marks, {"fingerprint": ""}, feature_sets)]
    if len(tables) == 1:
        return tables[0]
    return largest_by_path(reduce(append_rows, tables), ["error"]).select(["path", "error"])


def _errors(one: FeatureSet) -> Table:
    table, columns = one.load(), ["path", "error"]
    few = small_rows(table, columns)
    return table.select(columns) if few is None else few


def _warn_of_lost(first: DataFrame, other: DataFrame, name: str, other_name: str) -> None:
    """Say how many images have features in the first table and an error in the other."""
    from pixelmill.spark import functions as sf

    failed = other.where("error is not null").select("path", "error")
    lost = first.where("error is null").select("path").join(failed, "path")
    found = lost.agg(sf.count("*").alias("images"), sf.min("error").alias("error")).first()
    if found is not None and found["images"]:
        logger.warning(
            "Images with features of %s but not of %s: %d (%s). No classifier is trained or tested "
            "on them.", name, other_name, found["images"], found["error"],
        )  # fmt: skip
