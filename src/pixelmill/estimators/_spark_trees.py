"""Trees of Spark ML: parameters, and conversion from the JVM."""

import json
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from pixelmill.estimators._parameters import Count, EstimatorParameters, NotNegative
from pixelmill.models import Array
from pixelmill.models.trees import Link, TreesModel
from pixelmill.parameters import Long

Node = dict[str, Any]
SUBSET = r"^(auto|all|onethird|sqrt|log2|[1-9]\d*|0?\.\d*[1-9]\d*|1\.0)$"
Depth = Annotated[int, Field(ge=0, le=30)]


class TreeParameters(EstimatorParameters):
    """Parameters of every tree of an ensemble.

    Attributes:
        max_depth: Questions between a root and a leaf, at most; Spark allows 30.
        max_bins: Thresholds that are tried for a feature.
        min_instances_per_node: Images in a node, at least.
        min_weight_fraction_per_node: Share of all weights in a node, at least.
        min_info_gain: Minimum information gain of a split.
        subsampling_rate: Share of the images that a tree sees.
        feature_subset_strategy: Features that are tried for a split: all, onethird, sqrt, log2, a
            number, a share, or auto (sqrt for a forest, all for boosting).
        max_memory_in_m_b: Memory in MB for the counts that one pass over the images gathers.
        seed: Seed of all random choices.
    """

    max_depth: Depth = 5
    max_bins: Annotated[int, Field(ge=2, lt=2**31)] = 32
    min_instances_per_node: Count = 1
    min_weight_fraction_per_node: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    min_info_gain: NotNegative = 0.0
    subsampling_rate: Annotated[float, Field(gt=0, le=1)] = 1.0
    feature_subset_strategy: Annotated[str, Field(pattern=SUBSET, coerce_numbers_to_str=True)] = (
        "auto"
    )
    max_memory_in_m_b: Annotated[int, Field(ge=0, lt=2**31, alias="maxMemoryInMB")] = 256
    seed: Long = 0


def trees_model(learned: Any, weights: Array, link: Link) -> TreesModel:
    """Return the arrays of an ensemble.

    A node is several objects in the JVM, and each call there costs more than a node is worth: a
    whole tree comes as JSON, made of the table that Spark itself would save.

    Args:
        learned: A `RandomForestClassificationModel` or `GBTClassificationModel`.
        weights: float64 [trees].
        link: `share` for a forest, whose leaves count classes, `logistic` for boosting.
    """
    write = _writer()
    trees = [json.loads(write(tree)) for tree in learned._java_obj.trees()]
    sizes = [len(tree) for tree in trees]
    roots = np.cumsum([0, *sizes[:-1]], dtype=np.int64)
    nodes = [node for tree in trees for node in sorted(tree, key=lambda node: node["id"])]
    rows, begin = np.arange(len(nodes)), np.repeat(roots, sizes)
    values = _shares(nodes) if link == "share" else _predictions(nodes)
    return TreesModel(
        roots=roots,
        feature=np.array([node["split"]["featureIndex"] for node in nodes], dtype=np.int64),
        threshold=np.array([_threshold(node) for node in nodes]),
        left=_children(nodes, "leftChild", rows, begin),
        right=_children(nodes, "rightChild", rows, begin),
        values=values * np.repeat(weights, sizes)[:, None],
        importances=learned.featureImportances.toArray(),
        link=link,
    )


def _writer() -> Any:
    """Return what makes JSON of a tree in the JVM."""
    from pyspark import SparkContext

    jvm: Any = SparkContext._jvm
    annotation = jvm.com.fasterxml.jackson.annotation
    visibility = getattr(annotation, "JsonAutoDetect$Visibility")
    mapper = jvm.com.fasterxml.jackson.databind.ObjectMapper()
    # A node's fields are its data; its getters build objects.
    mapper.setVisibility(annotation.PropertyAccessor.ALL, visibility.NONE)
    mapper.setVisibility(annotation.PropertyAccessor.FIELD, visibility.ANY)
    files = jvm.org.apache.spark.ml.tree.DecisionTreeModelReadWrite
    build = getattr(getattr(files, "NodeData$"), "MODULE$").build
    as_java = jvm.scala.jdk.javaapi.CollectionConverters.asJava
    return lambda tree: mapper.writeValueAsString(as_java(build(tree.rootNode(), 0)._1()))


def _threshold(node: Node) -> float:
    """Return the threshold of a split; 0 in a leaf, which has none."""
    found = node["split"]["leftCategoriesOrThreshold"]
    return float(found[0]) if found else 0.0


def _children(nodes: list[Node], side: str, rows: Any, begin: Any) -> Any:
    children = np.array([node[side] for node in nodes], dtype=np.int64)
    return np.where(children < 0, rows, children + begin)


def _shares(nodes: list[Node]) -> Array:
    counts = np.array([node["impurityStats"] for node in nodes], dtype=np.float64)
    shares: Array = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _predictions(nodes: list[Node]) -> Array:
    return np.array([[node["prediction"]] for node in nodes], dtype=np.float64)
