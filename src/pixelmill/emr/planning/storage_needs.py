"""S3 usage of a run: requests, their rate, and the Parquet files that it leaves."""

import math
from dataclasses import dataclass

from pixelmill.emr.planning.assumptions import Assumptions
from pixelmill.emr.planning.capacity import Pace
from pixelmill.emr.planning.work import Work

GETS_A_PREFIX = 5500  # a second, by S3's documentation of its performance
KEYS_A_LIST = 1000
WORTHWHILE_FILE = 128e6  # bytes: a block of Spark's, read by one task


@dataclass(frozen=True)
class StorageNeeds:
    """What a run asks of S3.

    Attributes:
        gets: One for each image.
        lists: Pages of 1,000 keys.
        puts: Requests that write the features.
        gets_per_second: GET requests a second while a chunk is computed.
        prefixes: Over which the keys must be spread for that.
        files: Parquet files of the features.
        feature_bytes: Size of all feature tables in bytes.
        stored_bytes: Size of all feature tables and of the index in bytes.
        compacted_files: Number of files that would suffice.
    """

    gets: int
    lists: int
    puts: float
    gets_per_second: float
    prefixes: int
    files: int
    feature_bytes: float
    stored_bytes: float
    compacted_files: int


def storage_needs(work: Work, pace: Pace, tasks: int, assumed: Assumptions) -> StorageNeeds:
    """Return what the run asks of S3 when its workers are so fast.

    Args:
        work: The run.
        pace: Throughput of the workers.
        tasks: Tasks of a chunk, each of which writes a file.
        assumed: Requests a file, bytes a row.
    """
    files = work.chunks * tasks
    features = work.images * (4.0 * work.floats + assumed.row_bytes)
    return StorageNeeds(
        gets=work.images,
        lists=math.ceil(work.images / KEYS_A_LIST),
        puts=files * assumed.puts_a_file,
        gets_per_second=pace.images_per_second,
        prefixes=math.ceil(pace.images_per_second / GETS_A_PREFIX),
        files=files,
        feature_bytes=features,
        stored_bytes=features + work.images * assumed.row_bytes,
        compacted_files=math.ceil(features / WORTHWHILE_FILE),
    )
