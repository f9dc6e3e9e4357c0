"""An index is what its features are, after every change."""

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelmill.neighbours.changes import REMOVED
from pixelmill.neighbours.folder import MANIFEST
from pixelmill.neighbours.updating import update_index
from pixelmill.parameters import NeighboursParameters

from .conftest import Made, assert_holds, names


def test_a_first_build_holds_every_image_that_has_features(made, draw):
    made.add("a", draw(40) | {"broken.jpg": None})
    done = made.update()
    assert (done.count, done.update.added, done.update.removed) == (40, 40, 0)
    assert done.update.rebuilt is None
    assert done.recall.share == 1.0
    assert_holds(made)


def test_a_second_run_with_nothing_new_writes_nothing_but_the_manifest(made, draw):
    made.add("a", draw(3000))
    made.update()
    before = {name: (Path(made.place) / name).stat().st_mtime_ns for name in names(made)}
    began = time.process_time()
    done = made.update()
    assert time.process_time() - began < 1
    assert (done.update.added, done.update.removed, done.update.rebuilt) == (0, 0, None)
    after = {name: (Path(made.place) / name).stat().st_mtime_ns for name in names(made)}
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {MANIFEST}


def test_only_new_chunks_are_read(made, draw):
    made.add("a", draw(40))
    made.update()
    for file in Path(made.chunks["a"]).glob("*.parquet"):
        file.write_bytes(b"unreadable")
    made.add("b", draw(4, start=100))
    done = made.update()
    assert (done.count, done.update.added) == (44, 4)
    assert done.recall.images == 40  # too little has changed to measure it again


def test_images_that_went_leave_the_index(made, draw):
    first = draw(40)
    made.add("a", first)
    made.update()
    made.drop("a")
    gone = [path for number, path in enumerate(first) if number % 4 == 0]
    made.vectors = {}
    made.add("b", {path: row for path, row in first.items() if path not in gone})
    done = made.update()
    assert (done.count, done.update.added, done.update.removed) == (30, 0, 10)
    assert done.update.rebuilt is None
    assert_holds(made)


def test_a_changed_image_has_its_new_vector_alone(made, draw):
    first = draw(40)
    made.add("a", first)
    made.update()
    path, other = list(first)[3], draw(1, start=900)
    made.add("b", {path: next(iter(other.values()))})
    done = made.update()
    assert (done.count, done.update.added, done.update.removed) == (40, 1, 1)
    made.vectors = {**first, path: next(iter(other.values()))}
    assert_holds(made)


def test_an_image_that_stood_in_two_chunks_stays_when_one_of_them_goes(made, draw):
    first = draw(20)
    made.add("a", first)
    made.add("b", dict(list(first.items())[:5]))
    made.update()
    made.drop("b")
    done = made.update()
    assert (done.count, done.update.removed) == (20, 0)
    assert_holds(made)


def test_the_same_paths_with_other_vectors_are_another_index(made, draw):
    made.add("a", draw(40))
    made.update()
    made.drop("a")
    made.add("b", draw(40, seed=9))
    done = made.update()
    assert done.update.rebuilt == REMOVED
    assert done.dead == 0
    assert_holds(made)


def test_more_than_half_removed_builds_a_small_graph_again(made, draw):
    first = draw(60)
    made.add("a", first)
    made.update()
    made.drop("a")
    made.vectors = {}
    made.add("b", dict(list(first.items())[:20]))
    done = made.update()
    assert done.update.rebuilt == REMOVED
    assert (done.count, done.next_key, done.dead) == (20, 20, 0)
    assert_holds(made)


@pytest.mark.parametrize(
    "change",
    [
        {"metric": "euclidean"},
        {"precision": "float32"},
        {"components": 8},
        {"connectivity": 8},
        {"expansion_add": 50},
    ],
)
def test_other_parameters_build_it_anew(made, draw, change):
    made.add("a", draw(30))
    made.update()
    made.parameters = made.parameters.model_copy(update=change)
    (name,) = change
    assert made.update().update.rebuilt.startswith(f"{name} was ")
    assert made.update().update.rebuilt is None


def test_another_breadth_of_search_builds_nothing(made, draw):
    made.add("a", draw(30))
    made.update()
    made.parameters = made.parameters.model_copy(update={"expansion_search": 99})
    done = made.update()
    assert done.update.rebuilt is None
    assert made.index().manifest.parameters.expansion_search == 99


def test_features_of_another_featurizer_build_it_anew(made, draw):
    made.add("a", draw(30))
    made.update()
    made.fingerprint = "another"
    reason = made.update().update.rebuilt
    assert reason == "its features were those of 0123456789abcdef, and now are those of another"


