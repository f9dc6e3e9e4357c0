"""Every image with features is on the map, however few and however odd they are."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql.functions import lit

from pixelmill.errors import InputError
from pixelmill.parameters import MappingParameters
from pixelmill.pipelines.mapping import nodes
from pixelmill.pipelines.mapping.nodes import project_images
from tests.pipelines.mapping.conftest import islands

SHORT = {"n_iter": 50, "early_exaggeration_iter": 20, "n_jobs": 1, "perplexity": 5}
NO_COPIES = pa.table({"path": pa.array([], pa.string())})
LABELS = ["Siamese", "Birman", "Bengal"]


def named(which):
    return [LABELS[group] for group in which]


def test_islands_are_found_and_named(a_map):
    rows, which = islands()
    made, summary = a_map.draw(*a_map.index(rows, named(which)))
    assert [row["label"] for row in made] == named(which)
    assert len({(row["label"], row["cluster"]) for row in made}) == 3
    assert (summary["images"], summary["failed"], summary["fitted"]) == (60, 0, 60)
    assert summary["projection"]["method"] == "pca"
    groups = summary["grouping"]["groups"]
    assert sorted(group["name"] for group in groups) == sorted(LABELS)
    assert [group["size"] for group in groups] == [20, 20, 20]
    assert [group["purity"] for group in groups] == [1, 1, 1]
    assert (summary["grouping"]["ari"], summary["grouping"]["nmi"]) == (1, 1)
    assert summary["grouping"]["silhouette"] > 0.7
    assert summary["neighbours"]["map"] == summary["neighbours"]["features"] == 1
    paths = {row["path"]: row["cluster"] for row in made}
    for group in groups:
        some = [group["medoid"], *group["typical"], *group["unusual"]]
        assert {paths[path] for path in some} == {group["cluster"]}
        assert len(group["typical"]) == len(group["unusual"]) == 8


def test_the_summary_is_json_without_odd_numbers(a_map):
    rows, _ = islands(30)
    _, summary = a_map.draw(*a_map.index(rows), grouping={"method": "dbscan"})
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


@pytest.mark.parametrize(
    ("images", "method", "grouping"),
    [(1, "tsne", "hdbscan"), (1, "pca", "kmeans"), (3, "umap", "dbscan"), (3, "tsne", "kmeans")],
)
def test_a_few_images_are_a_map(a_map, images, method, grouping):
    rows, _ = islands(images)
    made, summary = a_map.draw(
        *a_map.index(rows), projection={"method": method}, grouping={"method": grouping}
    )
    assert len(made) == images
    assert np.isfinite([[row["x"], row["y"]] for row in made]).all()
    assert summary["images"] == summary["fitted"] == images
    few = "one image" if images == 1 else "preparation.pca"
    assert any(few in note for note in summary["notes"])
    sizes = sum(group["size"] for group in summary["grouping"]["groups"])
    assert sizes + summary["grouping"]["noise"] == images


def test_images_that_are_all_the_same_are_a_map(a_map):
    rows = np.tile(islands(1)[0], (25, 1))
    made, summary = a_map.draw(*a_map.index(rows, ["a"] * 25), grouping={"method": "hdbscan"})
    assert len(made) == 25
    assert np.isfinite([[row["x"], row["y"]] for row in made]).all()
    assert any("the same features" in note for note in summary["notes"])


def test_images_without_features_are_counted_and_left_out(a_map):
    rows, which = islands(30)
    errors = {3: "truncated image: cut", 11: "vanished"}
    made, summary = a_map.draw(*a_map.index(rows, named(which), errors))
    assert (summary["images"], summary["failed"], len(made)) == (28, 2, 28)
    assert not {"0003.jpg", "0011.jpg"} & {row["path"] for row in made}


def test_no_features_at_all_are_one_sentence(a_map):
    rows, _ = islands(2)
    with pytest.raises(InputError, match="none of the 2 images has features"):
        a_map.draw(*a_map.index(rows, errors={0: "vanished", 1: "vanished"}))


def test_features_of_other_images_are_one_sentence_and_of_some_no_trouble(a_map):
    rows, _ = islands(20)
    _, features = a_map.index(rows, paths=[f"old/{number:02d}.jpg" for number in range(20)])
    features = a_map.spark.createDataFrame(features.toArrow())
    index, _ = a_map.index(rows)
    with pytest.raises(InputError, match="or these images were not featurized yet"):
        a_map.draw(index, features)
    some = (
        features.select("path")
        .where("path < 'old/12'")
        .withColumn("label", lit(None).cast("string"))
    )
    made, summary = a_map.draw(some, features)
    assert len(made) == summary["images"] == 12


def test_without_labels_groups_have_numbers_and_nothing_is_compared(a_map):
    _, summary = a_map.draw(*a_map.index(islands()[0]))
    groups = summary["grouping"]["groups"]
    assert [group["name"] for group in groups] == ["group 1", "group 2", "group 3"]
    assert {(group["label"], group["purity"]) for group in groups} == {(None, None)}
    assert summary["grouping"]["ari"] is None
    assert summary["neighbours"]["map"] is None
    assert summary["neighbours"]["trustworthiness"] > 0.5


def test_everything_may_be_noise(a_map):
    rows, _ = islands()
    grouping = {"method": "dbscan", "parameters": {"eps": 1e-6, "min_samples": 5}}
    made, summary = a_map.draw(*a_map.index(rows), grouping=grouping)
    assert {row["cluster"] for row in made} == {-1}
    found = summary["grouping"]
    assert (found["noise"], found["groups"], found["silhouette"]) == (60, [], None)


def test_no_groups_are_made_where_none_are_wanted(a_map):
    made, summary = a_map.draw(*a_map.index(islands()[0]), grouping={"method": None})
    assert summary["grouping"] is None
    assert {row["cluster"] for row in made} == {-1}


@pytest.mark.parametrize("space", ["projection", "features"])
def test_images_beyond_the_limit_are_placed_and_grouped_by_what_was_fitted(a_map, space):
    rows, which = islands(120)
    grouping = {"method": "kmeans", "space": space, "parameters": {"n_clusters": 3}}
    projection = {"method": "pca", "limit": 40}
    tables = a_map.index(rows, named(which))
    made, summary = a_map.draw(*tables, projection=projection, grouping=grouping)
    assert (summary["images"], summary["fitted"], len(made)) == (120, 40, 120)
    assert len({(row["label"], row["cluster"]) for row in made}) == 3
    assert sum(group["size"] for group in summary["grouping"]["groups"]) == 120
    # The principal components of a sample are nearly those of all.
    every, _ = a_map.draw(*tables, projection={"method": "pca"}, grouping=grouping)
    one, other = (np.array([[row["x"], row["y"]] for row in some]) for some in (made, every))
    for axis in range(2):
        assert abs(np.corrcoef(one[:, axis], other[:, axis])[0, 1]) > 0.99


def test_features_that_are_too_many_for_one_process_are_reduced_in_tasks(a_map, monkeypatch):
    rows, which = islands()
    tables = a_map.index(rows, named(which), {5: "truncated image: cut"})
    here, _ = a_map.draw(*tables)
    monkeypatch.setattr(nodes, "COLLECTED_BYTES", 0)
    in_tasks, summary = a_map.draw(*tables)
    assert (summary["images"], summary["failed"]) == (59, 1)
    for one, other in zip(here, in_tasks, strict=True):
        assert (one["path"], one["label"], one["cluster"]) == (
            other["path"], other["label"], other["cluster"]
        )  # fmt: skip
        assert [one["x"], one["y"]] == pytest.approx([other["x"], other["y"]], abs=1e-4)


@settings(max_examples=2, deadline=None)
@given(order=st.permutations(range(80)), partitions=st.integers(2, 5))
@pytest.mark.parametrize(("method", "limit"), [("tsne", 80), ("tsne", 30), ("pca", 30)])
def test_neither_partitions_nor_order_move_an_image(spark, order, partitions, method, limit):
    rows, _ = islands(80)
    parameters = SHORT if method == "tsne" else {}
    projection = {"method": method, "limit": limit, "parameters": parameters}
    mapping = MappingParameters(projection=projection)
    images = [(f"{number:03d}.jpg", None, rows[number].tolist()) for number in range(80)]
    places = []
    for some, parts in ((images, 1), ([images[place] for place in order], partitions)):
        table = spark.createDataFrame(some, "path string, label string, features array<float>")
        table = table.repartition(parts)
        placed, _ = project_images(table, NO_COPIES, {"images": 80}, mapping)
        placed = placed if limit == 80 else placed.toArrow()
        places.append(placed.sort_by("path").select(["path", "x", "y"]).to_pylist())
    assert places[0] == places[1]
