"""Features of images in one call, without a project: in this process or in any Spark session."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pixelmill.errors import InputError
from pixelmill.featurizers import decoder_state, find_featurizer, fingerprint
from pixelmill.parameters import FeaturizationParameters, IngestionParameters, SparkParameters
from pixelmill.sources import find_source
from pixelmill.storage import is_s3, local_path, open_storage
from pixelmill.storage.base import EPOCH, StoredFile
from pixelmill.storage.given_images import each_of
from pixelmill.storage.locations import split_key
from pixelmill.tables import MISSING
from pixelmill.untrusted_text import safe_text

if TYPE_CHECKING:
    import pandas as pd
    from pyspark import Accumulator, Broadcast
    from pyspark.sql import DataFrame, SparkSession

    from pixelmill.featurizers import PreparedFeaturizer
    from pixelmill.profiling.metering import Usage
    from pixelmill.spark.types import ArrowTable

OF_TABLES = {"chunk_size"}  # parameters of how features are saved
Images = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
Value = TypeVar("Value")


def featurize(
    images: Images,
    *,
    spark: bool = False,
    ingestion: Mapping[str, Any] | None = None,
    **featurization: Any,
) -> pd.DataFrame | DataFrame:
    """Featurize all images of a folder, a bucket or a list.

    Args:
        images: A folder, a glob, an S3 URI or a table of paths, as the parameter `images` has it;
            or a list of paths, or of S3 URIs of one bucket.
        spark: Whether the session of this process does it (one is started if there is none).
            Every executor needs this package, and must reach the images.
        ingestion: Parameters of `ingestion`, such as `exclude`; none with a list of paths.
        featurization: Parameters of `featurization`, such as `featurizer="resnet50"`.

    Returns:
        One row for each image. With Spark a lazy DataFrame with the columns of the table
        `features`: `path`, `size`, `modified`, `features`, `error`, `featurizer`, `decoder`.
        Otherwise a pandas DataFrame with `path`, `features` (float32 [d], None with an error) and
        `error`. Paths are relative to the folder or bucket, those of a list absolute.

    Raises:
        InputError: A parameter is impossible, there are no images, or they cannot be listed.
    """
    from pixelmill.image_featurizer import typed_parameters

    parameters = typed_parameters(FeaturizationParameters, featurization)
    listed = _listed(images, typed_parameters(IngestionParameters, ingestion or {}))
    return _with_spark(*listed, parameters) if spark else _here(*listed, parameters)


def _listed(
    images: Images | bytes, ingestion: IngestionParameters
) -> tuple[str, ArrowTable | DataFrame, str]:
    """Return the root, `path`, `size`, `modified` of each image below it, and what to put in front
    of each path.
    """
    if isinstance(images, str | os.PathLike):
        source = find_source(os.fsdecode(images), ingestion)
        listed = source.list_images()
        return listed.root, listed.index(_unlabelled).table, ""
    if not isinstance(images, Iterable) or isinstance(images, bytes):
        kind = type(images).__name__
        raise TypeError(f"images is of type {kind}: give a folder or a list of paths")
    if ingestion != IngestionParameters():
        raise InputError("ingestion is for a folder, a bucket or a table: leave it out with a list")
    root, table = _table_of([_path(image) for image in each_of(images)])
    return root, table, _in_front(root)


def _in_front(root: str) -> str:
    return f"{root.rstrip('/')}/"


def _unlabelled(_: str) -> None:
    """Return no label for an image."""


def _path(image: Any) -> str:
    if not isinstance(image, str | os.PathLike):
        raise TypeError(
            f"{type(image).__name__} is no path of an image: give paths here, and content or "
            "pixels to ImageFeaturizer"
        )
    return os.fsdecode(image)


def _table_of(images: list[str]) -> tuple[str, ArrowTable]:
    import pyarrow as pa

    roots = {f"s3://{split_key(image)[0]}" if is_s3(image) else "/" for image in images}
    if len(roots) != 1:
        raise InputError(
            f"give images of one bucket, or files of one machine; these are of {sorted(roots)}"
            if roots
            else "there are no images in this list"
        )
    (root,) = roots
    paths = [
        split_key(image)[1] if is_s3(image) else str(Path(local_path(image)).absolute())[1:]
        for image in images
    ]
    found = open_storage(root).find_files(paths)
    # Reading one that is not there gives the reason, in its row.
    files = [file or StoredFile(path, 0, EPOCH) for path, file in zip(paths, found, strict=True)]
    columns = {name: [getattr(file, name) for file in files] for name in StoredFile.__slots__}
    try:
        return root, pa.table(columns)
    except UnicodeEncodeError as error:
        name = safe_text(error.object)
        raise InputError(f"the name {name} is not UTF-8: rename the file") from error


def _here(root: str, table: Any, front: str, parameters: FeaturizationParameters) -> pd.DataFrame:
    import pandas as pd

    from pixelmill.image_featurizer import ImageFeaturizer

    featurizer = ImageFeaturizer(**parameters.model_dump(exclude=OF_TABLES))
    paths = table.column("path").to_pylist()
    rows = featurizer.fit_transform([_in_front(root) + path for path in paths])
    errors = featurizer.errors_
    vectors = [row if error is None else None for row, error in zip(rows, errors, strict=True)]
    named = [front + path for path in paths]
    return pd.DataFrame({"path": named, "features": vectors, "error": errors})


@dataclass(frozen=True)
class _Carried(Generic[Value]):
    """A value that travels with its task: sessions of Spark Connect have no broadcasts."""

    value: Value


class _NoMeter:
    def add(self, usage: object) -> None:
        """Discard the measurements of the tasks."""


def _with_spark(
    root: str, table: ArrowTable | DataFrame, front: str, parameters: FeaturizationParameters
) -> DataFrame:
    import pyarrow as pa

    from pixelmill.featurization.tasks import FeaturizeImages, Origin, map_featurizer
    from pixelmill.spark.parallelism import partitions_of

    session = _session()
    featurizer = find_featurizer(parameters)
    origin = Origin(fingerprint(featurizer.describe()), decoder_state(parameters))
    rows: DataFrame = table
    if isinstance(table, pa.Table):
        pandas = table.select(["path", "size", "modified"]).to_pandas()
        rows = session.createDataFrame(pandas, MISSING)
    cores, threads = _cores(session)
    task = FeaturizeImages(
        cast("Broadcast[PreparedFeaturizer]", _Carried(featurizer.prepare())),
        root,
        origin,
        parameters=parameters,
        threads=threads,
        meter=cast("Accumulator[Usage]", _NoMeter()),
    )
    done = map_featurizer(rows, task, partitions_of(rows.count(), cores))
    # An expression: functions of columns ask for a context, which Spark Connect has not.
    others = [name for name in done.columns if name != "path"]
    return done.selectExpr(f"concat('{front}', path) AS path", *others) if front else done


def _session() -> SparkSession:
    from pyspark.sql import SparkSession

    from pixelmill.spark.session import configure, get_session

    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    configure(SparkParameters())
    return get_session()


def _cores(session: SparkSession) -> tuple[int, int]:
    """Return cores to divide the images for and cores of a task; 1 and 1 if both are unknown."""
    from pyspark.errors import PySparkException

    try:
        context = session.sparkContext
    except (PySparkException, AttributeError):  # Spark Connect
        return 1, 1
    return context.defaultParallelism, int(context.getConf().get("spark.task.cpus", "1") or 1)
