"""The location of a served model, and whether it has been replaced."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from pixelmill.errors import InputError
from pixelmill.storage import is_s3, local_path, open_storage

MODELS, FEATURES = "06_models", "04_feature"
MANIFEST = "manifest.json"

Stamp = tuple[tuple[object, ...] | None, ...]
"""Size and time of change of the manifests of a model and its index; another one, other files."""


@dataclass(frozen=True)
class Place:
    """Where a model is, and how far it is trusted.

    Attributes:
        model: Folder of an exported classifier, on disk or as an `s3://` URI.
        index: Features of its images, or their neighbour index; None if there is none.
        trusted: Whether the author of the model is trusted to run code here.
        sha256: Digest that its manifest must have; None takes any.
    """

    model: str
    index: str | None = None
    trusted: bool = False
    sha256: str | None = None

    def stamp(self) -> Stamp:
        """Return what changes when the model or its index is replaced.

        Raises:
            InputError: The storage cannot be asked.
            OSError: The same.
        """
        from pixelmill.neighbours.folder import find_index

        folders = [self.model, *([] if self.index is None else [find_index(self.index)])]
        return tuple(_stamp(folder) for folder in folders)


def find_index_beside(model: str) -> str | None:
    """Return the index of the data set that a model was trained on, where it is in the same
    storage.

    Args:
        model: `…/06_models/<dataset>/export`, as a run leaves it.

    Returns:
        `…/04_feature/<dataset>`, which has an index; None if there is none.

    Raises:
        InputError: The storage cannot be read, or the index there is damaged.
    """
    from pixelmill.neighbours.folder import has_index

    parts = PurePosixPath(model if is_s3(model) else local_path(model)).parts
    if len(parts) < 3 or parts[-3] != MODELS:
        return None
    start = model.rstrip("/").rsplit("/", 3)[0] if is_s3(model) else str(PurePosixPath(*parts[:-3]))
    folder = f"{start}/{FEATURES}/{parts[-2]}"
    return folder if has_index(folder) else None


def _stamp(folder: str) -> tuple[object, ...] | None:
    (found,) = open_storage(folder).find_files([MANIFEST])
    if found is None:
        raise InputError(f"{folder} has no {MANIFEST}")
    return (folder, found.size, found.modified)
