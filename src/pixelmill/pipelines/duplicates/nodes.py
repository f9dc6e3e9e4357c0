"""Nodes of near-duplicates: signatures, groups, and their page."""

import logging
from collections.abc import Iterator

from pixelmill.datasets.feature_folders import StoredFeatures
from pixelmill.datasets.feature_table import FeatureUpdate
from pixelmill.datasets.index_state import DISABLED, STATE, index_state
from pixelmill.duplicates.groups import find_groups
from pixelmill.duplicates.table import schema, summarise, tabulate
from pixelmill.featurization.missing import find_missing
from pixelmill.featurization.parts import signature_part
from pixelmill.featurization.run import featurize_images
from pixelmill.pages.formatting import quantity
from pixelmill.parameters import DuplicatesParameters, FeaturizationParameters
from pixelmill.pipelines.duplicates.collecting import collect_pictures
from pixelmill.pipelines.duplicates.page import copies_as_csv, groups_shown, render
from pixelmill.records import DuplicatesSummary, Profile, Source
from pixelmill.spark.types import ArrowTable, DataFrame
from pixelmill.tables import MISSING, STALE, arrow_schema
from pixelmill.thumbnails.reading import read_thumbnails

logger = logging.getLogger(__name__)


def compare_signatures(
    image_index: DataFrame,
    stored_signatures: StoredFeatures,
    duplicates: DuplicatesParameters,
    featurization: FeaturizationParameters,
) -> tuple[DataFrame | ArrowTable, DataFrame | ArrowTable]:
    """Find the images without a signature, and signatures without an image.

    Args:
        image_index: Columns `path`, `size`, `modified`.
        stored_signatures: Features of earlier runs.
        duplicates: Whether near-duplicates are looked for.
        featurization: The limits.

    Returns:
        Images to do (`path`, `size`, `modified`) and rows to take out (`path`).
    """
    if not duplicates.enabled:
        return arrow_schema(MISSING).empty_table(), arrow_schema(STALE).empty_table()
    signature = signature_part(featurization)
    stored = stored_signatures.of(signature.fingerprint)
    return find_missing(image_index, stored, signature.parameters)


def sign_images(
    unsigned_images: DataFrame,
    stale_signatures: DataFrame,
    source: Source,
    duplicates: DuplicatesParameters,
    featurization: FeaturizationParameters,
) -> Iterator[tuple[FeatureUpdate, Profile]]:
    """Sign what is missing, one chunk after another; Kedro saves each before the next begins.

    Args:
        unsigned_images: Images to do, columns `path`, `size`, `modified`.
        stale_signatures: Rows to take out, column `path`.
        source: Image source, with `root` and `count`.
        duplicates: Whether near-duplicates are looked for.
        featurization: Featurization parameters; batch and chunk size are used.

    Yields:
        A step for the signatures, and the profile of the run so far.
    """
    if not duplicates.enabled:
        yield FeatureUpdate("none"), {"images": 0}  # Kedro wants one step; this one does nothing
        return
    featurizer, parameters = signature_part(featurization)
    yield from featurize_images(unsigned_images, stale_signatures, source, featurizer, parameters)


def find_near_duplicates(
    image_index: DataFrame,
    signatures: StoredFeatures,
    duplicates: DuplicatesParameters,
    featurization: FeaturizationParameters,
) -> tuple[ArrowTable, DuplicatesSummary]:
    """Group the images that are the same picture.

    Args:
        image_index: Columns `path`, `label`, `size`, `modified`.
        signatures: Signatures of all images.
        duplicates: Minimum similarity, and the image of a group to keep.
        featurization: Names the signatures.

    Returns:
        The table `near_duplicates`, whose metadata names the state of the index, and the figures
        of `duplicates.json`.
    """
    if not duplicates.enabled:
        return _table(None, DISABLED), {"enabled": False}
    signed = signatures.of(signature_part(featurization).fingerprint).where("features is not null")
    pictures, unreadable = collect_pictures(signed, image_index)
    groups = find_groups(pictures, duplicates.similarity, duplicates.keep)
    table = tabulate(pictures, groups)
    summary = summarise(table, len(pictures), unreadable, groups.flat)
    logger.info(
        "%s of %s; nothing is deleted.",
        quantity(summary["copies"], "copy", "copies"), quantity(summary["groups"], "picture"),
    )  # fmt: skip
    return _table(table, index_state(image_index)), summary


def write_duplicates_page(
    near_duplicates: ArrowTable,
    duplicates_summary: DuplicatesSummary,
    source: Source,
    duplicates: DuplicatesParameters,
    dataset: str,
) -> tuple[str, str]:
    """Return the groups as a page, and the copies as a list.

    Args:
        near_duplicates: The table.
        duplicates_summary: Statistics of the duplicates.
        source: Image source; the paths are relative to its `root`.
        duplicates: Parameters, with the number of groups shown.
        dataset: Name of the data set.

    Returns:
        The page, and a CSV of all copies: `path`, `keep` (in whose place), `kind`, `similarity`,
        `label`, `size`.
    """
    groups = groups_shown(near_duplicates, duplicates.shown)
    paths = [image["path"] for group in groups for image in group.images]
    pictures = read_thumbnails(source["root"], paths) if paths else {}
    page = render(dataset, duplicates_summary, near_duplicates, groups, pictures, duplicates)
    return page, copies_as_csv(near_duplicates)


def _table(table: ArrowTable | None, state: str) -> ArrowTable:
    table = schema().empty_table() if table is None else table
    return table.replace_schema_metadata({STATE: state})
