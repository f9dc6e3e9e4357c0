"""What groups are called."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, count


def group_name(cluster: int) -> str:
    """The name of a group that no label names.

    Args:
        cluster: Cluster number, from 0.
    """
    return f"group {cluster + 1}"


def majority(labels: Iterable[str | None]) -> str | None:
    """The label that half of the labelled images have at least; of equals the first by name.

    Args:
        labels: Labels of the images of a cluster.
    """
    counted = Counter(label for label in labels if label is not None)
    if not counted:
        return None
    label, most = min(counted.items(), key=lambda one: (-one[1], one[0]))
    return label if 2 * most >= counted.total() else None


def unique_names(labels: Sequence[str | None]) -> list[str]:
    """A name for each group: its label, numbered where several groups have it.

    Args:
        labels: The majority label of each group in order, or None.
    """
    names: list[str] = []
    for cluster, label in enumerate(labels):
        name = group_name(cluster) if label is None else label
        possible = chain([name], (f"{name} ({number})" for number in count(2)))
        names.append(next(one for one in possible if one not in names))
    return names
