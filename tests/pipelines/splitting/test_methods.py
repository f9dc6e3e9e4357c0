"""The laws of a split: a function of path and seed, whatever else is in the index."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelmill.errors import InputError
from pixelmill.parameters import SplittingParameters
from pixelmill.pipelines.splitting.methods import by_column, by_folder, by_fraction, first_per_class

SCHEMA = "path string, label string"
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
law = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))


def split_of(images):
    return {row["path"]: row["split"] for row in images.collect()}


def pets(spark, count, label="pets"):
    rows = [(f"{label}/photo {number:05d}.jpg", label) for number in range(count)]
    return spark.createDataFrame(rows, SCHEMA)


@law
@given(
    paths=st.sets(names, min_size=2, max_size=30),
    seed=st.integers(-(2**63), 2**63 - 1),
    partitions=st.integers(1, 5),
    data=st.data(),
)
def test_new_images_partitions_and_order_move_no_image(spark, paths, seed, partitions, data):
    splitting = SplittingParameters(seed=seed, test_fraction=0.4)
    everything = sorted(paths)
    first = data.draw(st.permutations(everything))[: len(paths) // 2]
    some = spark.createDataFrame([(path, "a") for path in first], SCHEMA)
    grown = spark.createDataFrame([(path, "b") for path in reversed(everything)], SCHEMA)
    before = split_of(by_fraction(some, splitting))
    after = split_of(by_fraction(grown.repartition(partitions), splitting))
    assert before == {path: after[path] for path in before}


@pytest.mark.parametrize("fraction", [0.1, 0.5])
def test_the_fraction_holds_within_the_sampling_error(spark, fraction):
    images = pets(spark, 4000, "cat").union(pets(spark, 4000, "dog"))
    splits = by_fraction(images, SplittingParameters(test_fraction=fraction))
    tested = splits.filter("split = 'test'").groupBy("label").count().collect()
    four_deviations = 4 * (fraction * (1 - fraction) / 4000) ** 0.5
    assert {row["label"] for row in tested} == {"cat", "dog"}
    for row in tested:
        assert abs(row["count"] / 4000 - fraction) < four_deviations


def test_another_seed_draws_other_images(spark):
    images = pets(spark, 400)
    one, two = (split_of(by_fraction(images, SplittingParameters(seed=seed))) for seed in (1, 2))
    differing = sum(one[path] != two[path] for path in one)
    assert 0.3 < differing / 400 < 0.55  # 2 · 0.3 · 0.7 is expected


def test_a_larger_fraction_keeps_the_test_images_of_a_smaller_one(spark):
    images = pets(spark, 400)
    small, large = (
        split_of(by_fraction(images, SplittingParameters(test_fraction=fraction)))
        for fraction in (0.2, 0.4)
    )
    tested = {path for path, split in small.items() if split == "test"}
    assert 0 < len(tested) < sum(split == "test" for split in large.values())
    assert all(large[path] == "test" for path in tested)


def test_the_first_of_each_class_are_by_path(spark):
    images = pets(spark, 5, "cat").union(pets(spark, 3, "dog")).repartition(4)
    splits = split_of(
        first_per_class(images, SplittingParameters(method="first_per_class", count=2))
    )
    trained = sorted(path for path, split in splits.items() if split == "train")
    assert len(splits) == 8
    assert trained == [
        "cat/photo 00000.jpg", "cat/photo 00001.jpg", "dog/photo 00000.jpg", "dog/photo 00001.jpg",
    ]  # fmt: skip


def test_the_nearest_folder_named_after_a_split_wins(spark):
    expected = {
        "Training/Apple/1.jpg": "train",
        "fruits/TEST/Apple/1.jpg": "test",
        "validation/a.png": "test",
        "train/testing/a.png": "test",
        "test/Apple/train/a\nb.png": "train",
        "test/train.jpg/a.png": "test",
        "test/trainers/a.png": "test",
    }
    images = spark.createDataFrame([(path, "Apple") for path in expected], SCHEMA)
    assert split_of(by_folder(images, SplittingParameters(method="folder"))) == expected


def test_images_in_no_folder_of_a_split_are_counted_with_an_example(spark):
    rows = [("train/a/1.jpg", "a"), ("b/train.jpg", "b"), ("a/2.jpg", "a"), ("loose.jpg", None)]
    images = spark.createDataFrame(rows, SCHEMA)
    with pytest.raises(InputError, match=r"2 images lie in no folder.*\(a/2\.jpg\).*move them"):
        by_folder(images, SplittingParameters(method="folder"))


def test_a_column_is_read_in_any_case(spark):
    rows = [("1.jpg", "a", "Train"), ("2.jpg", "a", " TEST "), ("3.jpg", "b", "test")]
    images = spark.createDataFrame(rows, SCHEMA + ", declared string")
    splits = by_column(images, SplittingParameters(method="column", column="fold"))
    assert split_of(splits) == {"1.jpg": "train", "2.jpg": "test", "3.jpg": "test"}


def test_a_column_with_other_words_is_refused(spark):
    rows = [("1.jpg", "a", "train"), ("2.jpg", "a", "dev"), ("3.jpg", "b", None)]
    images = spark.createDataFrame(rows, SCHEMA + ", declared string")
    with pytest.raises(InputError) as error:
        by_column(images, SplittingParameters(method="column", column="fold"))
    assert str(error.value) == (
        "column fold must hold 'train' or 'test', and does not for 2 images (2.jpg has dev): "
        "correct the table"
    )
