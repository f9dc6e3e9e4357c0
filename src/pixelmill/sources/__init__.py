"""Sources of images, one module for each kind of `images`, found by name."""

import pkgutil
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources.index import Index
from pixelmill.sources.listing import Listing, Source

__all__ = ["Index", "Listing", "Source", "find_source"]


class SourceKind(Protocol):
    """A module of this package that is a kind of source.

    Attributes:
        ORDER: The kind with the lowest number that recognises `images` opens it.
    """

    ORDER: int

    def recognises(self, images: str) -> bool:
        """Return whether `images` is of this kind."""

    def open_source(self, images: str, parameters: IngestionParameters) -> Source:
        """Return the source; nothing is listed yet."""


def find_source(images: str, parameters: IngestionParameters) -> Source:
    """Open what the user gave as `images`.

    Args:
        images: A folder, a glob, an S3 URI, a table of paths or URLs (CSV, Excel, Parquet, text),
            an S3 Inventory, or the sample's name.
        parameters: Ingestion parameters.

    Raises:
        InputError: `images` is empty; or a column, sheet or encoding of a table is named, and
            `images` is no table.
    """
    if not images:
        raise InputError("images is empty: give a folder, a bucket or a list of images")
    kind = next(kind for kind in _kinds() if kind.recognises(images))
    source = kind.open_source(images, parameters)
    for name in ("path_column", "sheet", "encoding"):
        if getattr(parameters, name) is not None and not source.is_table:
            raise InputError(f"ingestion.{name} is set, but {images} is no table: leave it out.")
    return source


@cache
def _kinds() -> list[SourceKind]:
    modules = [
        import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    kinds = [cast(SourceKind, module) for module in modules if hasattr(module, "recognises")]
    return sorted(kinds, key=lambda kind: kind.ORDER)
