"""Which column of a table says where the images are."""

from pixelmill.errors import InputError
from pixelmill.sources.columns import LINE, Table
from pixelmill.sources.url_list import is_url

PATH = "path"
URL_NAMES = ("url", "urls", "image_url", "image url", "imageurl", "img_url", "photo_url", "link")


def location_column(table: Table, given: str | None) -> str:
    """The column with the images' paths or URLs.

    It is the one that the user names; else the one called `path`; else the one that is called
    like a URL; else the only one whose values are URLs.

    Args:
        table: Lists the images.
        given: What the user names.

    Raises:
        InputError: There is none, or there are several that it could be.
    """
    if given is not None:
        return given
    if PATH in table.names:
        return PATH
    called = [name for name in table.names if name.strip().lower() in URL_NAMES]
    candidates = called or [name for name in table.names if _holds_urls(table, name)]
    if len(candidates) == 1:
        return candidates[0]
    if table.names == [LINE]:
        return LINE
    raise _several(table, candidates) if candidates else _none(table)


def _holds_urls(table: Table, name: str) -> bool:
    """Whether all values of a column are URLs, and there is one."""
    if is_url(name) or table.names.count(name) > 1:
        return False
    try:
        values = [value for value in table.read([name])[name].to_pylist() if value]
    except InputError:  # it is no text: a picture, a list
        return False
    return bool(values) and all(map(is_url, values))


def _several(table: Table, candidates: list[str]) -> InputError:
    return InputError(
        f"{table.place} has several columns with URLs, {', '.join(candidates)}: "
        "set ingestion.path_column to the one of the images."
    )


def _none(table: Table) -> InputError:
    if any(map(is_url, table.names)):
        return InputError(
            f"{table.place} begins with a URL where the names of its columns must stand: "
            "put a row with a name, url, above it, or give the list as a .txt file."
        )
    return InputError(
        f"{table.place} has no column {PATH!r}, only {', '.join(table.names)}: set "
        "ingestion.path_column to the column with the paths or URLs of the images."
    )
