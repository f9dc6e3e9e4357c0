"""Number and size of images and features, measured or given."""

import glob
import json
from dataclasses import dataclass

from pixelmill.collection.url_lists import find_urls
from pixelmill.errors import InputError
from pixelmill.parameters import ProjectParameters
from pixelmill.sources import find_source
from pixelmill.storage import child, open_storage

USUAL_BYTES = 100_000.0
USUAL_FLOATS = 1280  # of efficientnet_lite0, the default


@dataclass(frozen=True)
class Quantity:
    """A number, and where it is from."""

    value: float
    source: str


@dataclass(frozen=True)
class Sample:
    """What the features of a run here show of its images.

    Attributes:
        image_bytes: Mean size of an image; None where there are no features here.
        floats: Length of a feature vector; None likewise.
    """

    image_bytes: float | None
    floats: int | None


def count_images(
    given: int | None, parameters: ProjectParameters, storage: str
) -> tuple[Quantity, float | None]:
    """Return how many images the run will have.

    Args:
        given: Number that the user gives.
        parameters: Parameters of the run; uses `images`, if they need listing, and `ingestion`.
        storage: Storage of all tables, with the counts of an earlier run.

    Returns: The number, and the mean bytes of an image where they were listed.

    Raises:
        InputError: If nothing says how many there are, or they cannot be listed.
    """
    if given is not None:
        return Quantity(given, "--images"), None
    if parameters.images:
        return _listed(parameters.images, parameters)
    place = child(f"02_intermediate/{parameters.dataset}", "source.json")
    folder = open_storage(storage)
    if folder.find_files([place]) == [None]:
        raise InputError(
            f"nothing says how many images there are: give --images 1000000, or --params "
            f"images=s3://… to have them counted ({folder.root}/{place} is not there)"
        )
    try:
        count = int(json.loads(folder.read_bytes(place))["count"])
    except (ValueError, TypeError, KeyError):
        raise InputError(
            f"{folder.root}/{place} is damaged: give --images 1000000, or run the ingestion again"
        ) from None
    return Quantity(count, f"{folder.root}/{place}"), None


def measure_sample(storage: str, dataset: str) -> Sample:
    """Return what the features of an earlier run show of the images.

    Args:
        storage: Folder or URI of all tables.
        dataset: Name of the data set.
    """
    import pyarrow.parquet as pq

    from pixelmill.storage.file_systems import find_file_system

    system, folder = find_file_system(child(storage, f"04_feature/{dataset}"))
    try:
        current = json.loads(system.cat_file(f"{folder}/featurizer.json"))["fingerprint"]
    except (OSError, ValueError, KeyError):
        return Sample(None, None)
    # Chunk by chunk: a bucket may hold a hundred thousand files.
    chunks = sorted(system.glob(f"{glob.escape(folder)}/{current}/chunk=*"))
    for file in (
        part for chunk in chunks for part in sorted(system.glob(f"{glob.escape(chunk)}/part-*"))
    ):
        table = pq.read_table(file, columns=["size", "features"], filesystem=system)
        lengths = {len(value) for value in table["features"].drop_null().slice(0, 1)}
        if lengths:
            sizes = table["size"].to_numpy()
            return Sample(float(sizes.mean()), lengths.pop())
    return Sample(None, None)


def _listed(images: str, parameters: ProjectParameters) -> tuple[Quantity, float]:
    if find_urls(images, parameters.ingestion):
        raise InputError(
            f"{images} lists URLs, and how fast their servers answer is not known before: collect "
            "the images first (kedro run --pipelines collection,ingestion --params "
            f"dataset={parameters.dataset},images={images}), then plan with --params "
            f"dataset={parameters.dataset}; or give --images 1000000 --image-kb 100 to plan the "
            "features alone"
        )
    count, size = find_source(images, parameters.ingestion).list_images().amount()
    return Quantity(count, f"counted in {images}"), size / max(1, count)
