"""The named pipelines; the default one is the sum of those that apply to every data set."""

import sys
import warnings
from importlib import import_module

import click
from kedro.framework.project import find_pipelines
from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines import wiring_packages

KEDRO_VIZ = "kedro_viz.integrations.kedro.data_loader"  # the module that reads a project for it
KEDRO_IPYTHON = "kedro.ipython"  # imports it too, in a notebook that runs the pipelines
# Label new images, look for one, and make the map: each run by its name.
WHEN_NAMED = {"prediction", "search", "mapping", "neighbours", "duplicates", "exploration"}
MAPPING = ("mapping", "neighbours", "duplicates")  # together the pipeline `mapping`
INGESTION = ("collection", "ingestion")  # together the pipeline `ingestion`
# What `kedro viz` shows between the boxes of pipelines, and between those in one pipeline.
BETWEEN_BOXES = {
    *("image_index", "splits", "features", "classifier", "predictions", "pairs", "metrics"),
    *("report", "map_page", "image_map", "neighbour_index", "search_result", "search_sheet"),
    *("exported_classifier", "findings", "exploration_page", "near_duplicates", "duplicates_page"),
    *("prediction_collected", "prediction_image_index", "prediction_classifier"),
    *("prediction_features", "labelled_images"),
    *("labelled_features", "chosen_estimator", "scene", "run_section", "classifier_section"),
    *("model_section", "sample_section", "feature_section", "similarity_section"),
}
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
    pipelines = _packages()
    usual = (pipeline for name, pipeline in pipelines.items() if name not in WHEN_NAMED)
    pipelines["__default__"] = sum(usual, start=Pipeline([]))
    if "ingestion" in pipelines:
        pipelines["ingestion"] = sum(map(_of_package, INGESTION), start=Pipeline([]))
    if "mapping" in pipelines:
        pipelines["mapping"] = sum(map(_of_package, MAPPING), start=Pipeline([]))
    if "exploration" in pipelines:
        pipelines["exploration"] = sum(map(_of_package, EXPLORATION), start=Pipeline([]))
    if KEDRO_VIZ in sys.modules and KEDRO_IPYTHON not in sys.modules:
        return {name: collapsed(pipeline) for name, pipeline in pipelines.items()}
    return pipelines


class NoPipelineError(click.ClickException, ImportError):
    """A command names a pipeline that does not exist; click prints one sentence of it."""


def _packages() -> dict[str, Pipeline]:
    """Every package by its name, or those that the command line names."""
    try:
        return find_pipelines(raise_errors=True)
    except ImportError as problem:
        if problem.__context__ is not None:  # an error in the code of a package
            raise
        name = str(problem).split("'")[1].rpartition(".")[2]
        message = f"there is no pipeline '{name}': `kedro registry list` names those that exist"
        raise NoPipelineError(message) from problem


def _of_package(name: str) -> Pipeline:
    """A pipeline that Kedro leaves out where the command line names another."""
    found: Pipeline = import_module(f"pixelmill.pipelines.{name}").create_pipeline()
    return found


def collapsed(pipeline: Pipeline) -> Pipeline:
    """Return a pipeline as `kedro viz` shows it: a box for each package, boxes in it for its tags.

    A single package all of whose nodes have tags opens on the boxes in it. Datasets keep their
    names. A run keeps the plain names of nodes, which `--nodes`, logs and records use.
    """
    parts = {node.name: _box(node) for node in pipeline.nodes}
    is_divided = all(len(part) > 1 for part in parts.values())
    first = 1 if is_divided and len({part[0] for part in parts.values()}) == 1 else 0
    boxes: dict[str, list[Node]] = {}
    for node in pipeline.nodes:
        boxes.setdefault(".".join(parts[node.name][first:]), []).append(node)
    with warnings.catch_warnings():
        # The work of one box may go on after that of another, and mosaics have names with dots.
        warnings.simplefilter("ignore", UserWarning)
        return _Boxes(
            [
                Pipeline(nodes, namespace=box, prefix_datasets_with_namespace=False)
                for box, nodes in boxes.items()
            ]
        )


def _box(node: Node) -> list[str]:
    """Return the namespace of a node: the package of its work, `ingestion` for a collection too."""
    # The exploration featurizes before copies are found, and goes on behind them.
    package = "featurization" if "checking" in node.tags else wiring_packages()[node.name]
    outer = ["ingestion"] if package in INGESTION[:-1] else []
    return [*outer, package, *sorted(node.tags)]


class _Boxes(Pipeline):
    """A pipeline whose parts take and return `BETWEEN_BOXES` only.

    kedro-viz shows what a box takes and returns beside the box, and all its other datasets in it.
    """

    def only_nodes_with_namespaces(self, node_namespaces: list[str]) -> Pipeline:
        """Return the nodes of a box."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # as in `collapsed`
            found = super().only_nodes_with_namespaces(node_namespaces)
            return _Box(found.nodes, shown=BETWEEN_BOXES & self.all_outputs())


class _Box(Pipeline):
    def __init__(self, nodes: list[Node], *, shown: set[str]) -> None:
        self._shown = shown
        super().__init__(nodes)

    def inputs(self) -> set[str]:
        found = super().inputs()
        return {name for name in found if name.startswith("params:")} | found & self._shown

    def outputs(self) -> set[str]:
        return super().outputs() & self._shown

    def all_outputs(self) -> set[str]:
        return super().all_outputs() & self._shown
