"""Nodes of the exploration: findings and their page."""

import logging

from pixelmill.datasets.feature_folders import StoredFeatures
from pixelmill.datasets.index_state import DISABLED, table_state
from pixelmill.datasets.splits_table import Splits
from pixelmill.exploration.copies import ACROSS, find_copies, kept_paths
from pixelmill.exploration.faults import FrequentFault
from pixelmill.exploration.findings import UNCLEAR, in_order, tabulate
from pixelmill.featurization.parts import checks_part
from pixelmill.featurizers import Description
from pixelmill.parameters import (
    DuplicatesParameters,
    ExplorationParameters,
    FeaturizationParameters,
)
from pixelmill.parameters.exploration import KINDS
from pixelmill.pipelines.exploration import figures
from pixelmill.pipelines.exploration.faulty import find_in_checks
from pixelmill.pipelines.exploration.odd import find_in_features
from pixelmill.pipelines.exploration.page import render, sheets_of
from pixelmill.pipelines.exploration.state import STATE
from pixelmill.pipelines.modelling.exploration import explore_features
from pixelmill.records import ExplorationSummary, FeatureExploration, Source
from pixelmill.spark.types import ArrowTable, DataFrame, PandasFrame
from pixelmill.thumbnails.reading import read_thumbnails

logger = logging.getLogger(__name__)


def find_faulty_images(
    image_index: DataFrame,
    checks: StoredFeatures,
    exploration: ExplorationParameters,
    featurization: FeaturizationParameters,
) -> tuple[ArrowTable, dict[str, FrequentFault]]:
    """Find blank, dark, bright, blurred, tiny, oddly shaped and grey images.

    Args:
        image_index: Column `path`.
        checks: Numbers of all images.
        exploration: The thresholds.
        featurization: Names the checks.

    Returns:
        Their findings, and the kinds too frequent for all of them to be found.
    """
    found, frequent = find_in_checks(_known(image_index, checks, featurization), exploration)
    for fault in frequent.values():
        logger.info("%s", fault.sentence)
    return found, frequent


