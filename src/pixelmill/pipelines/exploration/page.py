"""The exploration as one HTML page."""

from importlib.resources import files
from typing import TYPE_CHECKING, TypedDict

from pixelmill.pages import as_utf8, file_of, templates
from pixelmill.pipelines.reporting.feature_charts import feature_charts
from pixelmill.records import ExplorationSummary, FeatureExploration
from pixelmill.thumbnails.reading import Picture

if TYPE_CHECKING:
    import pandas as pd

OWN = "pixelmill.pipelines.exploration"
REPORT = "pixelmill.pipelines.reporting"
COLUMNS = ("path", "evidence", "related_path")
TITLES = {
    "label_error": "Label errors",
    "exact_duplicate": "Exact duplicates",
    "near_duplicate": "Near-duplicates",
    "blank": "Blank",
    "dark": "Dark",
    "bright": "Bright",
    "blurred": "Blurred",
    "tiny": "Tiny",
    "odd_aspect": "Odd aspect ratio",
    "greyscale": "Greyscale",
    "outlier": "Outliers",
}

RELATIONS = {
    "exact_duplicate": "same bytes:",
    "near_duplicate": "copy of:",
    "outlier": "nearest:",
}
"""What the related image is to that of a finding."""


class ShownFinding(TypedDict):
    """A finding on the page.

    Attributes:
        path: Path of the image.
        evidence: Why it was found.
        related_path: Path of the image that it is compared with; None without one.
    """

    path: str
    evidence: str
    related_path: str | None


def sheets_of(findings: "pd.DataFrame", shown: int) -> dict[str, list[ShownFinding]]:
    """Return the worst findings of each kind.

    Args:
        findings: The table of that name, the worst of a kind first.
        shown: Maximum number of images of a kind.

    Returns:
        Rows by kind, in the order of the table.
    """
    sheets: dict[str, list[ShownFinding]] = {}
    for kind, of_kind in findings.groupby("kind", sort=False):
        rows = zip(*(of_kind.head(shown)[column] for column in COLUMNS), strict=True)
        sheets[str(kind)] = [
            {
                "path": path,
                "evidence": evidence,
                # Anything else is pandas' missing value.
                "related_path": related if isinstance(related, str) else None,
            }
            for path, evidence, related in rows
        ]
    return sheets


def render(
    dataset: str,
    summary: ExplorationSummary,
    sheets: dict[str, list[ShownFinding]],
    classes: dict[str | None, list[str]],
    pictures: dict[str, Picture],
    explored: FeatureExploration,
) -> str:
    """Fill the template; its policy lets a browser run no script and load nothing.

    Args:
        dataset: Name of the data set.
        summary: Contents of `exploration.json`.
        sheets: Findings by kind.
        classes: Paths of samples by class; None for images without a label.
        pictures: Thumbnails of all images shown, by path.
        explored: Statistics of named features; may be empty.

    Returns:
        HTML, to be written as UTF-8.
    """
    page = (
        templates(_text)
        .get_template("exploration.html.j2")
        .render(
            dataset=dataset,
            summary=summary,
            sheets=sheets,
            titles=TITLES,
            relations=RELATIONS,
            classes=classes,
            pictures=pictures,
            **feature_charts(explored, has_script=False),
        )
    )
    return as_utf8(page)


def _text(name: str) -> str:
    return file_of(OWN if (files(OWN) / name).is_file() else REPORT, name)
