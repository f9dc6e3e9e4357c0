"""Spark's daemon of Python workers, without the archives that Spark adds to their path.

Before each task a worker has Python forget what it knew of the places of modules, and Python 3.11
then reads the directory of each archive again: those of PySpark's zip, once for each of its
packages, and of a jar that holds no module. That takes longer than most tasks do.
"""

import re
import sys

ARCHIVE = re.compile(r".*[/\\](pyspark\.zip|py4j-[^/\\]+\.zip|spark-core_[^/\\]+\.jar)")


def main() -> None:
    """Start the daemon, with PySpark of the environment, which is the same as in Spark's zip."""
    sys.path[:] = [place for place in sys.path if not ARCHIVE.fullmatch(place)]
    sys.path_importer_cache.clear()
    from pyspark.daemon import manager

    manager()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
