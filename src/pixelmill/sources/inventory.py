"""An S3 Inventory: the list of a bucket that S3 writes every day or week, read by Spark.

No row of it comes to the driver: a hundred million images are counted and labelled where Spark
reads them.
"""

import re
from pathlib import Path

from pixelmill.parameters import IngestionParameters
from pixelmill.sources.exclusion import Exclusion
from pixelmill.sources.inventory_manifest import find_inventory, read_manifest, root_of
from pixelmill.sources.inventory_table import InventoryListing, read_rows
from pixelmill.sources.listing import Source
from pixelmill.storage import child, is_s3, local_path

ORDER = 15

_MANIFEST = re.compile(r"(?i)(?P<manifest>.*\.json)(#(?P<prefix>.*))?", re.DOTALL)


def recognises(images: str) -> bool:
    """Return whether `images` ends like a manifest, or like one with a prefix behind '#'."""
    if not _MANIFEST.fullmatch(images):
        return False
    return is_s3(images) or not Path(local_path(images)).is_dir()


def open_source(images: str, parameters: IngestionParameters) -> Source:
    """Return the source of an S3 Inventory."""
    return InventorySource(images, parameters)


def files_of(images: str) -> list[str]:
    """Return the files that the images of an inventory are read from; none if it is another source.

    In a bucket the manifest represents all of them: S3 writes it with the MD5 of each file. On disk
    anybody may have changed a file.

    Args:
        images: Source of images.

    Raises:
        InputError: The manifest cannot be read.
    """
    found = _MANIFEST.fullmatch(images)
    if not (found and recognises(images)):
        return []
    place = found["manifest"]
    if is_s3(place):
        return [place]
    manifest = read_manifest(place)
    root = root_of(manifest, place)
    return [place, *(child(root, file.key) for file in manifest.files)]


class InventorySource(Source):
    """The images of a bucket that an S3 Inventory lists.

    The images' root is the bucket, or the prefix, and never depends on the images: one image more
    moves no other.

    Args:
        images: The inventory's `manifest.json`; behind '#', the prefix of the images in the bucket
            that it lists, without which all of them are taken.
        parameters: Parameters; uses `extensions` and `exclude`.
    """

    def __init__(self, images: str, parameters: IngestionParameters) -> None:
        super().__init__(images)
        found = _MANIFEST.fullmatch(images)
        self._manifest = found["manifest"] if found else images
        self._prefix = (found["prefix"] or "").strip("/") if found else ""
        self._extensions = parameters.extensions
        self._exclusion = Exclusion(parameters.exclude)

    def list_images(self) -> InventoryListing:
        """Return the listing of the inventory, which Spark reads."""
        manifest = read_manifest(self._manifest)
        files = find_inventory(manifest, self._manifest)
        return InventoryListing(
            root=f"s3://{manifest.source_bucket}/{self._prefix}".rstrip("/"),
            images=self.images,
            rows=read_rows(manifest, files),
            encoded=manifest.file_format == "csv",
            prefix=f"{self._prefix}/" if self._prefix else "",
            extensions=self._extensions,
            exclusion=self._exclusion,
        )
