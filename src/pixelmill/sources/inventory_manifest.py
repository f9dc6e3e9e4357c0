"""The manifest of an S3 Inventory: which bucket was listed, when, and in which files.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

import hashlib
import re
from pathlib import Path
from posixpath import commonpath, dirname

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from pixelmill.errors import InputError
from pixelmill.spark.paths import path_to_read
from pixelmill.storage import child, is_s3, join_root, open_storage, split_location

CHECKSUM = "manifest.checksum"
# How the manifest writes the names of the columns, by format.
_COLUMNS = {
    "csv": re.compile(r"(\w+)"),
    "orc": re.compile(r"(\w+):"),
    "parquet": re.compile(r"(?:required|optional)\s+\w+\s+(\w+)"),
}
_NEEDED = {"key": "Key", "size": "Size", "last_modified_date": "LastModifiedDate"}


class ListedFile(BaseModel):
    """A file of the inventory.

    Attributes:
        key: Key in the destination bucket.
        size: Bytes.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    size: int


class Manifest(BaseModel):
    """What the manifest says.

    Attributes:
        source_bucket: The bucket that was listed.
        destination_bucket: ARN of the bucket of the inventory.
        file_format: csv, orc or parquet.
        file_schema: The columns, as each format writes them.
        files: Files that hold the rows.
    """

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    source_bucket: str = Field(min_length=1)
    destination_bucket: str = Field(pattern=r"^arn:[\w-]+:s3:::.+$")
    file_format: str
    file_schema: str
    files: tuple[ListedFile, ...]

    @field_validator("file_format")
    @classmethod
    def _format_is_known(cls, written: str) -> str:
        if written.lower() not in _COLUMNS:
            raise ValueError(f"{written!r} is not CSV, ORC or Parquet")
        return written.lower()

    @property
    def columns(self) -> list[str]:
        """Names of the columns in their order, in snake case whatever the format."""
        names = _COLUMNS[self.file_format].findall(self.file_schema)
        return [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() for name in names]


def read_manifest(location: str) -> Manifest:
    """Read a manifest, and check that it names all that is needed.

    Args:
        location: Path of the manifest, on disk or as an `s3://` URI.

    Raises:
        InputError: There is none, it is no inventory's manifest or not the one that S3 wrote, or
            the inventory lacks rows or columns.
    """
    folder, name = split_location(join_root(".", location))
    data = open_storage(folder).read_bytes(name)
    _check_sum(folder, name, data)
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        raise InputError(f"{location} is no manifest of an S3 Inventory: {_why(error)}.") from error
    _check_columns(manifest, location)
    if not manifest.files:
        raise InputError(
            f"The inventory {location} has no rows: the bucket {manifest.source_bucket}, or the "
            "prefix that the inventory is limited to, was empty when it was made."
        )
    return manifest


def find_inventory(manifest: Manifest, location: str) -> list[str]:
    """Return where the inventory's files are, each of them whole.

    Args:
        manifest: Manifest that names them.
        location: Path of the manifest. If it is on disk, the files are there too: below one of the
            folders that hold it, at the path that their key says.

    Returns: Locations for Spark's readers, which would take some letters for a pattern.

    Raises:
        InputError: A file is missing, or has another size than the manifest says, or the bucket
            may not be read.
    """
    root = root_of(manifest, location)
    sizes = {file.key: file.size for file in manifest.files}
    folder = commonpath([dirname(key) for key in sizes])
    start = len(folder) + 1 if folder else 0
    found = open_storage(child(root, folder)).find_files([key[start:] for key in sizes])
    for (key, size), file in zip(sizes.items(), found, strict=True):
        if file is None or file.size != size:
            has = "is missing" if file is None else f"has {file.size} bytes, not {size}"
            remedy = "Copy it again, or give the manifest of a later one."
            if "//" in location.partition("://")[2]:  # S3 writes two, and one in the manifest
                remedy = "Give it a destination prefix without a slash at its end."
            raise InputError(
                f"The inventory {location} is not whole: {child(root, key)} {has}. {remedy}"
            )
    return [path_to_read(child(root, key)) for key in sizes]


def root_of(manifest: Manifest, location: str) -> str:
    """Return the folder or bucket that the keys of an inventory's files are in.

    Args:
        manifest: Manifest that names them.
        location: Path of the manifest.
    """
    if is_s3(location):
        return f"s3://{manifest.destination_bucket.partition(':::')[2]}"
    folders = Path(join_root(".", location)).parents
    holding = (folder for folder in folders if (folder / manifest.files[0].key).exists())
    return str(next(holding, folders[0]))


def _check_sum(folder: str, name: str, data: bytes) -> None:
    """Compare the manifest with the MD5 that S3 writes beside it, where that was copied too."""
    storage = open_storage(folder)
    if storage.find_files([CHECKSUM]) == [None]:
        return
    written = storage.read_bytes(CHECKSUM).decode(errors="replace").strip().lower()
    if written != hashlib.md5(data, usedforsecurity=False).hexdigest():
        raise InputError(
            f"{child(folder, name)} does not have the checksum in {CHECKSUM} beside it: it was "
            "changed or copied in part; copy both again."
        )


def _check_columns(manifest: Manifest, location: str) -> None:
    missing = [name for column, name in _NEEDED.items() if column not in manifest.columns]
    if missing:
        raise InputError(
            f"The inventory {location} lists no {' and no '.join(missing)}: add "
            f"{' and '.join(missing)} to the optional fields of its configuration, and give the "
            "manifest of the next one."
        )


def _why(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    problem = first["msg"].removeprefix("Value error, ")
    return f"{name}: {problem}" if name else problem
