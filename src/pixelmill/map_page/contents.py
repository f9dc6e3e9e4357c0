"""Input and output of the interactive map."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from pixelmill.errors import InputError


@dataclass(frozen=True, eq=False)
class Similar:
    """The images most like each image of a page.

    Attributes:
        places: int32 [n, k], positions in the paths of the page, nearest first, -1 where there
            are fewer; None where the page lists none.
        note: Sentence why it lists none; None if it was not requested.
    """

    places: npt.NDArray[np.int32] | None = None
    note: str | None = None


@dataclass(frozen=True)
class MapPoints:
    """Images and their places on the map.

    Attributes:
        paths: Image paths, unique; the page lists images in this order.
        labels: Label of each path; None for an unlabelled image.
        coordinates: Shape [n, 2], of any unit; y points up.
        clusters: Shape [n]; -1 is noise.
        thumbnails: JPEG bytes by position in `paths`; an image that is missing here is drawn as
            a point alone.
        similar: The images most like each.
        originals: Address that the paths are relative to, with a slash at its end; None where the
            page cannot reach the images.

    Raises:
        InputError: A place is no finite number.
    """

    paths: list[str]
    labels: list[str | None]
    coordinates: npt.NDArray[np.float64]
    clusters: npt.NDArray[np.integer[Any]]
    thumbnails: dict[int, bytes] = field(default_factory=dict)
    similar: Similar = Similar()
    originals: str | None = None

    def __post_init__(self) -> None:
        """Refuse a point that no page could draw."""
        placed = np.isfinite(self.coordinates).all(axis=-1)
        if not placed.all():
            lost = np.flatnonzero(~placed)
            raise InputError(
                f"{len(lost):,} of {len(self.paths):,} images have no finite place on the map, "
                f"the first is {self.paths[lost[0]]!r}: run the projection again"
            )


@dataclass(frozen=True)
class MapPage:
    """A written map.

    Attributes:
        html: The page, to be written as UTF-8.
        files: Sprite sheets by file name, for the folder `<name of the page>_files` beside it;
            empty where the page holds its own thumbnails.
        notes: Sentences on what did not fit into the page.
    """

    html: str
    files: dict[str, bytes]
    notes: list[str] = field(default_factory=list)
