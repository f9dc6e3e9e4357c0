"""An archive of the classes that Spark loads, which the next JVM maps into memory (AppCDS).

Half of what a short run waits for is the JVM reading some 15,000 classes out of its jars. Java
can write them down once (JEP 350) and map them from then on. `make setup` does this; without the
archive, or with one of another Java or Spark, everything works and starts some seconds later.

python -m pixelmill.spark.class_archive
"""

import contextlib
import logging
import shlex
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelmill.errors import InputError
from pixelmill.parameters import SparkParameters
from pixelmill.spark.java import find_quiet_java_home
from pixelmill.spark.paths import path_to_read, path_to_write
from pixelmill.spark.session import QUIET, archive_path, configure, get_session

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

REHEARSAL = "from pixelmill.spark.class_archive import rehearse; rehearse({folder!r}, {base!r})"
BASE = "java.jsa"  # beside the archive that builds on it
ROWS = 64

logger = logging.getLogger(__name__)


def make_archive() -> bool:
    """Rehearse a run in a JVM of its own, which writes the archive as it ends.

    Returns:
        Whether there is an archive now; the log says why if there is none.
    """
    archive = archive_path()
    archive.parent.mkdir(parents=True, exist_ok=True)
    for one in (archive, archive.with_name(BASE)):
        one.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        base = _make_base(Path(folder))
        done = _run(sys.executable, "-c", REHEARSAL.format(folder=folder, base=base))
        made = Path(folder) / archive.name
        if done.returncode or not made.exists():
            logger.warning("Java made no AppCDS archive: %s", done.stderr.strip()[-300:])
            return False
        made.replace(archive)
    return True


def _make_base(folder: Path) -> str | None:
    """Archive Java's own classes, on which that of Spark's builds, where Java has no such archive.

    That in the wheel has none.

    Returns:
        Path of the archive; None where Java brings one.
    """
    with contextlib.suppress(InputError):  # the rehearsal gives the reason
        java = str(find_quiet_java_home() / "bin" / "java")
        if not _run(java, "-Xshare:on", "-version").returncode:
            return None
        made, base = folder / BASE, archive_path().with_name(BASE)
        if not _run(java, "-Xshare:dump", f"-XX:SharedArchiveFile={made}").returncode:
            made.replace(base)  # the other archive will name it
            return str(base)
    return None


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rehearse(folder: str, base: str | None = None) -> None:
    """Do in small what a run does, in a JVM that archives its classes when it ends.

    Args:
        folder: Takes the archive, under its own name, and the tables of the rehearsal.
        base: Path of the archive to build on; None is that of Java.
    """
    archive = shlex.quote(str(Path(folder) / archive_path().name))
    options = f"{QUIET} -XX:ArchiveClassesAtExit={archive}"
    if base is not None:
        options += f" -XX:SharedArchiveFile={shlex.quote(base)}"
    configure(SparkParameters(master="local[2]"), options)
    spark = get_session()
    _run_small(spark, folder)
    gateway: Any = spark.sparkContext._gateway
    java = gateway.proc
    spark.stop()
    java.stdin.close()
    java.wait()


def _run_small(spark: "SparkSession", folder: str) -> None:
    from pixelmill.spark import functions as sf

    spark.sparkContext.parallelize(range(ROWS), 2).foreachPartition(_consume)
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
    features.write.parquet(path_to_write(f"{folder}/joined"))
    spark.read.parquet(path_to_read(f"{folder}/joined")).toArrow()


def _consume(rows: "Iterable[int]") -> None:
    deque(rows, maxlen=0)


def _unchanged(batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    yield from batches


if __name__ == "__main__":
    make_archive()  # a machine whose Java makes none is a slower one, not a broken one
