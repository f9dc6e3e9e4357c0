"""The pipelines: each is a folder with its nodes and their wiring.

What nodes read by themselves is listed here, since no dataset of the catalog names it: incremental
runs have to know.
"""

from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

ALWAYS_RUN = frozenset(
    {"list_images", "list_new_images", "list_urls", "list_prediction_urls", "describe_featurizer"}
)
"""Nodes that read what anybody may change at any time: the images, lists of them, weights. One that
has external files reads nothing else, and runs only if one of these has changed."""

Load = Callable[[str], Any]


def _model(load: Load) -> Iterable[str]:
    return filter(None, [load("params:model")])


def _query(load: Load) -> Iterable[str]:
    return filter(None, [load("params:query")])


def _list_of_images(load: Load) -> Iterable[str]:
    """Return the table that `images` names, if one of its columns says which images are tested."""
    named = load("params:splitting").method == "column"
    return filter(None, [load("params:images")]) if named else ()


def _inventory(load: Load) -> Iterable[str]:
    """Return the files of an S3 Inventory, if `images` is one."""
    from pixelmill.sources.inventory import files_of

    return files_of(load("params:images") or "")


EXTERNAL_FILES = {
    "list_images": _inventory,
    "list_new_images": _inventory,
    "open_classifier": _model,
    "search_index": _query,
    "split_images": _list_of_images,
}
"""External files and folders of nodes, by the names of the nodes; each is given what loads a
dataset."""


@cache
def wiring_packages() -> dict[str, str]:
    """Return the package of this folder that wires each node, by the node's name."""
    packages = [found.name for found in iter_modules(__path__) if found.ispkg]
    return {
        node.name: package
        for package in packages
        for node in import_module(f"{__name__}.{package}").create_pipeline().nodes
    }
