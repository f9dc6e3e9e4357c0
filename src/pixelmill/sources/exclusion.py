"""Files and folders left out of a listing: hidden ones, system folders, and `exclude`.

The rules are one regular expression, so that a hundred million keys of an S3 Inventory are sorted
at the cost of one search each.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from pixelmill.errors import InputError
from pixelmill.parameters.exploration import EXCLUDABLE

HIDDEN = "hidden"
SYSTEM = "in a system folder"
EXCLUDED = "excluded"
COUNTED_ONCE = (HIDDEN, SYSTEM, EXCLUDED)  # a folder that is left out counts as one

# What storage systems and archivers put beside photos: their own thumbnails, and deleted files.
SYSTEM_FOLDERS = (
    "@eaDir", "#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot", "$RECYCLE.BIN",
    "System Volume Information", "__MACOSX", "lost+found",
)  # fmt: skip
_TOKEN = re.compile(r"\*+|\?|\[[!^]?\]?[^\]/]*\]|.", re.DOTALL)


class Exclusion:
    """Decides by its path whether a file or folder is left out.

    Args:
        patterns: Globs of `ingestion.exclude`. One without a slash matches the name of a file or
            folder at any depth; one with a slash matches the path from the images' root. `**`
            matches any number of folders. A folder that matches is left out with all in it.
            Kinds of findings are no globs: they leave nothing out here.

    Raises:
        InputError: A pattern is no glob.

    Example:
        >>> Exclusion(["*_thumb.*"]).left_out("cats/1_thumb.jpg")
        ('excluded', 'cats/1_thumb.jpg')
        >>> Exclusion().left_out("holiday/@eaDir/1.jpg/small.jpg")
        ('in a system folder', 'holiday/@eaDir')
    """

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._patterns = tuple(one for one in patterns if one not in EXCLUDABLE)
        self._rules = _compile(self._patterns)
        self._chosen = _compile_chosen(self._patterns)

    def __reduce__(self) -> tuple[type["Exclusion"], tuple[tuple[str, ...]]]:
        """Pickle the rules uncompiled, since Spark's workers compile them."""
        return Exclusion, (self._patterns,)

    def left_out(self, path: str) -> tuple[str, str] | None:
        """Return why a path is left out, and the part of it, a folder or the file, that says so.

        Args:
            path: Relative to the images' root, of a file or of a folder.

        Returns: Reason and part; None where the path stays.
        """
        found = self._rules.search(f"/{path}")
        if found is None:
            return None
        return _REASONS[str(found.lastgroup)], path[: found.end() - 1]

    def chosen(self, path: str) -> bool:
        """Return whether `ingestion.exclude` leaves out a path, whatever else might."""
        return self._chosen is not None and self._chosen.search(f"/{path}") is not None


_REASONS = {"hidden": HIDDEN, "system": SYSTEM, "excluded": EXCLUDED}


# The searched text begins with a slash: each rule then has the same first letter, which Python's
# `re` looks for four times as fast as for an alternative of starts.
@cache
def _compile(patterns: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(map(re.escape, SYSTEM_FOLDERS))
    rules = [r"(?P<hidden>\.[^/]*)", f"(?P<system>(?i:{names}))"]
    rules += [f"(?P<excluded>{_any_of(patterns)})"] if patterns else []
    return re.compile(f"/(?:{'|'.join(rules)})(?=/|\\Z)")


@cache
def _compile_chosen(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile(f"/(?:{_any_of(patterns)})(?=/|\\Z)") if patterns else None


def _any_of(patterns: tuple[str, ...]) -> str:
    """Return an expression for any of the patterns, with accents composed or decomposed."""
    composed = [unicodedata.normalize("NFC", pattern) for pattern in patterns]
    apart = [unicodedata.normalize("NFD", pattern) for pattern in patterns]
    return "|".join(map(_expression, dict.fromkeys([*composed, *apart])))


def _expression(pattern: str) -> str:
    """Return a regular expression for one glob, which ends where a component of the path ends."""
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if not parts or ".." in parts:
        raise _no_glob(pattern)
    *folders, last = parts
    before = "".join(r"(?:[^/]+/)*" if part == "**" else f"{_name(part)}/" for part in folders)
    whole = before + (r"[^/]+" if last == "**" else _name(last))
    try:
        re.compile(whole)
    except re.error as error:
        raise _no_glob(pattern) from error
    return f"(?<=\\A/){whole}" if "/" in pattern.rstrip("/") else whole


def _name(part: str) -> str:
    return "".join(map(_character, _TOKEN.findall(part)))


def _character(glob: str) -> str:
    if glob.startswith("*"):
        return "[^/]*"
    if glob == "?":
        return "[^/]"
    if len(glob) == 1:
        return re.escape(glob)
    inside = re.sub(r"([\\\[&~|])", r"\\\1", glob[1:-1])
    negated = inside.startswith(("!", "^"))
    # A class of what is not there would otherwise match a slash.
    return f"[^/{inside[1:]}]" if negated else f"[{inside}]"


def _no_glob(pattern: str) -> InputError:
    return InputError(
        f"ingestion.exclude {pattern!r} is no glob: write names such as *_thumb.*, or paths below "
        "the images' root such as raw/** or */drafts."
    )
