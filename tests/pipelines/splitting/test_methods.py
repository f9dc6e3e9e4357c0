"""The laws of a split: each class has its share, and new images move none."""

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelmill.datasets.splits_table import Splits
from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters, SplittingParameters
from pixelmill.pipelines.splitting.methods import (
    FOLDERS,
    by_column,
    by_folder,
    by_fraction,
    first_per_class,
    record_of,
)
from pixelmill.pipelines.splitting.nodes import split_images

SCHEMA = "path string, label string"
law = settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
laws = settings(law, max_examples=30)  # in the driver


def rows_of(table):
    return table.to_pylist() if isinstance(table, pa.Table) else table.collect()


def split_of(images):
    return {row["path"]: row["split"] for row in rows_of(images)}


def in_memory(rows, *names):
    """An Arrow table of strings."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table({name: pa.array(column, pa.string())
                     for name, column in zip(names, columns, strict=True)})  # fmt: skip


def of_no_earlier_run(images):
    return images.selectExpr("*", "cast(null as string) as earlier")


def pets(spark, count, label="pets"):
    rows = [(f"{label}/photo {number:05d}.jpg", label) for number in range(count)]
    return of_no_earlier_run(spark.createDataFrame(rows, SCHEMA))


def expected_tests(count, fraction):
    """Test images of a class, by the definition."""
    return 0 if count < 2 else min(max(int(count * fraction + 0.5), 1), count - 1)


sizes = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 30), min_size=1)
# Every method leaves images of such a class on both sides; a split that does not is refused.
divisible = sizes.filter(lambda classes: max(classes.values()) > 4)
methods = st.sampled_from(
    [
        {"method": "fraction", "test_fraction": 0.3},
        {"method": "fraction", "test_fraction": 0.62, "seed": 7},
        {"method": "first_per_class", "count": 4},
        {"method": "folder"},
        {"method": "column", "column": "fold"},
    ]
)


@pytest.fixture
def run(spark, tmp_path):
    """Divides images, given as labels by paths, after an earlier run or none.

    In the driver, or by Spark where there are partitions.
    """

    def placed(table, partitions):
        return spark.createDataFrame(table).repartition(partitions) if partitions else table

    def split(labels, earlier=None, partitions=0, **splitting):
        splitting = SplittingParameters(**splitting)
        lines = [f"{path},{'test' if hash_of(path) % 3 else 'train'}" for path in labels]
        (tmp_path / "photos.csv").write_text("\n".join(["path,fold", *lines]))
        images = placed(in_memory(labels.items(), "path", "label"), partitions)
        if earlier is not None:
            rows = [(path, *row) for path, row in earlier.items()]
            stored = placed(in_memory(rows, "path", "label", "split"), partitions)
            earlier = Splits(stored, record_of(splitting))
        source = {"images": str(tmp_path / "photos.csv")}
        splits = split_images(images, source, IngestionParameters(), splitting, None, earlier)
        assert splits.splitting == record_of(splitting)
        return {row["path"]: (row["label"], row["split"]) for row in rows_of(splits.table)}

    return split


def hash_of(path):
    return sum(path.encode())


def made_up(classes, start=0):
    """Labels by paths; the folder of a path is drawn for `method: folder`."""
    images = [(label, number) for label, count in classes.items() for number in range(count)]
    paths = {}
    for label, number in images:
        folder = FOLDERS[number % len(FOLDERS)].upper()
        paths[f"{folder}/{label}/{number * 37 % 101:03d} {start}.jpg"] = label
    return paths | {f"test/loose {start}.jpg": None}


@law
@given(first=divisible, more=sizes, splitting=methods, partitions=st.integers(1, 4))
def test_spark_divides_images_as_the_driver_does(run, first, more, splitting, partitions):
    before = run(made_up(first), **splitting)
    assert run(made_up(first), partitions=partitions, **splitting) == before
    grown = made_up(more, 30) | made_up(first)
    after = run(grown, earlier=before, **splitting)
    assert run(grown, earlier=before, partitions=partitions, **splitting) == after


@laws
@given(first=divisible, more=sizes, splitting=methods, partitions=st.just(0))
def test_new_images_move_none(run, first, more, splitting, partitions):
    before = run(made_up(first), **splitting)
    grown = made_up(more, 30) | made_up(first)
    after = run(grown, earlier=before, partitions=partitions, **splitting)
    assert after.keys() == grown.keys()
    assert {path: after[path] for path in before} == before
    assert run(made_up(first), earlier=before, **splitting) == before


@laws
@given(first=sizes, more=sizes, fraction=st.floats(0.01, 0.99))
def test_every_class_has_its_share_before_and_after_it_grew(run, first, more, fraction):
    before = run(made_up(first), method="fraction", test_fraction=fraction)
    grown = made_up(more, 30) | made_up(first)
    after = run(grown, earlier=before, method="fraction", test_fraction=fraction)
    for splits in (before, after):
        found = {label: [split for _, (one, split) in splits.items() if one == label]
                 for label in {one for one, _ in splits.values()} - {None}}  # fmt: skip
        for label, of_class in found.items():
            assert of_class.count("test") == expected_tests(len(of_class), fraction), label


def test_partitions_and_order_move_no_image(run):
    images = made_up({"a": 20, "b": 3})
    splits = run(images)
    backwards = dict(reversed(list(images.items())))
    assert run(backwards, partitions=5) == splits


def test_a_labelled_image_keeps_its_split_under_another_label(run):
    images = made_up({"a": 10, "b": 10})
    before = run(images)
    some = sorted(path for path, (label, _) in before.items() if label == "a")[:4]
    relabelled = images | dict.fromkeys(some, "b")
    after = run(relabelled, earlier=before)
    assert {path: split for path, (_, split) in after.items()} == {
        path: split for path, (_, split) in before.items()
    }
    unlabelled = dict.fromkeys(images)
    labelled = run(images, earlier=run(unlabelled))
    assert labelled == before, "an image without a label was never drawn"


def test_an_image_that_left_is_forgotten_and_its_class_is_filled_up(run):
    images = made_up({"a": 10})
    before = run(images)
    tested = [path for path, (label, split) in before.items() if label and split == "test"]
    rest = {path: label for path, label in images.items() if path not in tested}
    after = run(rest, earlier=before)
    assert {split for path, (label, split) in after.items() if label} == {"train"}
    again = run(rest | {"train/new 1.jpg": "a", "train/new 2.jpg": "a"}, earlier=after)
    assert [again[f"train/new {number}.jpg"][1] for number in (1, 2)] == ["test", "test"]


def test_another_parameter_divides_all_again(run):
    images = made_up({"a": 30})
    everything = {path: (label, "test") for path, label in images.items()}
    assert run(images, earlier=everything) == everything
    rows = [(path, *row) for path, row in everything.items()]
    stored = in_memory(rows, "path", "label", "split")
    index = in_memory(images.items(), "path", "label")
    seed = SplittingParameters(seed=1)
    other = split_images(
        index, {"images": ""}, IngestionParameters(), seed,
        None, Splits(stored, record_of(SplittingParameters())),
    )  # fmt: skip
    assert "train" in split_of(other.table).values()


def test_a_parameter_of_another_method_changes_nothing():
    assert record_of(SplittingParameters(count=5)) == record_of(SplittingParameters())
    assert record_of(SplittingParameters(seed=5)) != record_of(SplittingParameters())


def test_the_fraction_is_exact_in_large_classes(spark):
    images = pets(spark, 20_000, "cat").union(pets(spark, 9_000, "dog"))
    splits = by_fraction(images, SplittingParameters(test_fraction=0.1))
    tested = splits.filter("split = 'test'").groupBy("label").count().collect()
    assert {row["label"]: row["count"] for row in tested} == {"cat": 2_000, "dog": 900}


def test_another_seed_draws_other_images(run):
    images = {f"pets/photo {number}.jpg": "pets" for number in range(400)}
    one, two = (run(images, seed=seed) for seed in (1, 2))
    differing = sum(one[path] != two[path] for path in one)
    assert 0.3 < differing / 400 < 0.55  # 2 · 0.3 · 0.7 is expected


def test_a_larger_fraction_keeps_the_test_images_of_a_smaller_one(run):
    images = {f"pets/photo {number}.jpg": "pets" for number in range(400)}
    small, large = (run(images, test_fraction=fraction) for fraction in (0.2, 0.4))
    tested = {path for path, (_, split) in small.items() if split == "test"}
    assert 0 < len(tested) < sum(split == "test" for _, split in large.values())
    assert all(large[path][1] == "test" for path in tested)


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
        "Val/a.png": "test",
        "VALID/Apple/a.png": "test",
        "fruits/dev/Apple/a.png": "test",
        "dev/train/values/a.png": "train",
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
    with pytest.raises(InputError, match=r"of 2 images no folder is.*\(a/2\.jpg\).*move them"):
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
