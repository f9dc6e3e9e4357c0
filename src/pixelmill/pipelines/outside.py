"""What nodes read outside the storage, where no record of an earlier run can know it."""

from collections.abc import Callable, Iterable
from typing import Any

LOOKING = frozenset(
    {"list_images", "list_new_images", "list_urls", "list_prediction_urls", "describe_featurizer"}
)
"""Nodes that look at files which anybody may change: the images, lists of them, weights."""

Load = Callable[[str], Any]


def _model(load: Load) -> Iterable[str]:
    return filter(None, [load("params:model")])


def _query(load: Load) -> Iterable[str]:
    return filter(None, [load("params:query")])


def _list_of_images(load: Load) -> Iterable[str]:
    """The list itself, where one of its columns says which images are tested."""
    named = load("params:splitting").method == "column"
    return filter(None, [load("params:images")]) if named else ()


OUTSIDE = {
    "open_classifier": _model,
    "search_index": _query,
    "split_images": _list_of_images,
}
"""By the names of nodes: the files and folders that they read by themselves."""
