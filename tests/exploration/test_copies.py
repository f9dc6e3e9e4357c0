"""Copies as findings: exact or near, with what is kept in their place."""

import pyarrow as pa

from pixelmill.exploration.copies import ACROSS, find_copies, kept_paths
from pixelmill.exploration.findings import Finding, tabulate
from pixelmill.parameters.exploration import KINDS


def table(*rows, copy_of=None):
    """Rows of a table; each is a copy of the one that is kept, unless `copy_of` names another."""
    names = ("group", "path", "label", "kind", "similarity", "keep")
    named = [dict(zip(names, row, strict=True)) for row in rows]
    kept = {row["group"]: row["path"] for row in named if row["keep"]}
    for row in named:
        original = None if row["keep"] else kept[row["group"]]
        row["copy_of"] = (copy_of or {}).get(row["path"], original)
    return pa.Table.from_pylist(named)


def test_each_copy_is_a_finding_related_to_what_is_kept():
    groups = table(
        (0, "a", "cat", None, 1.0, True),
        (0, "b", "dog", "exact bytes", 1.0, False),
        (0, "c", "cat", "same picture", 0.9712, False),
    )
    exact, near = find_copies(groups, 0.95)
    assert (exact.path, exact.kind, exact.related_path) == ("b", "exact_duplicate", "a")
    assert "labels differ: dog and cat" in exact.evidence
    assert (near.path, near.kind, near.score) == ("c", "near_duplicate", 0.9712)
    assert near.evidence == "Similarity to an image of its group is 0.971; the limit is 0.95."


def test_the_similarity_of_a_pair_is_said_to_be_that():
    pair = table((0, "a", "cat", None, 1.0, True), (0, "b", "cat", "same picture", 0.96, False))
    (near,) = find_copies(pair, 0.95)
    assert near.evidence == "Similarity to another image is 0.960; the limit is 0.95."


def test_copies_on_both_sides_of_the_split_are_reported():
    groups = table(
        (0, "a", "cat", None, 1.0, True),
        (0, "b", "cat", "exact bytes", 1.0, False),
        (0, "c", "cat", "same picture", 0.97, False),
        (0, "d", "cat", "same picture", 0.97, False),
    )
    splits = {"a": "train", "b": "test", "c": "train", "d": "left_out"}
    across, *others = find_copies(groups, 0.95, splits)
    assert across.evidence.endswith(f"; {ACROSS}.")
    assert not any(ACROSS in one.evidence for one in others)


def test_the_bytes_of_a_copy_are_an_exact_duplicate_of_that_copy():
    groups = table(
        (0, "a", "cat", None, 1.0, True),
        (0, "b", "dog", "same picture", 0.97, False),
        (0, "b again", "dog", "exact bytes", 1.0, False),
        copy_of={"b again": "b"},
    )
    near, exact = find_copies(groups, 0.95)
    assert (near.kind, near.related_path) == ("near_duplicate", "a")
    assert (exact.kind, exact.related_path) == ("exact_duplicate", "b")
    assert "but their labels differ: dog and cat" in near.evidence
    assert "but labels of its group differ: dog and cat" in exact.evidence
    assert kept_paths(groups) == {"b": "a", "b again": "a"}


def test_copies_that_differ_are_told_where_the_kept_image_has_neither_label_nor_split():
    groups = table(
        (0, "new", None, None, 1.0, True),
        (0, "a", "cat", "same picture", 0.97, False),
        (0, "b", "dog", "same picture", 0.97, False),
    )
    first, second = find_copies(groups, 0.95, {"a": "train", "b": "test"})
    assert first.evidence.endswith("the limit is 0.95.")
    assert second.evidence.endswith(f"but labels of its group differ: dog and cat; {ACROSS}.")


def test_the_table_has_the_kinds_in_order_and_the_worst_first():
    findings = [Finding("a", kind, 0.5, "…") for kind in reversed(KINDS)]
    findings.append(Finding("b", KINDS[0], 0.9, "…", "a"))
    rows = tabulate(findings).to_pylist()
    assert [row["kind"] for row in rows] == [KINDS[0], *KINDS]
    assert (rows[0]["path"], rows[0]["related_path"]) == ("b", "a")
    assert rows[1]["related_path"] is None
    assert tabulate([]).column_names == ["path", "kind", "score", "evidence", "related_path"]
