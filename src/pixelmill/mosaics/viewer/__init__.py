"""The page that shows a pyramid of tiles: OpenSeadragon, its script and its style, in one file."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from urllib.parse import quote

from pixelmill.mosaics.pyramid import FORMAT, Pyramid

SOURCE_MAP = "//# sourceMappingURL="


def write_viewer(name: str, folder: str, pyramid: Pyramid) -> str:
    """Writes the page; it opens from disk, and loads nothing but the tiles beside it.

    Args:
        name: Of the picture, as its reader sees it.
        folder: Name of the folder of tiles, beside the page.
        pyramid: The tiles.

    Returns:
        HTML, to be written as UTF-8.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    library = _text("openseadragon.min.js").partition(SOURCE_MAP)[0]
    script = _text("viewer.js")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    page = environment.from_string(_text("viewer.html.j2")).render(
        name=name,
        folder=quote(folder, safe="", errors="replace"),
        folder_name=folder,
        format=FORMAT,
        pyramid=pyramid,
        hashes=Markup(f"'sha256-{_digest(library)}' 'sha256-{_digest(script)}'"),  # noqa: S704
        # Our own files, in which nothing of the user's stands.
        library=Markup(library),  # noqa: S704
        script=Markup(script),  # noqa: S704
        style=Markup(_text("viewer.css")),  # noqa: S704
    )
    return page.encode("utf-8", "replace").decode("utf-8")


def _digest(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode("ascii")


def _text(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
