"""The named pipelines; the default one is the sum of those that apply to every data set."""

import sys
import warnings
from importlib import import_module

from kedro.framework.project import find_pipelines
from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines import wiring_packages

KEDRO_VIZ = "kedro_viz.integrations.kedro.data_loader"  # the module that reads a project for it
# Label new images, look for one, and make the map: each run by its name.
WHEN_NAMED = {"prediction", "search", "mapping", "neighbours", "duplicates", "exploration"}
MAPPING = ("mapping", "neighbours", "duplicates")  # together the pipeline `mapping`
INGESTION = ("collection", "ingestion")  # together the pipeline `ingestion`
EXPLORATION = (*INGESTION, "featurization", "duplicates", "exploration")


def register_pipelines() -> dict[str, Pipeline]:
    """Every package of `pixelmill.pipelines` by its name, and four sums.

    Returns:
        `ingestion` collects the images first that a list names by URLs; `mapping` is the map with
        the neighbour index and the near-duplicates, each of which is also there by its own
        name; `exploration` lists and featurizes the images first, and finds near-duplicates;
        `__default__` everything that is not run by its name alone. For `kedro viz` each of them
        is `collapsed`.
    """
    pipelines = find_pipelines(raise_errors=True)
    usual = (pipeline for name, pipeline in pipelines.items() if name not in WHEN_NAMED)
    pipelines["__default__"] = sum(usual, start=Pipeline([]))
    if "ingestion" in pipelines:
        pipelines["ingestion"] = sum(map(_of_package, INGESTION), start=Pipeline([]))
    if "mapping" in pipelines:
        pipelines["mapping"] = sum(map(_of_package, MAPPING), start=Pipeline([]))
    if "exploration" in pipelines:
        pipelines["exploration"] = sum(map(_of_package, EXPLORATION), start=Pipeline([]))
    if KEDRO_VIZ in sys.modules:
        return {name: collapsed(pipeline) for name, pipeline in pipelines.items()}
    return pipelines


def _of_package(name: str) -> Pipeline:
    """A pipeline that Kedro leaves out where the command line names another."""
    found: Pipeline = import_module(f"pixelmill.pipelines.{name}").create_pipeline()
    return found


def collapsed(pipeline: Pipeline) -> Pipeline:
    """Return a pipeline with a namespace for the nodes of each package: `kedro viz` shows boxes.

    Datasets keep their names. A run keeps the plain names of nodes, which `--nodes`, logs and
    records use.
    """
    packages = wiring_packages()
    boxes: dict[str | None, list[Node]] = {}
    for node in pipeline.nodes:
        boxes.setdefault(packages.get(node.name), []).append(node)
    with warnings.catch_warnings():
        # The work of one box may go on after that of another, and mosaics have names with dots.
        warnings.simplefilter("ignore", UserWarning)
        return Pipeline(
            [
                Pipeline(nodes, namespace=package, prefix_datasets_with_namespace=False)
                for package, nodes in boxes.items()
            ]
        )
