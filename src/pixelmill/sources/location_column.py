"""Detection of the column of a table that holds the images' locations."""

from collections.abc import Callable, Iterable

from pixelmill.errors import InputError
from pixelmill.sources.cells import (
    PATH,
    PATH_NAMES,
    URL_NAMES,
    ends_as_file,
    matching_names,
    shown_names,
)
from pixelmill.sources.columns import LINE, Table
from pixelmill.sources.url_list import is_url

_FIRST_ROWS = 200  # by which a column is judged before all of it is read


def location_column(table: Table, given: str | None) -> str:
    """Return the column with the images' paths or URLs, whatever the case of its name.

    It is the one that the user names; else the one called `path`; else the one that is called
    like a URL; else the one that is called like a file (`file_name`, `image`) and holds some; else
    the only one whose values are URLs.

    Args:
        table: Lists the images.
        given: What the user names.

    Raises:
        InputError: There is none, or there are several that it could be.
    """
    if given is not None:
        return given
    candidates = _called(table, [PATH]) or _called(table, URL_NAMES)
    candidates = candidates or [
        name for name in _called(table, PATH_NAMES) if _share(table, name, ends_as_file) > 1 / 2
    ]
    candidates = candidates or [name for name in table.names if _holds_urls(table, name)]
    if len(set(candidates)) == 1:
        return candidates[0]
    if table.names == [LINE]:
        return LINE
    raise _several(table, candidates) if candidates else _none(table)


def _called(table: Table, names: Iterable[str]) -> list[str]:
    """Return the columns of these names, each once."""
    found = [name for wanted in names for name in matching_names(wanted, table.names)]
    return list(dict.fromkeys(found))


def _holds_urls(table: Table, name: str) -> bool:
    return (
        not is_url(name)
        and table.names.count(name) == 1
        and _share(table, name, is_url) == 1
        and _share(table, name, is_url, None) == 1
    )


def _share(
    table: Table, name: str, fits: Callable[[str], bool], rows: int | None = _FIRST_ROWS
) -> float:
    """Return the share of a column's values that fit; 0 without values."""
    fitting = count = 0
    try:
        for part in table.batches([name], rows):
            values = [value for value in part[0].to_pylist() if value]
            fitting, count = fitting + sum(map(fits, values)), count + len(values)
    except InputError:  # it is no text: a picture, a list
        return 0
    return fitting / max(1, count)


def _several(table: Table, candidates: list[str]) -> InputError:
    held = "URLs" if all(_share(table, name, is_url) for name in candidates) else "images"
    return InputError(
        f"{table.place} has several columns with {held}, {shown_names(candidates)}: "
        "set ingestion.path_column to the one of the images."
    )


def _none(table: Table) -> InputError:
    if any(map(is_url, table.names)):
        return InputError(
            f"{table.place} begins with a URL where the names of its columns must be: "
            "put a row with a name, url, above it, or give the list as a .txt file."
        )
    return InputError(
        f"{table.place} has no column {PATH!r}, only {shown_names(table.names)}: set "
        "ingestion.path_column to the column with the paths or URLs of the images."
    )
