"""File names of clusters that are valid on every disk and in every bucket."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 200  # bytes; a disk takes 255, of which the endings of files need some
# Separators, quotes, what shells and file systems interpret, and what is invisible.
UNSAFE = re.compile(r"""[\x00-\x1f\x7f\u2028\u2029/\\:*?"'`<>|\[\]{}#%&$~!]+""")
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")


def file_names(names: Iterable[str]) -> list[str]:
    """Return a name for each, distinct from all others even without case.

    Args:
        names: Any text.

    Returns:
        Names without an ending, in the order of the groups.
    """
    taken: set[str] = set()
    found = []
    for name in names:
        free = _free(_safe(name), taken)
        taken.add(_folded(free))
        found.append(free)
    return found


def _safe(name: str) -> str:
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    text = " ".join(UNSAFE.sub("_", " ".join(text.split())).split())
    text = _shortened(text, LONGEST).strip(" .-")
    if RESERVED.match(text):
        text = f"_{text}"
    return text or "group"


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while _folded(free) in taken:
        number += 1
        ending = f"-{number}"
        free = _shortened(name, LONGEST - len(ending)) + ending
    return free


def _shortened(text: str, length: int) -> str:
    """At most so many bytes, and no half of a letter."""
    return text.encode()[:length].decode("utf-8", "ignore")


def _folded(name: str) -> str:
    """Return a key that is equal for names that a disk may take for the same."""
    return unicodedata.normalize("NFKC", name.casefold())
