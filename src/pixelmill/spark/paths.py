r"""Locations as Spark takes them: to write to by their names, to read from as patterns.

Spark's readers take `[ ] { } * ?` in a path for a pattern (Hadoop's globs, where `\` makes a letter
itself), so that a folder `photos [2024]` would not be found, or another would be read in its place.
"""

import re
from pathlib import Path

from pixelmill.errors import InputError
from pixelmill.storage import is_s3, local_path

_SPECIAL = re.compile(r"([\[\]{}*?\\])")


def path_to_write(location: str) -> str:
    """Return the location as Spark's writers take it.

    Args:
        location: Folder on disk, `file://` or `s3://` URI.

    Returns: Absolute path without links, or the URI as it is.
    """
    return location if is_s3(location) else str(Path(local_path(location)).resolve())


def path_to_read(location: str) -> str:
    r"""Return the pattern that matches this very place and no other, for Spark's readers.

    Args:
        location: File or folder on disk, `file://` or `s3://` URI.

    Raises:
        InputError: A path on disk has a colon beside such letters, which no pattern can say:
            Hadoop divides a pattern at its slashes, and takes `x:y` for a URI of scheme `x`.

    Example:
        >>> path_to_read("/photos [2024]/index")
        '/photos \\[2024\\]/index'
    """
    place = path_to_write(location)
    if not _SPECIAL.search(place):
        return place
    if ":" in place.partition("://")[2 if is_s3(place) else 0]:
        raise InputError(
            f"Spark cannot read {place}, because its name has a colon and one of []{{}}*?\\: "
            "rename the folder, or set PIXELMILL_STORAGE to another."
        )
    return _SPECIAL.sub(r"\\\1", place)
