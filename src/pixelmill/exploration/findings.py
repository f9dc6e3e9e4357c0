"""Findings: what is wrong with an image, how much, and the evidence."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from pixelmill.parameters.exploration import KINDS

if TYPE_CHECKING:
    from pyarrow import Schema, Table

UNCLEAR = {"blank", "dark", "bright", "blurred"}
"""Kinds of images that show too little to judge their label, or what is unlike others in them."""


class Finding(NamedTuple):
    """One thing that is wrong with one image.

    Attributes:
        path: Path of the image.
        kind: One of `KINDS`.
        score: 0 to 1; of one kind the larger is the worse.
        evidence: A sentence with the number and the threshold.
        related_path: Path of the image that this one copies or is nearest to; None without one.
    """

    path: str
    kind: str
    score: float
    evidence: str
    related_path: str | None = None


def schema() -> "Schema":
    """Return the columns of the table `findings`."""
    import pyarrow as pa

    text = pa.string()
    return pa.schema(
        {"path": text, "kind": text, "score": pa.float64(), "evidence": text, "related_path": text}
    )


def tabulate(findings: Iterable[Finding]) -> "Table":
    """Return the findings as a table, in the order of the kinds, the worst first.

    Args:
        findings: Findings in any order.
    """
    import pyarrow as pa

    rows = [one._asdict() for one in findings]
    return in_order([pa.Table.from_pylist(rows, schema=schema())])


def in_order(tables: "Iterable[Table]") -> "Table":
    """Return the findings of several tables as one, in the order of the kinds, the worst first.

    Of a million images there are a hundred thousand findings and more: as Python objects they
    would take ten times the memory.

    Args:
        tables: Tables of findings in any order.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.concat_tables(one.cast(schema()) for one in tables)
    ranked = table.append_column("rank", pc.index_in(table["kind"], pa.array(KINDS)))
    keys = ("rank", "ascending"), ("score", "descending"), ("path", "ascending")
    return table.take(pc.sort_indices(ranked, keys))
