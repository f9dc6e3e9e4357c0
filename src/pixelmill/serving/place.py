"""The location of a served model, and whether it has been replaced."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from pixelmill.errors import InputError
from pixelmill.storage import is_s3, local_path, open_storage
from pixelmill.storage.listed_files import is_plain

MODELS, FEATURES = "06_models", "04_feature"
MANIFEST = "manifest.json"
NO_INDEX = "none"

Stamp = tuple[tuple[object, ...] | None, ...]
"""Size and time of change of the manifests of a model and its index; another one, other files."""


@dataclass(frozen=True)
class Place:
    """Where a model is, and how far it is trusted.

    Attributes:
        model: Folder of an exported classifier, on disk or as an `s3://` URI.
        index: Features of its images, or their neighbour index; None takes that of its data set,
            if there is one in the same storage, and `none` takes none.
        trusted: Whether the author of the model is trusted to run code here.
        sha256: Digest that its manifest must have; None takes any.
    """

    model: str
    index: str | None = None
    trusted: bool = False
    sha256: str | None = None

    def find_index(self) -> str | None:
        """Return the folder of the index; None if there is none.

        Raises:
            InputError: The storage cannot be read, the index is damaged, or there is none where
                one was named.
        """
        from pixelmill.neighbours.folder import find_index

        if self.index == NO_INDEX:
            return None
        return find_index_beside(self.model) if self.index is None else find_index(self.index)

    def stamp(self) -> Stamp:
        """Return what changes when the model or its index is replaced.

        Raises:
            InputError: The storage cannot be asked.
            OSError: The same.
        """
        of_model = _stamp(self.model)
        index = self.find_index()
        return of_model, None if index is None else _stamp(index)


def find_index_beside(model: str) -> str | None:
    """Return the index of the data set that a model was trained on, where it is in the same
    storage and holds features that the model takes.

    Args:
        model: `…/06_models/<dataset>/export`, as a run leaves it.

    Returns:
        `…/04_feature/<dataset>/<fingerprint>/_neighbours`; None if there is none.

    Raises:
        InputError: The storage cannot be read, or there is no model.
    """
    from pixelmill.classifier.folder import DAMAGED, read_manifest
    from pixelmill.neighbours.folder import FOLDER, is_index

    parts = PurePosixPath(model if is_s3(model) else local_path(model)).parts
    if len(parts) < 3 or parts[-3] != MODELS:
        return None
    start = model.rstrip("/").rsplit("/", 3)[0] if is_s3(model) else str(PurePosixPath(*parts[:-3]))
    try:
        marks = [str(part["fingerprint"]) for part in read_manifest(model).featurizer["parts"]]
    except DAMAGED as problem:
        raise InputError(f"the manifest of {model} names no featurizer") from problem
    folders = (
        f"{start}/{FEATURES}/{parts[-2]}/{mark}/{FOLDER}" for mark in filter(is_plain, marks)
    )
    return next(filter(is_index, folders), None)


def _stamp(folder: str) -> tuple[object, ...]:
    (found,) = open_storage(folder).find_files([MANIFEST])
    if found is None:
        raise InputError(f"{folder} has no {MANIFEST}")
    return (folder, found.size, found.modified)
