"""Runs that were made slow on purpose, and one that was not: the profile names the reason."""

import itertools
import os

import pytest

from pixelmill.featurization.parts import describe_featurizer
from pixelmill.featurization.run import FeaturizationRun, featurize_images
from pixelmill.featurization.tasks import map_featurizer
from pixelmill.parameters import FeaturizationParameters
from pixelmill.storage import open_storage
from pixelmill.tables import FEATURES
from tests.s3_proxy import Fault, S3Proxy

# In small batches, since reads go on to the end of the next batch whatever is read ahead.
COLOURS = FeaturizationParameters(featurizer="colour_statistics", batch_size=2)
ROOT = "s3://photos/digits"


@pytest.fixture
def slow_s3(s3, s3_endpoint, assets, spark, monkeypatch):
    """A bucket with handwritten digits that waits 60 ms before every answer."""
    for number, digit in enumerate(sorted((assets / "bengali_digits").rglob("*.png"))[:160]):
        s3.put_object(Bucket="photos", Key=f"digits/{number:03}.png", Body=digit.read_bytes())
    with S3Proxy(s3_endpoint, memory=True) as proxy:
        proxy.set(Fault("latency", seconds=0.06))
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        # The workers of this test alone: they inherit nothing that is set after Spark began.
        names = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        monkeypatch.setattr(spark.sparkContext, "environment", names)
        yield proxy


def bucket_index(spark):
    rows = [(one.path, one.size, one.modified) for one in open_storage(ROOT).list_files()]
    return spark.createDataFrame(rows, "path string, size long, modified timestamp").coalesce(1)


def profile_of(spark, index, parameters, data_set):
    """The profile of a featurization of S3, whose table is saved as Kedro saves it."""
    featurizer = describe_featurizer(parameters)
    nothing = spark.createDataFrame([], "path string")
    source = {"root": ROOT, "count": index.count()}
    profiles = []
    for update, profile in featurize_images(index, nothing, source, featurizer, parameters):
        if update.add is not None:
            update.add.write.mode("overwrite").parquet(str(data_set.storage))
        profiles.append(profile)
    return profiles[-1]


def test_s3_without_reads_ahead_names_the_wait_and_the_parameter(spark, slow_s3, data_set):
    index = bucket_index(spark)
    one_read = COLOURS.model_copy(update={"reads_in_flight": 1})
    profile_of(spark, index.limit(8), one_read, data_set)  # starts the workers
    slow = profile_of(spark, index, one_read, data_set)
    assert slow["findings"][0]["name"] == "s3_wait"
    assert "waiting for images from S3" in slow["bottleneck"]
    assert "with 1 read in flight" in slow["bottleneck"]
    assert slow["advice"].startswith("set featurization.reads_in_flight to ")
    ahead = profile_of(spark, index, COLOURS, data_set)
    assert ahead["seconds_by_step"]["read"] < slow["seconds_by_step"]["read"] / 3


@pytest.fixture
def many_photos(photos):
    """A data set of 84 photos, with workers that have started on twelve of them."""
    started, _ = run_on(photos)
    for chunk in started.chunks():
        chunk.write.format("noop").mode("overwrite").save()
    add_photos(photos, 72)
    return photos


def add_photos(data_set, count):
    """Copies photos of a data set until it has so many more."""
    originals = sorted(data_set.images.glob("*.jpg"))
    for photo, number in zip(itertools.cycle(originals), range(count), strict=False):
        (data_set.images / f"more-{len(originals) + number:03}.jpg").hardlink_to(photo)


def run_on(data_set):
    parameters = FeaturizationParameters(**data_set.parameters)
    index = data_set.index().coalesce(1).cache()
    featurizer = describe_featurizer(parameters)
    return FeaturizationRun(
        index, index.count(), str(data_set.images), featurizer, parameters
    ), index


def test_one_giant_partition_names_the_cores_without_a_task(many_photos):
    run, index = run_on(many_photos)
    map_featurizer(index, run._task, partitions=1).write.parquet(str(many_photos.storage))
    idle = next(one for one in run.profile(0)["findings"] if one["name"] == "idle")
    assert idle["share"] > 0.2
    assert "1 task for 2 cores" in idle["sentence"]


def test_uneven_partitions_name_the_skew_and_the_parameter(many_photos):
    run, index = run_on(many_photos)
    few, most = index.where("path < '04'"), index.where("path >= '04'")
    # Spark 4.1 would make one partition of the two.
    many_photos.spark.conf.set("spark.sql.unionOutputPartitioning", "false")
    uneven = few.coalesce(1).union(most.coalesce(1)).mapInArrow(run._task, FEATURES)
    uneven.write.parquet(str(many_photos.storage))
    many_photos.spark.conf.unset("spark.sql.unionOutputPartitioning")
    profile = run.profile(0)
    skew = next(one for one in profile["findings"] if one["name"] == "skew")
    assert skew["share"] > 0.2
    assert "the slowest had 80 images, the median task 4" in skew["sentence"]
    assert "set spark.default.parallelism to 8" in skew["advice"]
    slowest = profile["cluster"]["slowest_task"]
    assert slowest["images"] == 80
    assert slowest["image_bytes"] > 10 * slowest["median_image_bytes"] > 0


def test_a_run_that_is_well_set_spends_most_of_its_time_on_inference(many_photos):
    add_photos(many_photos, 216)  # what Spark does for each task is little beside them
    _, profile = many_photos.run(chunk_size=1000)
    assert profile["findings"][0]["name"] == "infer"
    assert profile["bottleneck"].endswith("of the core time is inference in float32")
    assert sum(one["share"] for one in profile["findings"]) == pytest.approx(1.0, abs=0.1)
    assert profile["cluster"]["executors"] == 1
    assert profile["cores"] == 2
