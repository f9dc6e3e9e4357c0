"""The report's page and its figures: templates of this package, whose variables are escaped."""

from collections.abc import Iterable
from typing import Any

from pixelmill.pages import as_utf8, file_of, script_hash, templates
from pixelmill.pages.formatting import DASH

PACKAGE = "pixelmill.pipelines.reporting"


def render(variables: dict[str, Any]) -> str:
    """Render `report.html.j2`.

    The page's own policy lets a browser run its one script, by its hash, and load nothing: even
    a path that got past the escaping could do nothing.

    Args:
        variables: The template's variables.

    Returns:
        The page; HTML, to be written as UTF-8.
    """
    environment = templates(_text)
    script = environment.get_template("report.js").render()
    page = environment.get_template("report.html.j2").render(
        **variables, script_hash=script_hash(script), dash=DASH
    )
    return as_utf8(page)


def render_figure(name: str, ticks: Iterable[str], **variables: Any) -> str:
    """Render a template of the folder `svg`.

    Args:
        name: Name of the template without its extension.
        ticks: Texts of the lines at each quarter of the height, upwards.
        variables: Variables of the template.

    Returns:
        An SVG file.
    """
    return templates(_text).get_template(f"svg/{name}.svg.j2").render(ticks=ticks, **variables)


def _text(name: str) -> str:
    return file_of(PACKAGE, name)
