"""Templates of HTML pages: everything is escaped, and scripts are known by their hash."""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pixelmill.pages.formatting import FILTERS
from pixelmill.untrusted_text import FORMULA_START

if TYPE_CHECKING:
    from jinja2 import Environment

# Marks that change the direction of what follows: behind one, gpj.exe reads exe.jpg.
_REORDERING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def templates(read: Callable[[str], str]) -> "Environment":
    """Return the templates of a page; what they are filled with is escaped and in order, what is
    missing an error.

    Args:
        read: The text of a template by its name.

    Returns:
        The templates, with the functions of `formatting` as filters beside Jinja's own.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(read),
        autoescape=True,
        finalize=_in_order,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {filter_.__name__: filter_ for filter_ in FILTERS}
    return environment


def _in_order(value: Any) -> Any:
    """Return text without marks that reorder it, and anything else as it is."""
    # A script or a part of a page (Markup) is no text of others.
    if type(value) is not str or value.isascii():
        return value
    return _REORDERING.sub("\N{REPLACEMENT CHARACTER}", value)


def file_of(package: str, name: str) -> str:
    """Return the text of a file in a package.

    Args:
        package: Full name of the package.
        name: Path of the file, relative to it.
    """
    return (files(package) / name).read_text(encoding="utf-8")


def csv_script() -> str:
    """Return JavaScript's `csvCell`, by the same rule as `csv_cell`."""
    return file_of("pixelmill.pages", "csv_cell.js").replace(
        "(FORMULA_START,", f"({json.dumps(FORMULA_START)},"
    )


def script_hash(script: str) -> str:
    """Return what a page's own policy knows a script by: SHA-256 in base64.

    Args:
        script: Exactly as in the page.
    """
    return b64encode(sha256(script.encode()).digest()).decode("ascii")


def as_utf8(page: str) -> str:
    """Return the page as it can be written: file names may hold bytes that are no UTF-8.

    Args:
        page: Page in which Python keeps invalid bytes as lone surrogates.
    """
    return page.encode("utf-8", "replace").decode("utf-8")
