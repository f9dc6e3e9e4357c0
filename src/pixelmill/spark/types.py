"""Types of tables for signatures that Kedro reads at run time; naming them loads no library."""

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pandas import DataFrame as PandasFrame
    from pyarrow import Table as ArrowTable
    from pyspark.sql import DataFrame

    Table: TypeAlias = DataFrame | ArrowTable
else:
    Table = Any
    DataFrame = Any
    ArrowTable = Any
    PandasFrame = Any

FEATURES = (
    "path string, size long, modified timestamp, "
    "features array<float>, error string, featurizer string, decoder string"
)
"""Schema of the table `features`."""

DOWNLOADS = (
    "url_id string, url string, final_url string, status string, reason string, "
    "retryable boolean, attempts long, bytes long, sha256 string, media_type string, etag string, "
    "last_modified string, x_robots_tag string, tdm_reservation string, tdm_policy string, "
    "seconds double, path string, limits string, finished timestamp"
)
"""Schema of the table `downloads`; `pixelmill.collection.results.Download` says what they are."""

__all__ = ["DOWNLOADS", "FEATURES", "ArrowTable", "DataFrame", "PandasFrame", "Table"]
