"""Copies of one picture count once: they are no cluster of their own."""

import numpy as np
import pyarrow as pa
import pytest

from pixelmill.pipelines.mapping.copies import fold_copies, pile_copies
from tests.pipelines.mapping.conftest import islands

TSNE = {"projection": {"method": "tsne", "parameters": {"n_jobs": 1}}, "grouping": {}}


def near_duplicates(*groups):
    """The table of near-duplicates; the first path of a group is the one to keep."""
    rows = [
        {"group": number, "path": path, "keep": place == 0}
        for number, group in enumerate(groups)
        for place, path in enumerate(group)
    ]
    schema = pa.schema({"group": pa.int32(), "path": pa.string(), "keep": pa.bool_()})
    return pa.Table.from_pylist(rows, schema)


def folded(copies):
    return dict(zip(*(copies[name].to_pylist() for name in copies.column_names), strict=True))


@pytest.fixture
def with_features(spark):
    def make(rows):
        images = [(path, [float(number) for number in row]) for path, row in rows.items()]
        return spark.createDataFrame(images, "path string, features array<float>")

    return make


def test_same_pictures_and_same_features_have_one_representative(with_features):
    rows = {"a": [1, 2], "b": [1, 2.00001], "c": [5, 5], "d": [8, 8], "e": [9, 9], "f": [3, 3]}
    table = near_duplicates(["c", "b"], ["gone", "e", "d"])
    copies = fold_copies(with_features(rows), table)
    # c is kept of the group that a joins by its features; of the other group, what is there.
    assert folded(copies) == {"a": "c", "b": "c", "e": "d"}
    assert copies["path"].to_pylist() == ["a", "b", "e"]


@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1.0, 1e6, 1e30])
def test_features_of_any_scale_are_the_same_only_where_they_are(with_features, scale):
    rows = {"a": [1, 2], "b": [1, 2.000001], "c": [1, 2.01], "d": [2, 4], "e": [0, 0], "f": [0, 0]}
    scaled = {path: [number * scale for number in row] for path, row in rows.items()}
    assert folded(fold_copies(with_features(scaled), None)) == {"b": "a", "f": "e"}


@pytest.mark.parametrize("table", [None, near_duplicates()])
def test_without_near_duplicates_the_features_tell(with_features, table):
    assert folded(fold_copies(with_features({"a": [1], "b": [2]}), table)) == {}
    assert folded(fold_copies(with_features({"a": [1], "b": [2], "c": [1]}), table)) == {"c": "a"}


def test_a_map_of_one_picture_alone_is_not_folded(with_features):
    assert folded(fold_copies(with_features({"a": [1], "b": [1], "c": [1]}), None)) == {}


def test_every_copy_lies_apart_and_near_its_representative():
    random = np.random.default_rng(0)
    places = random.uniform(0, 100, (400, 2))
    paths = [f"{number}.jpg" for number in range(400)]
    placed = pa.table({"path": paths, "x": places[:, 0], "y": places[:, 1]})
    copies = pa.table(
        {"path": [f"copy {n}" for n in range(40)], "representative": ["0.jpg"] * 38 + ["1.jpg"] * 2}
    )
    piled = pile_copies(placed, copies)
    gaps = np.linalg.norm(piled[:38, None] - piled[None, :38], axis=2)
    assert gaps[~np.eye(38, dtype=bool)].min() > 0.05
    away = np.linalg.norm(piled - places[[0] * 38 + [1] * 2], axis=1)
    assert 0 < away.min() < away.max() < 5  # images are some 2.5 apart


@pytest.mark.parametrize("limit", [500, 60])
def test_copies_make_no_cluster_and_inherit_that_of_their_picture(a_map, limit):
    rows, _ = islands(120, groups=4)
    copied = [5, 6]  # each nine times more, of islands 1 and 2
    noise = 0.01 * np.random.default_rng(1).normal(size=(18, rows.shape[1]))
    more = rows[np.repeat(copied, 9)] + noise
    paths = [f"{number:03d}.jpg" for number in range(120)] + [
        f"copy_{n:02d}.jpg" for n in range(18)
    ]
    groups = [
        [f"{number:03d}.jpg", *(f"copy_{9 * place + n:02d}.jpg" for n in range(9))]
        for place, number in enumerate(copied)
    ]
    tables = a_map.index(np.vstack([rows, more]).astype(np.float32), paths=paths)
    projection = {"method": "pca", "limit": limit}
    made, summary = a_map.draw(
        *tables, near_duplicates(*groups), projection=projection, grouping={}
    )
    assert (summary["images"], summary["copies"]) == (138, 18)
    assert summary["fitted"] == min(limit, 120)
    cluster = {row["path"]: row["cluster"] for row in made}
    assert len(cluster) == 138
    for group in groups:
        assert len({cluster[path] for path in group}) == 1
    own = {number: cluster[f"{number:03d}.jpg"] for number in range(120)}
    assert len({own[n] for n in range(120) if own[n] >= 0}) == 4
    sizes = {group["cluster"]: group["size"] for group in summary["grouping"]["groups"]}
    assert sum(sizes.values()) + summary["grouping"]["noise"] == 138
    shown = [path for group in summary["grouping"]["groups"] for path in group["typical"]]
    assert not any(path.startswith("copy") for path in shown)
