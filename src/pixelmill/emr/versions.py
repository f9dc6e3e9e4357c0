"""Versions of laptop and cluster, compared before a run starts.

`python -m pixelmill.emr.versions --python 3.11 --spark 4.1` does so on the primary node.
"""

from collections.abc import Iterable
from platform import python_version
from typing import TYPE_CHECKING

import click

import pixelmill
from pixelmill.emr.releases import SPARKS
from pixelmill.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PROBES = 64  # tasks that ask an executor for its Python


def laptop_versions() -> dict[str, str]:
    """Versions of Python, Spark and pixelmill here."""
    from importlib.metadata import version

    return {
        "python": python_version(),
        "spark": version("pyspark"),
        "pixelmill": pixelmill.__version__,
    }


def minor(version: str) -> str:
    """Major and minor part: of 3.11.7 it is 3.11, of 4.1.1-amzn-0 it is 4.1."""
    return ".".join(version.split(".")[:2])


def check_versions(session: "SparkSession", python: str, spark: str) -> None:
    """Refuse a cluster that has another Python than the laptop, or a Spark that we do not support.

    Python must be the same, because functions travel from driver to executors as its bytecode.
    Spark need not: driver and executors both have the cluster's.

    Args:
        session: Spark session of the cluster.
        python: Major and minor version on the laptop, `3.11`.
        spark: Major and minor version of Spark on the laptop, `4.1`.

    Raises:
        InputError: Driver or an executor differs in Python, or Spark is unsupported.
    """
    _compare("Python", python_version(), python)
    if minor(session.version) not in {*SPARKS, spark}:
        raise InputError(
            f"the cluster has Spark {minor(session.version)}, and pixelmill runs on "
            f"{' and '.join(sorted(SPARKS))}: launch a release that has one (--set release=…)"
        )
    for found in sorted(_executor_pythons(session)):
        _compare("Python in its executors", found, python)


def _compare(what: str, here: str, laptop: str) -> None:
    if minor(here) != laptop:
        raise InputError(
            f"the cluster has {what} {minor(here)} and the laptop has {laptop}: launch a release "
            f"that has {laptop} (--set release=…), or set up the laptop with {minor(here)}"
        )


def _executor_pythons(session: "SparkSession") -> set[str]:
    from py4j.protocol import Py4JJavaError

    context = session.sparkContext
    try:
        tasks = context.parallelize(range(PROBES), min(PROBES, context.defaultParallelism))
        return set(tasks.mapPartitions(_python_of_worker).collect())
    except Py4JJavaError as problem:
        message = str(problem.java_exception)
        if "PYTHON_VERSION_MISMATCH" in message:
            raise InputError(
                "the cluster's executors run another Python than its driver: the bootstrap sets "
                "PYSPARK_PYTHON in environment.sh, and nothing else may"
            ) from problem
        raise InputError(
            "no Python runs in the cluster's executors: "
            f"{message.strip().splitlines()[-1] if message.strip() else 'Spark does not say why'}"
        ) from problem


def _python_of_worker(rows: Iterable[int]) -> Iterable[str]:
    del rows
    yield python_version()


@click.command()
@click.option("--python", required=True, help="Major and minor version on the laptop.")
@click.option("--spark", required=True, help="Major and minor version on the laptop.")
def main(python: str, spark: str) -> None:
    """Compare this cluster with the laptop."""
    from pyspark.sql import SparkSession

    try:
        _compare("Python", python_version(), python)  # Spark need not start for this
        check_versions(SparkSession.builder.getOrCreate(), python, spark)
    except InputError as problem:
        raise click.ClickException(str(problem)) from problem


if __name__ == "__main__":
    main()
