"""The state of images and thresholds that findings were made from."""

import hashlib
from typing import Any

from pixelmill.featurizers import Description
from pixelmill.parameters import DuplicatesParameters, ExplorationParameters
from pixelmill.spark.types import DataFrame

SHOWN = {"shown", "samples", "classes", "imbalance"}
"""Parameters of the page, on which no finding depends."""

STATE = "made_from"
"""Key of the table's attributes."""


def name_findings_state(
    image_index: DataFrame,
    featurizer: Description,
    exploration: ExplorationParameters,
    duplicates: DuplicatesParameters,
) -> str:
    """Return a digest of all that findings depend on: images, labels, features, thresholds.

    Args:
        image_index: Columns `path`, `label`, `size`, `modified`.
        featurizer: Description of the current featurizer, with its `fingerprint`.
        exploration: The thresholds.
        duplicates: Parameters, with the minimum similarity of copies.

    Returns:
        A name; another one where any of them changed.
    """
    from pixelmill.spark import functions as sf

    digest = sf.pmod(sf.xxhash64("path", "label", "size", "modified"), sf.lit(2**31))
    row = image_index.agg(sf.count("*"), sf.coalesce(sf.sum(digest), sf.lit(0))).collect()[0]
    values: list[Any] = [
        featurizer["fingerprint"],
        exploration.model_dump_json(exclude=SHOWN),
        duplicates.model_dump_json(exclude={"shown"}),
    ]
    parameters = hashlib.sha256("\n".join(values).encode()).hexdigest()[:16]
    return f"{row[0]} images, {row[1]:x}, {parameters}"
