"""The groups of near-duplicates as one HTML page, and the copies as a list."""

import csv
import io
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from pixelmill.pages import as_utf8, csv_script, script_hash, templates
from pixelmill.pages.formatting import DASH
from pixelmill.parameters import DuplicatesParameters
from pixelmill.records import DuplicatesSummary
from pixelmill.spark.types import ArrowTable
from pixelmill.thumbnails.reading import Picture
from pixelmill.untrusted_text import csv_cell

OWN = "pixelmill.pipelines.duplicates"
REPORT = "pixelmill.pipelines.reporting"
IMAGES = 12  # of a group; more do not help to judge it
LISTED = 20_000  # copies that the page itself lists for export
COLUMNS = ("path", "keep", "kind", "similarity", "label", "size")


@dataclass(frozen=True)
class Group:
    """A group as the page shows it.

    Attributes:
        images: Rows of the table, the image to keep first; at most 12.
        size: Number of images.
        labels_differ: Whether it has two labels.
    """

    images: list[dict[str, Any]]
    size: int
    labels_differ: bool

    @property
    def search_text(self) -> str:
        """What a search looks through."""
        return "\n".join(f"{row['path']}\n{row['label'] or ''}" for row in self.images).lower()


def groups_shown(near_duplicates: ArrowTable, limit: int) -> list[Group]:
    """Return the groups that the page shows: those whose labels differ first, then the largest.

    Args:
        near_duplicates: The table, sorted by group.
        limit: Maximum number of groups.
    """
    found: dict[int, list[dict[str, Any]]] = {}
    for row in _chosen(near_duplicates, limit).to_pylist():
        found.setdefault(row["group"], []).append(row)
    groups = [Group(rows[:IMAGES], len(rows), rows[0]["labels_differ"]) for rows in found.values()]
    return sorted(groups, key=lambda group: not group.labels_differ)


def copies_as_csv(near_duplicates: ArrowTable) -> str:
    """Return a list of all copies, each with the image to keep in its place.

    Args:
        near_duplicates: The table.

    Returns:
        CSV with a heading: `path`, `keep`, `kind`, `similarity`, `label`, `size`. A cell that a
        spreadsheet would take for a formula begins with a quote.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([csv_cell(value) for value in row] for row in _copies(near_duplicates))
    return out.getvalue()


def render(
    dataset: str,
    summary: DuplicatesSummary,
    near_duplicates: ArrowTable,
    groups: list[Group],
    pictures: dict[str, Picture],
    duplicates: DuplicatesParameters,
) -> str:
    """Fill the template; its policy lets a browser run its one script and load nothing.

    Args:
        dataset: Name of the data set.
        summary: Figures of `duplicates.json`.
        near_duplicates: The table, for the list of copies.
        groups: Groups to show.
        pictures: Thumbnails of all images shown, by path.
        duplicates: Image of a group to keep, and the minimum similarity.

    Returns:
        HTML, to be written as UTF-8.
    """
    environment = templates(_text)
    script = environment.get_template("duplicates.js").render()
    page = environment.get_template("duplicates.html.j2").render(
        dataset=dataset,
        summary=summary,
        groups=groups,
        pictures=pictures,
        keep=duplicates.keep,
        similarity=duplicates.similarity,
        some_labelled=0 < near_duplicates["label"].null_count < near_duplicates.num_rows,
        copies=_copies(near_duplicates, LISTED),
        columns=COLUMNS,
        script_hash=script_hash(script),
        dash=DASH,
    )
    return as_utf8(page)


def _chosen(table: ArrowTable, limit: int) -> ArrowTable:
    """Return the rows of the groups to show."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kept = table.filter(table["keep"])
    order = pc.sort_indices(kept, [("labels_differ", "descending"), ("group", "ascending")])
    numbers = kept["group"].take(order)[:limit]
    return table.filter(pc.is_in(table["group"], pa.array(numbers.to_pylist(), pa.int32())))


def _copies(table: ArrowTable, limit: int | None = None) -> list[list[Any]]:
    import pyarrow.compute as pc

    kept = table.filter(table["keep"])
    keep = dict(zip(kept["group"].to_pylist(), kept["path"].to_pylist(), strict=True))
    names = ["path", "group", *COLUMNS[2:]]
    copies = table.filter(pc.invert(table["keep"])).select(names)
    rows = (copies if limit is None else copies.slice(0, limit)).to_pylist()
    return [
        [
            *(row["path"], keep[row["group"]], row["kind"]),
            *(f"{row['similarity']:.4f}", row["label"], row["size"]),
        ]
        for row in rows
    ]


def _text(name: str) -> str:
    """Return a file of this page or of the report, or the CSV script of all pages."""
    if name == "csv_cell.js":
        return csv_script()
    own = files(OWN) / name
    return (own if own.is_file() else files(REPORT) / name).read_text(encoding="utf-8")
