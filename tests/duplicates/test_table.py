"""The table of near-duplicates says what there is, and its figures add up."""

from dataclasses import replace

import numpy as np
import pytest

from pixelmill.duplicates.groups import find_groups
from pixelmill.duplicates.table import schema, summarise, tabulate
from tests.duplicates.conftest import taken


@pytest.fixture
def rows(with_same_bytes):
    labels = ["cat"] * 100
    labels[60], labels[61], labels[99] = "dog", None, "cat"
    sizes = np.arange(1000, 1100)
    pictures = replace(with_same_bytes, labels=labels, sizes=sizes)
    table = tabulate(pictures, find_groups(pictures, 0.95, "largest"))
    assert table.schema.equals(schema())
    return table


def test_the_largest_group_comes_first_and_in_it_the_kept_image(rows):
    first = [row for row in rows.to_pylist() if row["group"] == 0]
    assert [row["keep"] for row in first] == [True, False, False, False, False]
    assert first[0]["path"] == "0/0"  # the others are crops
    kinds = [row["kind"] for row in first]
    assert kinds[0] is None
    assert sorted(kinds[1:]) == ["exact bytes"] * 3 + ["same picture"]


def test_the_bytes_of_a_copy_are_exact_and_count_as_such(crops):
    twice = taken(crops, [*range(100), 60])
    twice = replace(twice, paths=[*crops.paths, f"{crops.paths[60]} again"])
    table = tabulate(twice, find_groups(twice, 0.95, "largest"))
    kept, near, again = [row for row in table.to_pylist() if row["group"] == 0]
    assert (kept["kind"], kept["copy_of"]) == (None, None)
    assert (near["kind"], near["copy_of"]) == ("same picture", kept["path"])
    assert (again["kind"], again["copy_of"]) == ("exact bytes", near["path"])
    assert summarise(table, 101, 0, 0)["exact"] == 1


def test_every_group_has_one_image_to_keep(rows):
    kept = [row["group"] for row in rows.to_pylist() if row["keep"]]
    assert kept == sorted(set(rows["group"].to_pylist()))
    paths = rows["path"].to_pylist()
    assert len(set(paths)) == len(paths)


def test_differing_labels_are_reported_and_missing_ones_do_not_differ(rows):
    by_path = {row["path"]: row for row in rows.to_pylist()}
    assert by_path["0/0"]["labels_differ"]
    assert by_path["0/60"]["labels_differ"]
    assert not by_path["1/61"]["labels_differ"]


def test_the_figures_add_up(rows):
    found = summarise(rows, images=100, unreadable=2, flat=1)
    assert (found["images"], found["groups"], found["copies"]) == (100, 37, 40)
    assert (found["exact"], found["same_picture"], found["labels_differ"]) == (3, 37, 1)
    assert found["bytes"] == sum(r["size"] for r in rows.to_pylist() if not r["keep"])
    assert len(found["notes"]) == 3
    assert "2 images could not be read" in found["notes"][2]