def find_odd_images(
    image_index: DataFrame,
    features: DataFrame,
    near_duplicates: ArrowTable,
    faults: ArrowTable,
    exploration: ExplorationParameters,
) -> tuple[ArrowTable, list[str]]:
    """Find label errors and outliers by the features.

    Args:
        image_index: Columns `path` and `label` (or null).
        features: Columns `path`, `features`, `error`.
        near_duplicates: The table of that name.
        faults: Findings; an image that shows too little is neither of both.
        exploration: Exploration parameters.

    Returns:
        Their findings, and what was not looked at.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    unclear = faults["path"].filter(pc.is_in(faults["kind"], pa.array(sorted(UNCLEAR))))
    copies = kept_paths(near_duplicates)
    paths = set(unclear.to_pylist())
    found, notes = find_in_features(image_index, features, copies, paths, exploration)
    if table_state(near_duplicates) == DISABLED:
        notes.append("Copies were not searched: duplicates.enabled is false.")
    return tabulate(found), notes


def join_findings(
    faults: ArrowTable,
    odd_images: ArrowTable,
    near_duplicates: ArrowTable,
    duplicates: DuplicatesParameters,
    findings_state: str,
    stored_splits: Splits | None = None,
) -> PandasFrame:
    """Return all findings in one table.

    Args:
        faults: Findings of the checks.
        odd_images: Findings of the features.
        near_duplicates: The table of that name.
        duplicates: Parameters, with the minimum similarity of copies.
        findings_state: State of the inputs of the findings.
        stored_splits: Splits of an earlier run, or None: copies on both sides are evidence.

    Returns:
        `path`, `kind`, `score`, `evidence`, `related_path`; by kind, the worst first. Its
        attributes, which Parquet keeps, name the state.
    """
    splits = _splits_of(near_duplicates, stored_splits)
    copies = tabulate(find_copies(near_duplicates, duplicates.similarity, splits))
    table: PandasFrame = in_order([faults, odd_images, copies]).to_pandas()
    counts = table["kind"].value_counts(sort=False)  # in the order of the table
    listed = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    logger.info("Findings: %s; nothing is deleted.", listed or "none")
    # Columns of objects without any value would be written without a type.
    texts = [name for name in table.columns if name != "score"]
    table = table.astype(dict.fromkeys(texts, "string"))
    table.attrs[STATE] = findings_state
    return table


def describe_images(
    image_index: DataFrame,
    checks: StoredFeatures,
    findings: PandasFrame,
    frequent_faults: dict[str, FrequentFault],
    odd_notes: list[str],
    exploration: ExplorationParameters,
    featurization: FeaturizationParameters,
) -> ExplorationSummary:
    """Return the figures of the data set.

    Args:
        image_index: Columns `path`, `label`, `size`.
        checks: Numbers of all images.
        findings: The table of that name.
        frequent_faults: Kinds too frequent for all of them to be found.
        odd_notes: Notes on what was not examined.
        exploration: Parameters, with the limit of class imbalance.
        featurization: Names the checks.
    """
    known = _known(image_index, checks, featurization)
    described = figures.describe(image_index, known, exploration)
    kinds = findings["kind"].value_counts().to_dict()
    described["findings"] = {kind: int(kinds[kind]) for kind in KINDS if kind in kinds}
    described["across_split"] = int(findings["evidence"].str.contains(ACROSS, regex=False).sum())
    described["frequent"] = list(frequent_faults)
    faults = [fault.sentence for fault in frequent_faults.values()]
    described["notes"] = [*faults, *odd_notes, *figures.about_classes(described)]
    described["most_important"] = figures.most_important(described, findings, frequent_faults)
    return described


def explore_named_features(
    image_index: DataFrame, features: DataFrame, featurizer: Description
) -> FeatureExploration:
    """Describe features that have names, such as colour statistics, by class.

    Args:
        image_index: Columns `path`, `label` (or null).
        features: Columns `path`, `features`, `error`.
        featurizer: Description of what made them.

    Returns:
        The statistics; empty for the features of a network.
    """
    usable = features.where("error is null").select("path", "features")
    labelled = usable.join(image_index.select("path", "label"), "path")
    return explore_features(labelled, {"parts": [featurizer]})


def write_exploration_page(
    image_index: DataFrame,
    findings: PandasFrame,
    exploration_summary: ExplorationSummary,
    explored_features: FeatureExploration,
    source: Source,
    exploration: ExplorationParameters,
    dataset: str,
) -> str:
    """Return the figures, a contact sheet of each class, and the worst of each kind as one page.

    Args:
        image_index: Columns `path`, `label`.
        findings: The table of that name.
        exploration_summary: Contents of `exploration.json`.
        explored_features: What `explore_named_features` returns.
        source: Image source; the paths are relative to its `root`.
        exploration: Parameters, with the number of images shown.
        dataset: Name of the data set.

    Returns:
        HTML, to be written as UTF-8.
    """
    classes = figures.samples(image_index, exploration_summary, exploration)
    sheets = sheets_of(findings, exploration.shown)
    paths = {row["path"] for rows in sheets.values() for row in rows}
    paths |= {
        row["related_path"] for rows in sheets.values() for row in rows if row["related_path"]
    }
    paths |= {path for of_class in classes.values() for path in of_class}
    ordered = sorted(paths)
    pictures = read_thumbnails(source["root"], ordered) if ordered else {}
    return render(dataset, exploration_summary, sheets, classes, pictures, explored_features)


def _splits_of(near_duplicates: ArrowTable, stored: Splits | None) -> dict[str, str]:
    """Return the split of each image that is a copy or has one."""
    if stored is None or not near_duplicates.num_rows:
        return {}
    paths = stored.table.sparkSession.createDataFrame(near_duplicates.select(["path"]))
    rows = stored.table.join(paths, "path", "left_semi").select("path", "split").collect()
    return {row["path"]: row["split"] for row in rows}


def _known(
    image_index: DataFrame, checks: StoredFeatures, featurization: FeaturizationParameters
) -> DataFrame:
    """Return the checks of the images of the index: columns `path`, `features` (or null)."""
    stored = checks.of(checks_part(featurization).fingerprint).select("path", "features")
    return stored.join(image_index.select("path"), "path", "left_semi")