def test_a_graph_comes_and_goes_with_the_number_of_images(made, draw):
    made.parameters = NeighboursParameters(threads=1, exact_limit=50)
    made.add("a", draw(50))
    assert made.update().graph is None
    made.add("b", draw(10, start=100))
    done = made.update()
    assert (done.update.rebuilt, done.update.added) == (None, 10)
    assert done.graph is not None
    assert_holds(made)
    made.parameters = made.parameters.model_copy(update={"exact_limit": 60})
    done = made.update()
    assert (done.graph, done.components, done.update.rebuilt) == (None, None, None)
    assert names(made) == sorted([MANIFEST, *done.parts])
    assert_holds(made)


def test_components_are_fitted_again_once_most_images_came_after_them(with_graph, draw):
    made = with_graph
    made.add("a", draw(60))
    fitted = made.update()
    made.add("b", draw(60, start=100))
    kept = made.update()
    assert kept.files[kept.components] == fitted.files[fitted.components]
    assert_holds(made)
    made.add("c", draw(10, start=200))
    again = made.update()
    assert again.files[again.components] != fitted.files[fitted.components]
    assert (again.fitted, again.update.rebuilt) == (130, None)
    assert_holds(made)


def test_labels_follow_the_image_index_while_the_vectors_stay(made, draw):
    made.add("a", draw(30))
    made.labels = dict.fromkeys(made.vectors, "old")
    before = made.update()
    path, other = list(made.vectors)[:2]
    made.labels[path] = "new"
    del made.labels[other]
    after = made.update()
    assert after.vectors == before.vectors
    assert after.graph == before.graph
    found = made.index().nearest(path, 30, include_itself=True)
    labels = {one.path: one.label for one in found}
    assert (labels[path], labels[other]) == ("new", None)
    assert set(labels.values()) == {"new", "old", None}


def test_vectors_without_a_direction_are_counted_and_never_found(made, draw):
    bad = {"zero.jpg": np.zeros(48), "nan.jpg": np.full(48, np.nan), "far.jpg": np.full(48, np.inf)}
    good = draw(10)
    made.add("a", {**bad, **good, "short.jpg": np.ones(3)})
    done = made.update()
    assert (done.count, done.unusable) == (10, 4)
    made.vectors = good
    assert_holds(made)
    made.add("b", draw(5, start=50))
    assert made.update().unusable == 4


def test_a_zero_vector_has_a_distance_where_it_is_no_angle(made, draw):
    made.parameters = made.parameters.model_copy(update={"metric": "euclidean"})
    made.add("a", {**draw(10), "zero.jpg": np.zeros(48), "huge.jpg": np.full(48, 1e6)})
    done = made.update()
    assert (done.count, done.unusable) == (11, 1)  # 1e6 is no float16
    nearest = made.index().nearest(np.full(48, 0.001), 1)[0]
    assert nearest.path == "zero.jpg"
    assert nearest.distance == pytest.approx(0.001 * np.sqrt(48), rel=1e-3)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_hardly_any_image_is_an_index_too(made, draw, count):
    made.add("a", draw(count) | {"broken.jpg": None})
    done = made.update()
    assert done.count == count
    assert (done.recall is None) == (count < 2)
    if count:
        assert_holds(made)


def test_the_same_picture_a_thousand_times(made, draw):
    (row,) = draw(1).values()
    made.add("a", {f"{number}.jpg": row for number in range(1000)})
    done = made.update()
    assert done.recall.share == 1.0
    found = made.index().nearest("7.jpg", 10)
    assert len({one.path for one in found} - {"7.jpg"}) == 10
    assert max(one.distance for one in found) < 1e-3


@pytest.mark.parametrize("threads", [1, None])
def test_a_small_index_is_the_same_bit_for_bit_in_every_build(made, draw, tmp_path, threads):
    made.parameters = made.parameters.model_copy(update={"threads": threads})
    made.add("a", draw(500))
    made.add("b", draw(500, start=500))
    digests = []
    for place in (str(tmp_path / "first"), str(tmp_path / "second")):
        manifest = update_index(place, made.features(), made.parameters)
        digests.append([manifest.files[name] for name in manifest.parts])
    assert digests[0] == digests[1]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.sets(st.integers(0, 39), min_size=1), min_size=1, max_size=5))
def test_any_history_ends_in_the_index_of_what_is_there(tmp_path_factory, draw, steps):
    """Each step leaves these images, rewritten as `_remove` does, or added to those there."""
    made, pool = Made(tmp_path_factory.mktemp("history") / "f"), list(draw(40).items())
    for number, step in enumerate(steps):
        for name in list(made.chunks)[: number % 2]:
            made.drop(name)
        held = {path for folder in made.chunks for path in CONTENT[made.chunks[folder]]}
        rows = {path: row for position, (path, row) in enumerate(pool) if position in step}
        rows = {path: row for path, row in rows.items() if path not in held}
        if rows:
            made.add(f"{number}", rows)
            CONTENT[made.chunks[f"{number}"]] = set(rows)
        there = {path for folder in made.chunks.values() for path in CONTENT[folder]}
        made.vectors = {path: row for path, row in pool if path in there}
        assert made.update().count == len(there)
    if made.vectors:
        assert_holds(made)


CONTENT = {}
