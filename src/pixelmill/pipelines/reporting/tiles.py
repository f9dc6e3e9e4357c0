"""Images for the template."""

from collections.abc import Sequence
from typing import Any

from pixelmill.pipelines.reporting.samples import Sample
from pixelmill.thumbnails import data_uri


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
