"""The viewer page of a tile pyramid: OpenSeadragon, script and style in one file."""

from urllib.parse import quote

from pixelmill.mosaics.pyramid import FORMAT, Pyramid
from pixelmill.pages import as_utf8, file_of, script_hash, templates

SOURCE_MAP = "//# sourceMappingURL="


def write_viewer(name: str, folder: str, pyramid: Pyramid) -> str:
    """Write the page; it opens from disk, and loads nothing but the tiles beside it.

    Args:
        name: Title of the picture.
        folder: Name of the folder of tiles, beside the page.
        pyramid: The tiles.

    Returns:
        HTML, to be written as UTF-8.
    """
    from markupsafe import Markup

    library = _text("openseadragon.min.js").partition(SOURCE_MAP)[0]
    script = _text("viewer.js")
    page = (
        templates(_text)
        .get_template("viewer.html.j2")
        .render(
            name=name,
            folder=quote(folder, safe="", errors="replace"),
            folder_name=folder,
            format=FORMAT,
            pyramid=pyramid,
            hashes=Markup(f"'sha256-{script_hash(library)}' 'sha256-{script_hash(script)}'"),  # noqa: S704
            # Our own files, which contain nothing of the user's.
            library=Markup(library),  # noqa: S704
            script=Markup(script),  # noqa: S704
            style=Markup(_text("viewer.css")),  # noqa: S704
        )
    )
    return as_utf8(page)


def _text(name: str) -> str:
    return file_of("pixelmill.mosaics.viewer", name)
