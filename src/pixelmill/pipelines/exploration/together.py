"""The nodes that make features, signatures and checks from one decoding of each image."""

from collections.abc import Iterator

from pixelmill.datasets.feature_folders import StoredFeatures
from pixelmill.datasets.feature_table import FeatureUpdate
from pixelmill.featurization.joint_run import NOTHING, complete_together, mark_wanted
from pixelmill.featurization.missing import compare_with_index, find_missing
from pixelmill.featurization.parts import Part, checks_part, signature_part
from pixelmill.featurizers import Description
from pixelmill.parameters import DuplicatesParameters, FeaturizationParameters
from pixelmill.records import Profile, Source
from pixelmill.spark.types import DataFrame

Steps = tuple[FeatureUpdate, Profile, FeatureUpdate, Profile, FeatureUpdate, Profile]


def compare_together(
    featurizer: Description,
    image_index: DataFrame,
    stored_features: DataFrame,
    stored_signatures: StoredFeatures,
    stored_checks: StoredFeatures,
    featurization: FeaturizationParameters,
    duplicates: DuplicatesParameters,
) -> tuple[DataFrame, DataFrame]:
    """Find the images that lack features, a signature or checks, and rows without an image.

    Args:
        featurizer: Description of the current featurizer.
        image_index: Columns `path`, `size`, `modified`.
        stored_features: Features of earlier runs.
        stored_signatures: The same.
        stored_checks: The same.
        featurization: The limits.
        duplicates: Whether near-duplicates are looked for.

    Returns:
        Images to do (`path`, `size`, `modified`) and rows to take out (`path`), with `wanted`:
        bit 0 means features, 1 for signatures, 2 for checks.
    """
    signature, checks = signature_part(featurization), checks_part(featurization)
    signed = stored_signatures.of(signature.fingerprint) if duplicates.enabled else None
    both = [
        compare_with_index(featurizer, image_index, stored_features),
        (None, None) if signed is None else find_missing(image_index, signed, featurization),
        find_missing(image_index, stored_checks.of(checks.fingerprint), featurization),
    ]
    missing, stale = zip(*both, strict=True)
    return mark_wanted(missing, "size", "modified"), mark_wanted(stale)


def featurize_together(
    incomplete_images: DataFrame,
    outdated_rows: DataFrame,
    source: Source,
    featurizer: Description,
    featurization: FeaturizationParameters,
    duplicates: DuplicatesParameters,
    previous_profile: Profile | None = None,
) -> Iterator[Steps]:
    """Read and decode each image once for all that it lacks; Kedro saves chunk by chunk.

    Args:
        incomplete_images: Images to do, columns `path`, `size`, `modified`, `wanted`.
        outdated_rows: Rows to take out, columns `path`, `wanted`.
        source: Image source, with `root` and `count`.
        featurizer: Description of the current featurizer.
        featurization: The network, and how the work is divided.
        duplicates: Whether near-duplicates are looked for.
        previous_profile: Profile of the run before; empty or None for none.

    Yields:
        A step for the features, for the signatures and for the checks, each with its profile.
    """
    parts = [
        Part(featurizer, featurization),
        signature_part(featurization),
        checks_part(featurization),
    ]
    for features, signatures, checks in complete_together(
        parts, incomplete_images, outdated_rows, source, previous_profile or {}
    ):
        signed = signatures if duplicates.enabled else (NOTHING, {"images": 0})
        yield *features, *signed, *checks
