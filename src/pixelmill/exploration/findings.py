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

    rank = {kind: place for place, kind in enumerate(KINDS)}
    ordered = sorted(findings, key=lambda one: (rank[one.kind], -one.score, one.path))
    return pa.Table.from_pylist([one._asdict() for one in ordered], schema=schema())
