"""The report's page: one file with its style and script inside, everything else escaped."""

from typing import Any

from pixelmill.pages import as_utf8, file_of, script_hash, templates
from pixelmill.pages.formatting import (
    DASH,
    brief,
    duration,
    figure,
    label,
    memory,
    number,
    percent,
    sentence,
    value,
)

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
    environment = templates(
        _text,
        percent=percent,
        number=number,
        memory=memory,
        duration=duration,
        value=value,
        sentence=sentence,
        label=label,
        figure=figure,
        brief=brief,
    )
    script = environment.get_template("report.js").render()
    page = environment.get_template("report.html.j2").render(
        **variables, script_hash=script_hash(script), dash=DASH
    )
    return as_utf8(page)


def _text(name: str) -> str:
    return file_of(PACKAGE, name)
