"""Details of images for the page: similar images, and addresses of photos."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pixelmill.datasets.neighbour_index import StoredIndex
from pixelmill.map_page import Similar
from pixelmill.parameters import AUTO_ORIGINALS, MappingParameters, NeighboursParameters
from pixelmill.spark.types import ArrowTable, DataFrame
from pixelmill.storage import is_s3, local_path

if TYPE_CHECKING:
    from pixelmill.neighbours import Index, Neighbour

MOST = 50_000  # images of a page that lists similar ones
SPARE = 24  # nearest images beyond those that are listed: copies are left out
AT_ONCE = 5000  # images that the index is asked for at a time
TRIES = 3  # of an image with so many copies that they are all of its nearest
MORE = 4  # times as many nearest images in the next try


def list_similar(
    image_map: DataFrame,
    map_copies: ArrowTable,
    neighbour_index: StoredIndex,
    neighbours: NeighboursParameters,
    mapping: MappingParameters,
) -> Similar:
    """Ask the index for the images most like each image of the page.

    Args:
        image_map: Column `path`.
        map_copies: Columns `path`, `representative`; of a picture's copies one is listed.
        neighbour_index: Up-to-date index.
        neighbours: Whether there is an index.
        mapping: Parameters, with the number of similar images listed.

    Returns:
        Positions in the list of paths, sorted; or why there are none.
    """
    if not (mapping.page.enabled and mapping.page.similar):
        return Similar()
    if not neighbours.enabled:
        return Similar(note="Similar images are not listed: neighbours.enabled is false.")
    count = image_map.count()
    if count > MOST:
        return Similar(
            note=f"Similar images are not listed for {count:,} images: the page has room for "
            f"those of {MOST:,}. `kedro run --pipelines search` finds them."
        )
    paths = image_map.select("path").toArrow().sort_by("path")["path"].to_pylist()
    columns = (map_copies[name].to_pylist() for name in ("path", "representative"))
    pictures = dict(zip(*columns, strict=True))
    return Similar(similar_places(neighbour_index.open(), paths, pictures, mapping.page.similar))


def similar_places(
    index: "Index", paths: list[str], pictures: Mapping[str, str], count: int
) -> NDArray[np.int32]:
    """Return the positions of the images most like each.

    Args:
        index: Index of the images.
        paths: Paths of n images; those missing in the index have no similar ones.
        pictures: For each copy the path of its representative.
        count: Similar images of each at most, k.

    Returns:
        int32 [n, k], nearest first, -1 where there are fewer or hundreds of copies are nearer:
        neither copies of the image itself nor two copies of one picture.
    """
    places = {path: place for place, path in enumerate(paths)}
    similar = np.full((len(paths), count), -1, np.int32)
    left = [path for path in paths if index.images.key(path) is not None]
    for more in (MORE**step for step in range(TRIES)):
        asked, crowded = more * (count + SPARE), []
        for path, answer in _answers(index, left, asked, AT_ONCE // more):
            listed = _pictures(path, answer, pictures)
            found = [places[other] for other in listed if other in places][:count]
            similar[places[path], : len(found)] = found
            if len(found) < count and len(answer) == asked:
                crowded.append(path)
        left = crowded
    return similar


def _answers(
    index: "Index", paths: list[str], asked: int, at_once: int
) -> "Iterator[tuple[str, list[Neighbour]]]":
    for start in range(0, len(paths), at_once):
        block = paths[start : start + at_once]
        yield from zip(block, index.nearest_many(block, asked), strict=True)


def address_of(originals: str | None, root: str) -> str | None:
    """Return the address that the paths of the images are relative to.

    Args:
        originals: `mapping.page.originals`: an address, `auto`, or None.
        root: Folder or `s3://` URI of the images.

    Returns:
        With a slash at its end; None where a browser cannot open the images: a bucket's addresses
        are private, or signed, and signed ones expire and are secrets.

    Example:
        >>> address_of("auto", "/photos/my pets")
        'file:///photos/my%20pets/'
        >>> address_of("https://example.org/pets", "s3://bucket/pets")
        'https://example.org/pets/'
    """
    if originals is None or (originals == AUTO_ORIGINALS and is_s3(root)):
        return None
    address = Path(local_path(root)).as_uri() if originals == AUTO_ORIGINALS else originals
    return f"{address.rstrip('/')}/"


def _pictures(path: str, answer: "list[Neighbour]", pictures: Mapping[str, str]) -> list[str]:
    """Return the nearest image of each picture except its own."""
    seen = {pictures.get(path, path)}
    listed = []
    for one in answer:
        picture = pictures.get(one.path, one.path)
        if picture not in seen:
            seen.add(picture)
            listed.append(one.path)
    return listed
