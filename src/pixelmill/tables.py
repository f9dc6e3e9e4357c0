"""Schemas of the stored tables, in Spark's notation.

The catalog names them (`schema: ${schema:image_index}`), the code writes and reads by them, and
docs/tables.md describes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

IMAGE_INDEX = "path string, label string, size long, modified timestamp"
SPLITS = "path string, label string, split string"
FEATURES = (
    "path string, size long, modified timestamp, "
    "features array<float>, error string, featurizer string, decoder string"
)
PREDICTIONS = "path string, label string, prediction string, scores array<double>"
LABELLED_IMAGES = "path string, prediction string, score double, scores array<double>, error string"
REDUCED_FEATURES = "path string, label string, features array<float>"
MAP_COORDINATES = "path string, label string, x double, y double"
IMAGE_MAP = f"{MAP_COORDINATES}, cluster int"
THUMBNAILS = "path string, width int, height int, thumbnail binary, error string"
NEAR_DUPLICATES = (
    "group int, path string, label string, width int, height int, size long, modified timestamp, "
    "kind string, similarity double, keep boolean, labels_differ boolean, "
    "copy_of string"
)
DOWNLOADS = (
    "url_id string, url string, final_url string, status string, reason string, "
    "retryable boolean, attempts long, bytes long, sha256 string, media_type string, etag string, "
    "last_modified string, x_robots_tag string, tdm_reservation string, tdm_policy string, "
    "seconds double, path string, limits string, finished timestamp"
)
"""`pixelmill.collection.results.Download` says what the columns are."""

# Work lists of a featurization: images to do and rows to remove. With several featurizers each row
# has the fingerprint of its own or, where one decoding serves all of them, a bit for each.
MISSING = "path string, size long, modified timestamp"
STALE = "path string"

SCHEMAS = {
    "image_index": IMAGE_INDEX,
    "splits": SPLITS,
    "features": FEATURES,
    "predictions": PREDICTIONS,
    "labelled_images": LABELLED_IMAGES,
    "reduced_features": REDUCED_FEATURES,
    "map_coordinates": MAP_COORDINATES,
    "image_map": IMAGE_MAP,
    "thumbnails": THUMBNAILS,
    "near_duplicates": NEAR_DUPLICATES,
    "downloads": DOWNLOADS,
    "missing": MISSING,
    "stale": STALE,
    "missing_by_featurizer": f"{MISSING}, featurizer string",
    "stale_by_featurizer": f"{STALE}, featurizer string",
    "missing_together": f"{MISSING}, wanted int",
    "stale_together": f"{STALE}, wanted int",
}
"""All schemas by the names that the catalog uses."""


def arrow_types() -> dict[str, pa.DataType]:
    """Return Arrow's types of the columns of tables, by their names in Spark's notation."""
    import pyarrow as pa

    return {
        "string": pa.string(),
        "int": pa.int32(),
        "long": pa.int64(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "binary": pa.binary(),
        "timestamp": pa.timestamp("us", "UTC"),
        "array<float>": pa.list_(pa.float32()),
        "array<double>": pa.list_(pa.float64()),
    }


def arrow_schema(schema: str) -> pa.Schema:
    """Return a schema in Spark's notation as Arrow's.

    Args:
        schema: Names and types, such as `path string, size long`.
    """
    import pyarrow as pa

    types = arrow_types()
    columns = (column.split(" ", 1) for column in schema.split(", "))
    return pa.schema({name: types[kind] for name, kind in columns})
