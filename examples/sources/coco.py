"""The images of a COCO annotation file: `images=coco:/photos/annotations.json`."""

import json
from typing import Any

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import Listing, Source
from pixelmill.storage import EPOCH, StoredFile, open_storage

ORDER = 5  # asked before the kinds with a higher number
PREFIX = "coco:"


def recognises(images: str) -> bool:
    """Tell whether `images` names a COCO file."""
    return images.startswith(PREFIX)


def open_source(images: str, parameters: IngestionParameters) -> "CocoSource":
    """Open the source; nothing is read yet."""
    del parameters
    return CocoSource(images)


class CocoSource(Source):
    """The images of the file; `ingestion.label=column` takes their categories as labels."""

    def list_images(self) -> Listing:
        """List the images; one without a file is listed too, and fails when it is read."""
        folder, _, name = self.images.removeprefix(PREFIX).rpartition("/")
        storage = open_storage(folder or ".")
        try:
            labels = labels_of(json.loads(storage.read(name).data))
        except (ValueError, LookupError, TypeError) as problem:
            raise InputError(f"{self.images} is no COCO file: {problem!r}") from problem
        paths = sorted(labels)
        found = zip(paths, storage.find_files(paths), strict=True)
        files = [file or StoredFile(path, 0, EPOCH) for path, file in found]
        return Listing(storage.root, files, [labels[path] for path in paths], {}, [])


def labels_of(content: dict[str, Any]) -> dict[str, str | None]:
    """Return the category of each file name; None for an image of several categories or none."""
    names = {one["id"]: str(one["name"]) for one in content["categories"]}
    found: dict[int, set[str]] = {one["id"]: set() for one in content["images"]}
    for one in content["annotations"]:
        found[one["image_id"]].add(names[one["category_id"]])
    categories = {str(one["file_name"]): found[one["id"]] for one in content["images"]}
    return {path: next(iter(some)) if len(some) == 1 else None for path, some in categories.items()}
