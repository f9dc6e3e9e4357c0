"""The order of nodes: one pipeline after another, as far as dependencies allow."""

from collections import defaultdict

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines import wiring_packages


def module_of(node: Node) -> str:
    """Return the module that defines the function of a node."""
    function = node.func
    while hasattr(function, "func"):  # of functools.partial
        function = function.func
    return str(function.__module__)


def pipeline_of(node: Node) -> str:
    """Return the name of the pipeline that wires a node, such as `modelling`.

    Args:
        node: A node; of another project's code, whose package is taken for its pipeline.
    """
    return wiring_packages().get(node.name) or module_of(node).partition(".")[0]


def in_order(pipeline: Pipeline) -> list[Node]:
    """Sort nodes topologically, those of a pipeline together where possible.

    A pipeline comes after those that its nodes depend on: among the nodes that may run next, the
    one is taken whose pipeline has the fewest such pipelines. Nodes that take parameters alone come
    first: what is impossible is refused before any work.

    Args:
        pipeline: Nodes of a run.
    """
    needed = {node: set(before) for node, before in pipeline.node_dependencies.items()}
    depth = _depths(pipeline)
    place = {node: number for number, node in enumerate(pipeline.nodes)}
    ordered: list[Node] = []
    while needed:
        ready = (node for node, before in needed.items() if not before)
        following = min(
            ready, key=lambda node: (_takes_data(node), depth[pipeline_of(node)], place[node])
        )
        ordered.append(following)
        del needed[following]
        for before in needed.values():
            before.discard(following)
    return ordered


def _takes_data(node: Node) -> bool:
    return any(not name.startswith("params:") for name in node.inputs)


def _depths(pipeline: Pipeline) -> dict[str, tuple[int, str]]:
    """Count the pipelines that each depends on; the name decides between equal counts."""
    above: defaultdict[str, set[str]] = defaultdict(set)
    ancestors: dict[Node, set[str]] = {}
    for node in pipeline.nodes:
        before = pipeline.node_dependencies[node]
        found = set().union(*({pipeline_of(one)} | ancestors[one] for one in before))
        ancestors[node] = found
        above[pipeline_of(node)] |= found - {pipeline_of(node)}
    return {name: (len(found), name) for name, found in above.items()}
