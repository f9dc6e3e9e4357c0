"""Labels of images, from paths or none.

Accents are in one form (NFC): a folder that a Mac made is no class beside that of another program.
"""

import re
import unicodedata
from functools import partial

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources.index import Labeller, no_label

_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")  # of letters, in a regular expression


def labeller(ingestion: IngestionParameters) -> Labeller | None:
    """Return the function from an image's path to its label; None if a table has the labels.

    Args:
        ingestion: Parameters; uses `label` and `pattern`.

    Returns:
        A function that Spark can send to its workers.

    Raises:
        InputError: The pattern is no regular expression with one group.
    """
    match ingestion.label:
        case "parent":
            return parent
        case "pattern":
            return partial(group, _compile(ingestion.pattern or ""))
        case "column":
            return None
    return no_label


def parent(path: str) -> str | None:
    """Return the name of the folder that the image is in; none for an image in the root itself."""
    return _composed(path).rpartition("/")[0].rpartition("/")[2] or None


def group(pattern: re.Pattern[str], path: str) -> str | None:
    """Return the match of the pattern's group in the file name, or in the path.

    Args:
        pattern: Pattern with one group. If it has a slash, other than in a class such as [^/], and
            is not found in the file name, it is searched in the path.
        path: Relative to the images' root.
    """
    path = _composed(path)
    found = pattern.search(path.rpartition("/")[2])
    if found is None and "/" in _CLASS.sub("", pattern.pattern):
        found = pattern.search(path)
    return (found.group(1) or None) if found else None


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(_composed(pattern))
    except re.error as error:
        raise InputError(
            f"ingestion.pattern {pattern!r} is no regular expression: {error}."
        ) from error
    if compiled.groups != 1:
        raise InputError(
            f"ingestion.pattern {pattern!r} has {compiled.groups} groups: put the part of the file "
            "name or path that is the label, and nothing else, in parentheses; (?:…) is no group."
        )
    return compiled
