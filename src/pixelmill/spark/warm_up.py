"""Imports what later nodes need while Spark starts and other nodes work."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa
    from pyspark.sql import SparkSession

# By node: what its tasks import, a second of each worker's time.
IN_WORKERS = {
    "featurize_images": ("pixelmill.engines.openvino", "pixelmill.featurizers.network"),
    "featurize_new_images": ("pixelmill.engines.openvino", "pixelmill.featurizers.network"),
}
# By node: what it imports itself.
IN_DRIVER = {"project_images": ("sklearn.manifold",)}


def modules_for(nodes: Iterable[str], by_node: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What some nodes import, each module once.

    Args:
        nodes: Names of the nodes that will run.
        by_node: Modules by the name of a node.
    """
    return tuple(dict.fromkeys(name for node in nodes for name in by_node.get(node, ())))


def warm_up_driver(modules: tuple[str, ...]) -> None:
    """Imports modules in a thread, while this process waits for Java.

    Args:
        modules: Their names; none is fine.
    """
    threading.Thread(target=_import_all, args=(modules,), name="warm-up", daemon=True).start()


def warm_up_workers(spark: SparkSession, modules: tuple[str, ...]) -> None:
    """Starts the Python workers and has them import modules.

    Args:
        spark: The session; its workers stay for the tasks to come.
        modules: Names of the modules.
    """

    def import_all(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        _import_all(modules)
        yield from batches

    cores = spark.sparkContext.defaultParallelism
    spark.range(cores, numPartitions=cores).mapInArrow(import_all, "id long").collect()


def _import_all(modules: tuple[str, ...]) -> None:
    for name in modules:
        import_module(name)
