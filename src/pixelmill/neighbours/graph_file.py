"""The file of a graph, checked before usearch opens it.

usearch follows the numbers in its file without a check: a link to a node that is not there makes it
read memory that is not its own, which ends the process. A digest does not help against whoever
wrote the folder. So every number that usearch follows is compared here with what there is. The
layout, all little endian, is that of usearch 2:

    rows uint32 · bytes of a row uint32 · the vectors, a row each
    head, 64 bytes: what an empty index of the same kind has, but for the counts of its vectors
    nodes, links of a node, links of a node at level 0, highest level, first node: uint64 each
    level of each node int16
    each node: key uint64 · level int16 · then for each level, 0 first: links uint32 · link uint32 …

Source: https://github.com/unum-cloud/usearch, include/usearch/index.hpp and index_dense.hpp
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SHAPE, HEAD, SIZES = 8, 64, 40  # bytes
KEY, LEVEL = 8, 2
COUNTS = slice(17, 33)  # of the head: vectors that are there, and that were removed
SOFTWARE = slice(9, 13)  # of the head: its version below the first number
REMOVED = 2**64 - 1  # key of a node that was removed
NODES_AT_ONCE = 65_536


class UnreadableIndexError(Exception):
    """A file of an index is none that can be read here; the text says why."""


class _Layout(NamedTuple):
    """Where the nodes of a file are.

    Attributes:
        content: uint8 [bytes], mapped into memory.
        starts: int64 [nodes], first byte of each.
        levels: int16 [nodes], highest of each.
        links: Maximum number of links of a node above level 0, and at level 0.
    """

    content: NDArray[np.uint8]
    starts: NDArray[np.int64]
    levels: NDArray[np.int16]
    links: tuple[int, int]


def check_graph(path: str, empty: bytes, keys: NDArray[np.uint64]) -> None:
    """Refuse a graph in which a number leads to something that is not there.

    Args:
        path: File on disk.
        empty: File of an index without vectors, of the same kind.
        keys: uint64 [n], of its vectors, rising.

    Raises:
        UnreadableIndexError: The file is no graph, of another kind, or of other vectors.
    """
    if Path(path).stat().st_size < SHAPE + HEAD + SIZES:
        raise UnreadableIndexError("it is too short")
    content = np.memmap(path, np.uint8, "r")
    layout = _layout(content, np.frombuffer(empty, np.uint8))
    found = np.concatenate([_check_nodes(layout, some) for some in _parts(len(layout.starts))])
    present = np.sort(found[found != REMOVED])
    _require(np.array_equal(present, keys), "its vectors are those of other images")
    for level in range(1, int(layout.levels.max()) + 1):
        for some in _parts(len(layout.starts)):
            _check_links(layout, some[layout.levels[some] >= level], level)


def _layout(content: NDArray[np.uint8], empty: NDArray[np.uint8]) -> _Layout:
    rows, width = (int(number) for number in content[:SHAPE].view("<u4"))
    _require(width == int(empty[:SHAPE].view("<u4")[1]), "its vectors are of another size")
    place = SHAPE + rows * width
    _require(place + HEAD + SIZES <= len(content), "it lacks vectors")
    _check_head(content[place : place + HEAD].copy(), empty[SHAPE : SHAPE + HEAD].copy(), rows)
    place += HEAD
    sizes = content[place : place + SIZES].view("<u8")
    links, base = (int(number) for number in empty[SHAPE + HEAD :].view("<u8")[1:3])
    _require([int(number) for number in sizes[1:3]] == [links, base], "its links are others")
    nodes, highest, first = (int(sizes[number]) for number in (0, 3, 4))
    _require(nodes == rows > first, "it lacks nodes")
    place += SIZES
    _require(place + LEVEL * nodes <= len(content), "it lacks levels")
    levels = content[place : place + LEVEL * nodes].copy().view("<i2")
    _require(levels.min() >= 0 and levels.max() == levels[first] == highest, "its levels differ")
    lengths = KEY + LEVEL + 4 + 4 * base + levels.astype(np.int64) * (4 + 4 * links)
    ends = place + LEVEL * nodes + np.cumsum(lengths)
    _require(int(ends[-1]) == len(content), "it lacks nodes")
    return _Layout(content, ends - lengths, levels, (links, base))


def _check_head(head: NDArray[np.uint8], empty: NDArray[np.uint8], rows: int) -> None:
    present, removed = (int(number) for number in head[COUNTS].copy().view("<u8"))
    _require(present + removed == rows, "it counts other vectors")
    head[COUNTS] = head[SOFTWARE] = 0
    empty[COUNTS] = empty[SOFTWARE] = 0
    _require(bool((head == empty).all()), "it is of another kind or version")


def _check_nodes(layout: _Layout, some: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Check nodes and their links at level 0; return their keys."""
    heads = _bytes_at(layout, layout.starts[some], KEY + LEVEL)
    levels = heads[:, KEY:].copy().view("<i2")[:, 0]
    _require(bool((levels == layout.levels[some]).all()), "a node has two levels")
    _check_links(layout, some, 0)
    keys: NDArray[np.uint64] = heads[:, :KEY].copy().view("<u8")[:, 0]
    return keys


def _check_links(layout: _Layout, some: NDArray[np.int64], level: int) -> None:
    """Check that every link leads to an existing node of that level."""
    above, base = layout.links
    skipped = 0 if level == 0 else 4 + 4 * base + (level - 1) * (4 + 4 * above)
    most = above if level else base
    found = _bytes_at(layout, layout.starts[some] + KEY + LEVEL + skipped, 4 + 4 * most)
    numbers = found.view("<u4")
    counts, links = numbers[:, 0], numbers[:, 1:]
    _require(bool((counts <= most).all()), "a node has too many links")
    used = links[np.arange(most) < counts[:, None]]
    _require(bool((used < len(layout.starts)).all()), "a link leads to no node")
    _require(bool((layout.levels[used] >= level).all()), "a link leads to a lower node")


def _bytes_at(layout: _Layout, starts: NDArray[np.int64], length: int) -> NDArray[Any]:
    """Return bytes from some places on, uint8 [n, length]."""
    found: NDArray[np.uint8] = np.asarray(layout.content[starts[:, None] + np.arange(length)])
    return found


def _parts(nodes: int) -> Iterator[NDArray[np.int64]]:
    for start in range(0, nodes, NODES_AT_ONCE):
        yield np.arange(start, min(start + NODES_AT_ONCE, nodes))


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise UnreadableIndexError(problem)
