"""Where an image's label comes from."""

import re
from collections.abc import Callable

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import Listing


def labeller(ingestion: IngestionParameters) -> Callable[[Listing], list[str | None]]:
    """What gives the label of every image of a listing, in the order of its files.

    Args:
        ingestion: Takes `label` and `pattern`.

    Raises:
        InputError: The pattern is no regular expression with one group.
    """
    match ingestion.label:
        case "parent":
            return lambda listing: [_parent(file.path) for file in listing.files]
        case "pattern":
            pattern = _compile(ingestion.pattern or "")
            return lambda listing: [_group(pattern, file.path) for file in listing.files]
        case "column":
            return _column
    return lambda listing: [None] * len(listing.files)


def _parent(path: str) -> str | None:
    """Name of the folder that the image is in; none for an image in the root itself."""
    return path.rpartition("/")[0].rpartition("/")[2] or None


def _group(pattern: re.Pattern[str], path: str) -> str | None:
    found = pattern.search(path.rpartition("/")[2])
    return (found.group(1) or None) if found else None


def _column(listing: Listing) -> list[str | None]:
    if listing.labels is None:
        raise InputError(
            f"ingestion.label is column, but {listing.root} is no table: give a .csv or .parquet "
            "file with a column of paths as `images`, or set ingestion.label to parent."
        )
    return listing.labels


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InputError(
            f"ingestion.pattern {pattern!r} is no regular expression: {error}."
        ) from error
    if compiled.groups != 1:
        raise InputError(
            f"ingestion.pattern {pattern!r} has {compiled.groups} groups: put the part of the file "
            "name that is the label, and nothing else, in parentheses; (?:…) is no group."
        )
    return compiled
