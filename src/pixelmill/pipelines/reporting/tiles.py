"""Images for the template."""

from collections.abc import Sequence
from typing import Any

from pixelmill.pipelines.reporting.samples import Sample
from pixelmill.thumbnails import data_uri

GROUPS = {
    "wrong": ("Wrong", "most confident first"),
    "right": ("Right", "least confident first"),
    "unlabelled": ("Without a label", "least confident first"),
}


def tiles(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """Return each image with a short name and its picture.

    Args:
        samples: The images.

    Returns:
        `sample`, `name` (the file and the folder that it is in) and `picture` (an address that
        needs no file; None where there is no picture).
    """
    return [
        {
            "sample": sample,
            "name": "/".join(sample.path.split("/")[-2:]),
            "picture": None if sample.picture is None else data_uri(sample.picture),
        }
        for sample in samples
    ]


def sample_groups(samples: list[Sample]) -> list[dict[str, Any]]:
    """Return wrong, right and unlabelled images as groups of tiles.

    Args:
        samples: The images, in the order of each group.

    Returns:
        `outcome`, `title`, `order` and `tiles` of each group that has images; one group without a
        title where nothing was predicted.
    """
    if samples and all(sample.prediction is None for sample in samples):
        return [_group(samples, "unlabelled", "", "")]
    return [
        _group(chosen, outcome, *titles)
        for outcome, titles in GROUPS.items()
        if (chosen := [sample for sample in samples if sample.outcome == outcome])
    ]


def _group(samples: list[Sample], outcome: str, title: str, order: str) -> dict[str, Any]:
    return {"outcome": outcome, "title": title, "order": order, "tiles": tiles(samples)}
