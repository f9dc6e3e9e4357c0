"""Images of equal vectors are all found, however many they are, and hide no other image."""

import numpy as np
import pytest

from .conftest import Made, assert_holds, brute_force


@pytest.fixture
def crowded(with_graph, draw):
    """60 images, and 600 with the vector of the first."""
    made: Made = with_graph
    first = draw(60)
    made.add("a", first)
    made.add("b", dict.fromkeys((f"blank/{n}.jpg" for n in range(600)), next(iter(first.values()))))
    return made


def test_all_equal_vectors_are_found_and_what_lies_behind_them(crowded):
    assert crowded.update().recall.share == 1
    index = crowded.index()
    path, vector = next(iter(crowded.vectors.items()))
    equal = {path, *(f"blank/{n}.jpg" for n in range(600))}
    assert {one.path for one in index.nearest(vector, 601)} == equal
    found = index.nearest("blank/7.jpg", 640)
    assert {one.path for one in found[:600]} == equal - {"blank/7.jpg"}
    others = {other: row for other, row in crowded.vectors.items() if other not in equal}
    assert [one.path for one in found[600:]] == brute_force(others, vector, 40)
    assert [one.distance for one in found] == sorted(one.distance for one in found)


def test_another_image_stands_for_its_equals_where_the_first_one_goes(crowded, draw):
    crowded.update()
    kept = {path: row for path, row in crowded.vectors.items() if path.startswith("blank")}
    rest = dict(list(draw(60).items())[1:])
    crowded.drop("a")
    crowded.vectors = dict(kept)
    crowded.add("c", rest)
    done = crowded.update()
    assert (done.count, done.update.removed, done.update.rebuilt) == (659, 1, None)
    assert_holds(crowded)
    found = crowded.index().nearest(np.asarray(kept["blank/0.jpg"]), 600)
    assert {one.path for one in found} == set(kept)


def test_equals_that_come_later_are_found_too(crowded):
    crowded.update()
    row = list(crowded.vectors.values())[5]
    crowded.add("c", dict.fromkeys((f"more/{n}.jpg" for n in range(50)), row))
    assert crowded.update().update.rebuilt is None
    found = crowded.index().nearest("more/0.jpg", 50)
    assert sum(one.distance < 1e-6 for one in found) == 50
    assert_holds(crowded)
