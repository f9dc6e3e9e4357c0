"""Limits of the page's size for large maps: names are shortened before images are left out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pixelmill.map_page.contents import MapPoints, Similar
from pixelmill.map_page.packing import pack_json

# Characters of a name; None keeps it whole.
LENGTHS = (None, 200, 150, 120, 100, 80, 70, 60, 50, 44, 38, 32, 26, 20, 16, 12, 8, 4, 0)
NAME = 200  # characters of a label or a cluster's name at most, where names are cut
MOST_POINTS = 1_500_000  # of which places and colours alone take half of the page
SAMPLE = 5_000  # texts of a block that the size of all is estimated by
BLOCKS = 5
NEARLY = 1.1  # an estimate is that far off at most


def shortened(text: str, length: int | None) -> str:
    """Cut the middle out of a text, where a path says least.

    Args:
        text: Any text.
        length: Characters that are left at most, the ellipsis included; None leaves all.

    Example:
        >>> shortened("photos/2024/holiday/IMG_0001.jpg", 16)
        'photo…G_0001.jpg'
    """
    if length is None or len(text) <= length:
        return text
    if length <= 2:
        return text[:length]
    head = (length - 1) // 3
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def fit_names(paths: Sequence[str], facts: dict[str, Any], room: int) -> tuple[dict[str, str], Any]:
    """Pack paths and the names of categories, cut as far as the room asks for.

    Args:
        paths: All paths.
        facts: What the page must know; `groups` and `labels` are lists of entries with a `name`.
        room: Bytes that both may take, packed.

    Returns:
        The elements `paths` and `facts`; and the characters of a name, None where all are whole.
    """
    for length in LENGTHS[:-1]:
        if _estimated(paths, length) > NEARLY * room:
            continue
        packed = _packed(paths, facts, length)
        if sum(map(len, packed.values())) <= room:
            return packed, length
    return _packed(paths, facts, LENGTHS[-1]), LENGTHS[-1]


def fit_points(points: MapPoints, kept: Sequence[str]) -> tuple[MapPoints, int]:
    """Leave images out, drawn by chance, where there are more than a page has room for.

    Args:
        points: All images.
        kept: Paths of images that stay, as those in the middle of their clusters.

    Returns:
        The images that are shown, in their order; and how many are left out.
    """
    count = len(points.paths)
    if count <= MOST_POINTS:
        return points, 0
    chosen = np.zeros(count, bool)
    chosen[np.random.default_rng(0).permutation(count)[:MOST_POINTS]] = True
    wanted = set(kept)
    chosen[[place for place, path in enumerate(points.paths) if path in wanted]] = True
    places = np.flatnonzero(chosen)
    new = np.full(count, -1)
    new[places] = np.arange(len(places))
    shown = replace(
        points,
        paths=[points.paths[place] for place in places],
        labels=[points.labels[place] for place in places],
        coordinates=points.coordinates[places],
        clusters=points.clusters[places],
        thumbnails={int(new[at]): one for at, one in points.thumbnails.items() if chosen[at]},
        similar=Similar(note=points.similar.note),
    )
    return shown, count - len(places)


def _packed(paths: Sequence[str], facts: dict[str, Any], length: int | None) -> dict[str, str]:
    cut: dict[str, Any] = {"names": length}
    for mode in ("groups", "labels"):
        least = None if length is None else min(NAME, max(length, 1))
        cut[mode] = [one | {"name": shortened(one["name"], least)} for one in facts[mode]]
    listed = [shortened(path, length) for path in paths]
    return {"paths": pack_json(listed), "facts": pack_json(facts | cut)}


def _estimated(paths: Sequence[str], length: int | None) -> float:
    """Return bytes of all packed paths, by some blocks of neighbouring ones."""
    if len(paths) <= BLOCKS * SAMPLE:
        return 0.0
    starts = np.linspace(0, len(paths) - SAMPLE, BLOCKS).astype(int)
    blocks = [[shortened(path, length) for path in paths[at : at + SAMPLE]] for at in starts]
    return sum(len(pack_json(block)) for block in blocks) * len(paths) / (BLOCKS * SAMPLE)
