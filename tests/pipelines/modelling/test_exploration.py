"""What is said of features: numpy's own figures, whatever the partitions, and every odd case."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pixelmill.pipelines.modelling.class_distributions import (
    BINS,
    MOST_CLASSES,
    MOST_POINTS,
    distributions_of,
    plotted_features,
    shown_classes,
)
from pixelmill.pipelines.modelling.exploration import explore_features, feature_names
from pixelmill.pipelines.modelling.moments import from_bytes, moments_of, to_bytes


def close(number):
    return number if number is None else pytest.approx(number, rel=1e-12)


def described(*columns):
    """What the join says of featurizers with these columns."""
    parts = [{"fingerprint": "0123", "columns": names} for names in columns]
    return {"fingerprint": "0123456789abcdef", "parts": parts}


ROUNDED = ("mean", "std", "between_classes")  # by the order in which sums are added up
NAMES = ["red_mean", "red_std", "hue_mean", "bias"]


@pytest.fixture(scope="module")
def table(spark):
    """Makes labelled features, in more partitions than one."""

    def make(labels, features, partitions=2):
        columns = {
            "path": pa.array([f"{number}.jpg" for number in range(len(labels))], pa.string()),
            "label": pa.array(labels, pa.string()),
            "split": pa.array(["train"] * len(labels), pa.string()),
            "features": pa.array(list(features), pa.list_(pa.float32())),
        }
        return spark.createDataFrame(pa.table(columns)).repartition(partitions)

    return make


@pytest.fixture(scope="module")
def colours(table):
    """300 images of three classes and without one, of which the last feature is constant."""
    draw = np.random.default_rng(3)
    labels = draw.choice(["red", "green", "blue", None], 300)
    features = draw.normal([1000, 2, -5, 0.1], [0.01, 3, 1, 0], (300, 4)).astype(np.float32)
    features[:, 2] += features[:, 1]
    return labels, features.astype(np.float64), table(labels.tolist(), features)


@pytest.fixture(scope="module")
def explored(colours):
    """What is said of them."""
    return explore_features(colours[2], described(NAMES))


def test_statistics_are_those_of_numpy(colours, explored):
    _, features, _ = colours
    assert [one["name"] for one in explored["statistics"]] == NAMES
    for one, values in zip(explored["statistics"], features.T, strict=True):
        assert one["mean"] == pytest.approx(values.mean(), rel=1e-12)
        assert one["std"] == pytest.approx(values.std(), rel=1e-9, abs=1e-12)
        counts, edges = np.histogram(values, BINS)
        assert one["counts"] == counts.tolist()
        assert one["edges"] == pytest.approx(edges, rel=1e-12)


def test_correlation_is_numpys_and_unknown_for_constant_features(colours, explored):
    correlation = explored["correlation"]
    assert correlation["names"] == NAMES
    expected = np.corrcoef(colours[1][:, :3].T)
    found = np.array([row[:3] for row in correlation["values"][:3]], dtype=float)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert correlation["values"][3] == [None] * 4
    assert [row[3] for row in correlation["values"]] == [None] * 4


def test_images_without_a_label_are_in_the_statistics_and_in_no_class(colours, explored):
    labels, features, _ = colours
    assert (explored["images"], explored["left_out"]) == (300, 0)
    assert explored["classes"] == {
        name: int(np.sum(labels == name)) for name in ("blue", "green", "red")
    }
    assert explored["class_means"]["labels"] == ["blue", "green", "red"]
    for label, means in zip(explored["classes"], explored["class_means"]["values"], strict=True):
        np.testing.assert_allclose(means, features[labels == label].mean(axis=0), rtol=1e-12)


def test_distributions_are_those_of_numpy_by_class(colours, explored):
    labels, features, _ = colours
    found = explored["distributions"]
    assert found["labels"] == ["blue", "green", "red"]
    limits = list(zip(features.min(axis=0), features.max(axis=0), strict=True))
    for label, counts in zip(found["labels"], found["counts"], strict=True):
        own = features[labels == label].T
        for values, ends, bins in zip(own, limits, counts, strict=True):
            assert bins == np.histogram(values, BINS, ends)[0].tolist()


def test_the_share_between_classes_is_that_of_the_analysis_of_variance(colours, explored):
    labels, features, _ = colours
    classes = [features[labels == name] for name in ("red", "green", "blue")]
    known = np.concatenate(classes)
    total = np.square(known - known.mean(axis=0)).sum(axis=0)
    within = sum(np.square(rows - rows.mean(axis=0)).sum(axis=0) for rows in classes)
    shares = [one["between_classes"] for one in explored["statistics"]]
    assert shares[:3] == pytest.approx(1 - within[:3] / total[:3], abs=1e-9)
    assert shares[3] is None


def test_points_of_each_class_are_images_of_that_class(colours, explored):
    labels, features, _ = colours
    found = explored["distributions"]
    assert len(found["features"]) >= 2
    assert 3 not in found["features"]
    codes, points = np.array(found["codes"]), np.array(found["values"])
    for code, label in enumerate(found["labels"]):
        images = features[labels == label][:, found["features"]]
        assert np.sum(codes == code) == min(MOST_POINTS, len(images))
        for point in points[codes == code]:
            assert np.isclose(images, point, rtol=1e-3).all(axis=1).any()


def test_partitions_and_the_parts_of_joined_features_change_nothing(colours, explored):
    """Five partitions of which some are empty; names that come from two featurizers."""
    rows = colours[2].coalesce(1).union(colours[2].filter("path = 'none'")).repartition(5, "label")
    other = explore_features(rows, described(NAMES[:3], NAMES[3:]))
    assert other["classes"] == explored["classes"]
    assert other["correlation"]["names"] == NAMES
    assert other["distributions"] == explored["distributions"]
    for one, another in zip(explored["statistics"], other["statistics"], strict=True):
        assert another == one | {key: close(one[key]) for key in ROUNDED}


def test_images_with_infinite_features_or_none_are_counted_and_left_out(table):
    rows = [[1.0, 2.0], [3.0, np.nan], [np.inf, 1.0], [2.0, 4.0]]
    found = explore_features(table(["a", "a", "b", "a"], rows), described(["x", "y"]))
    assert (found["images"], found["left_out"]) == (2, 2)
    assert found["classes"] == {"a": 2}
    assert [one["mean"] for one in found["statistics"]] == [1.5, 3.0]
    assert found["correlation"]["values"][0][1] == pytest.approx(1)


def test_a_single_image_without_a_label(table):
    found = explore_features(table([None], [[1.0, 2.0]]), described(["x", "y"]))
    assert found["statistics"][0]["std"] == 0
    assert sum(found["statistics"][0]["counts"]) == 1
    assert found["correlation"]["values"] == [[None, None], [None, None]]
    assert found["classes"] == {}
    assert found["class_means"] == {"labels": [], "names": ["x", "y"], "values": []}
    assert found["statistics"][0]["between_classes"] is None
    assert found["distributions"]["labels"] == found["distributions"]["values"] == []
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_odd_labels_stay_what_they_are(table):
    labels = ["10", "9", "", 'it\'s "odd"', "é" * 300]
    found = explore_features(table(labels, np.ones((5, 1))), described(["x"]))
    assert found["classes"] == dict.fromkeys(sorted(labels), 1)


def test_everything_can_be_written_as_json(explored):
    assert json.loads(json.dumps(explored, allow_nan=False)) == explored


@pytest.mark.parametrize(
    "joined",
    [
        {"fingerprint": "0", "parts": [{"fingerprint": "0"}]},
        {"fingerprint": "0", "parts": [{"columns": ["x"]}, {"fingerprint": "1"}]},
        {"fingerprint": "0", "parts": []},
        described([f"statistic {number}" for number in range(65)]),
    ],
    ids=["no names", "names of one part only", "no parts", "too many"],
)
def test_features_without_names_or_too_many_are_not_explored(joined, table):
    assert feature_names(joined) == []
    assert explore_features(table(["a"], [[1.0]]), joined) == {}


@pytest.mark.parametrize("rows", [[], [[np.nan]]], ids=["no image", "no finite image"])
def test_nothing_is_said_of_no_images(table, rows):
    assert explore_features(table(["a"] * len(rows), rows), described(["x"])) == {}


values = st.floats(-1e6, 1e6, width=32) | st.sampled_from([np.nan, np.inf])
images = st.lists(st.tuples(st.sampled_from(["a", "b", None]), values, values), max_size=20)


def batch(rows):
    columns = [[row[0] for row in rows], [list(row[1:]) for row in rows]]
    types = [pa.string(), pa.list_(pa.float32())]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, ["label", "features"])


@given(images, images)
@settings(max_examples=100, deadline=None)
def test_parts_add_up_to_the_whole(some, others):
    parts = [from_bytes(to_bytes(moments_of(batch(rows), 2))) for rows in (some, others)]
    added, whole = parts[0] + parts[1], moments_of(batch(some + others), 2)
    assert (added.images, added.left_out) == (whole.images, whole.left_out)
    assert added.classes.keys() == whole.classes.keys()
    for name in ("mean", "low", "high"):
        np.testing.assert_allclose(getattr(added, name), getattr(whole, name), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(added.products, whole.products, rtol=1e-9, atol=1e-2)
    for label, sums in whole.classes.items():
        np.testing.assert_allclose(added.classes[label], sums, rtol=1e-9, atol=1e-6)


def ranked(images_of_batch, first):
    ranks = np.arange(first, first + images_of_batch.num_rows) * 7 % 41
    return images_of_batch.append_column("order", pa.array(ranks, pa.int64()))


@given(images, images)
@settings(max_examples=50, deadline=None)
def test_distributions_of_parts_add_up_to_the_whole(some, others):
    every = some + others
    found = moments_of(batch(every), 2)
    assume(found.images)
    shown = shown_classes(found)
    first = distributions_of(ranked(batch(some), 0), found, shown)
    second = distributions_of(ranked(batch(others), len(some)), found, shown)
    added, whole = first + second, distributions_of(ranked(batch(every), 0), found, shown)
    for name in ("counts", "by_class", "order", "codes", "points"):
        np.testing.assert_array_equal(getattr(added, name), getattr(whole, name))
    np.testing.assert_allclose(added.within, whole.within, rtol=1e-9, atol=1e-6)


def test_the_largest_classes_are_shown_in_the_order_of_their_names():
    rows = [(f"class {n:02}", 1.0, 2.0) for n in range(20) for _ in range(n + 1)]
    found = moments_of(batch(rows), 2)
    assert shown_classes(found) == [f"class {n:02}" for n in range(20 - MOST_CLASSES, 20)]


def test_a_feature_that_says_the_same_as_a_better_one_is_not_plotted():
    correlation = [[1, 0.95, 0.1, None], [0.95, 1, 0, None], [0.1, 0, 1, None], [None] * 4]
    assert plotted_features([0.8, 0.9, 0.2, None], correlation) == [1, 2]
    assert plotted_features([0.8, 0.9, None, None], correlation) == []
    assert plotted_features([None] * 4, correlation) == []
