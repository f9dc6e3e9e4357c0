"""Workers and driver have imported what the nodes of a run need, before these begin."""

import subprocess
import sys

import pyarrow as pa

from pixelmill.spark.warm_up import IN_DRIVER, IN_WORKERS, modules_for, warm_up_workers


def loaded(batches):
    for batch in batches:
        count = len(batch)
        yield pa.RecordBatch.from_pydict({"loaded": ["colorsys" in sys.modules] * count})


def test_each_module_is_named_once():
    nodes = ["list_images", "featurize_images", "project_images", "featurize_new_images"]
    assert modules_for(nodes, IN_WORKERS) == IN_WORKERS["featurize_images"]
    assert modules_for(nodes, IN_DRIVER) == ("sklearn.manifold",)
    assert modules_for(["list_images"], IN_WORKERS) == ()


def test_workers_have_the_modules_and_stay_for_later_tasks(spark):
    warm_up_workers(spark, ("colorsys",))
    cores = spark.sparkContext.defaultParallelism
    table = spark.range(cores, numPartitions=cores).mapInArrow(loaded, "loaded boolean")
    assert [row.loaded for row in table.collect()] == [True] * cores


def test_the_driver_goes_on_while_modules_are_imported():
    script = (
        "import sys, threading\n"
        "from pixelmill.spark.warm_up import warm_up_driver\n"
        "warm_up_driver(('colorsys',))\n"
        "[one.join() for one in threading.enumerate() if one.name == 'warm-up']\n"
        "print('colorsys' in sys.modules, 'sklearn' in sys.modules)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ended.stdout.split() == ["True", "False"], ended.stderr


def test_every_module_that_is_named_can_be_imported():
    names = {name for table in (IN_WORKERS, IN_DRIVER) for each in table.values() for name in each}
    script = f"import importlib\nfor name in {sorted(names)}: importlib.import_module(name)"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
