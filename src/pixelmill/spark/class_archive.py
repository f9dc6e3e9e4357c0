"""An archive of the classes that Spark loads, which the next JVM maps into memory (AppCDS).

Half of what a short run waits for is the JVM reading some 15,000 classes out of its jars. Java
can write them down once (JEP 350) and map them from then on. `make setup` does this; without the
archive, or with one of another Java or Spark, everything works and starts some seconds later.

python -m pixelmill.spark.class_archive
"""

import logging
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelmill.parameters import SparkParameters
from pixelmill.spark.paths import path_to_read, path_to_write
from pixelmill.spark.session import QUIET, archive_path, configure, get_session

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

REHEARSAL = "from pixelmill.spark.class_archive import rehearse; rehearse({folder!r})"
ROWS = 64

logger = logging.getLogger(__name__)


def make_archive() -> bool:
    """Rehearse a run in a JVM of its own, which writes the archive as it ends.

    Returns:
        Whether there is an archive now; the log says why where there is none.
    """
    archive = archive_path()
    archive.unlink(missing_ok=True)
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        done = subprocess.run(
            [sys.executable, "-c", REHEARSAL.format(folder=folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        made = Path(folder) / archive.name
        if done.returncode or not made.exists():
            logger.warning("Java made no AppCDS archive: %s", done.stderr.strip()[-300:])
            return False
        made.replace(archive)
    return True


def rehearse(folder: str) -> None:
    """Do in small what a run does, in a JVM that archives its classes when it ends.

    Args:
        folder: Takes the archive, under its own name, and the tables of the rehearsal.
    """
    archive = shlex.quote(str(Path(folder) / archive_path().name))
    configure(SparkParameters(master="local[2]"), f"{QUIET} -XX:ArchiveClassesAtExit={archive}")
    spark = get_session()
    _run_small(spark, folder)
    gateway: Any = spark.sparkContext._gateway
    java = gateway.proc
    spark.stop()
    java.stdin.close()
    java.wait()


def _run_small(spark: "SparkSession", folder: str) -> None:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import StandardScaler
    from pyspark.ml.functions import array_to_vector, vector_to_array
    from pyspark.sql import functions as sf

    columns = ["string(id) path", "current_timestamp() time", "id % 2 target", "array(rand()) x"]
    spark.range(ROWS).selectExpr(*columns).write.parquet(path_to_write(f"{folder}/index"))
    index = spark.read.parquet(path_to_read(f"{folder}/index"))
    known = index.groupBy("path").agg(sf.count("*").alias("n"), sf.max(sf.struct("time", "target")))
    both = index.join(known, "path", "full_outer").where("n = 1 and pmod(xxhash64(path), 1) = 0")
    mapped = both.select(index.columns).repartition(2).mapInArrow(_unchanged, index.schema)
    mapped.write.mode("append").parquet(path_to_write(f"{folder}/features"))
    features = spark.read.parquet(path_to_read(f"{folder}/features")).join(
        index.select("path"), "path"
    )
    vectors = features.select("target", array_to_vector(sf.col("x")).alias("vector")).persist()
    scaled = StandardScaler(inputCol="vector", outputCol="features").fit(vectors).transform(vectors)
    model = LogisticRegression(labelCol="target", maxIter=2).fit(scaled)
    scores = model.transform(scaled).select(vector_to_array(sf.col("probability")), "prediction")
    scores.write.parquet(path_to_write(f"{folder}/scores"))
    spark.read.parquet(path_to_read(f"{folder}/scores")).toArrow()


def _unchanged(batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    yield from batches


if __name__ == "__main__":
    make_archive()  # a machine whose Java makes none is a slower one, not a broken one
