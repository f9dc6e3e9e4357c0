"""The function of a Spark task, on images that lie on an S3 server with faults."""

import os
from dataclasses import asdict

import pyarrow as pa
import pytest

from pixelmill.cli import explanation
from pixelmill.featurization.tasks import (
    FeaturizeImages,
    Origin,
    first_batch,
    map_featurizer,
    warm_up_workers,
)
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters
from pixelmill.profiling.metering import new_meter
from pixelmill.spark.parallelism import partitions_of
from pixelmill.storage import StoredFile, open_storage
from pixelmill.storage.base import EPOCH
from tests.s3_proxy import Fault

PHOTOS = 60
NAMES = [f"{number:03}.jpg" for number in range(PHOTOS)]
COLOURS = FeaturizationParameters(
    featurizer="colour_statistics", layer=None, batch_size=2, reads_in_flight=3
)


@pytest.fixture
def proxy(s3, s3_proxy, assets, monkeypatch):
    """A proxy before a bucket of photos; the environment leads to it."""
    photos = sorted((assets / "pets").rglob("*.jpg"))[:PHOTOS]
    for name, photo in zip(NAMES, photos, strict=True):
        s3.put_object(Bucket="photos", Key=f"pets/{name}", Body=photo.read_bytes())
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_proxy.url)
    return s3_proxy


def in_this_environment(featurize):
    """The workers of the session are older than the server that a test has started."""
    variables = variables_of_aws()

    def task(batches):
        from pixelmill.featurization import tasks

        os.environ.update(variables)
        tasks._STORAGES.clear()
        yield from featurize(batches)

    return task


def variables_of_aws():
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


def indexed_photos(spark):
    files = open_storage("s3://photos/pets").list_files()
    rows = [(file.path, file.size, file.modified) for file in files]
    return spark.createDataFrame(rows, "path string, size long, modified timestamp")


def new_task(spark, root, meter):
    prepared = spark.sparkContext.broadcast(find_featurizer(COLOURS).prepare())
    return FeaturizeImages(
        prepared, root, Origin("f", "d"), parameters=COLOURS, threads=1, meter=meter
    )


def featurized(spark, images):
    """The rows of the images, and the meter of the tasks."""
    meter = new_meter(spark.sparkContext)
    task = new_task(spark, "s3://photos/pets", meter)
    return map_featurizer(images, in_this_environment(task), 4).collect(), meter


def test_an_unsteady_server_costs_no_image_and_changes_no_feature(spark, proxy):
    images = indexed_photos(spark)
    sound, _ = featurized(spark, images)
    faults = [Fault(kind, methods="GET", share=0.05) for kind in ("break", "truncate", "short")]
    proxy.set(*faults, Fault("slow_down", share=0.05))
    shaken, _ = featurized(spark, images)
    assert sorted(row.path for row in sound) == NAMES
    assert [row.error for row in sound if row.error] == []
    assert sorted(shaken) == sorted(sound)
    counts = proxy.counts()
    assert sum(counts[kind] for kind in ("break", "truncate", "short", "slow_down")) > 3


def test_what_cannot_be_read_is_a_row_with_its_reason(spark, s3, proxy):
    images = indexed_photos(spark).cache()
    assert images.count() == PHOTOS
    s3.delete_object(Bucket="photos", Key="pets/000.jpg")
    proxy.set(Fault("denied", keys="001.jpg"), Fault("short", keys="002.jpg"))
    rows, meter = featurized(spark, images)
    errors = {row.path: row.error for row in rows}
    size = images.where("path = '002.jpg'").first().size
    assert sorted(errors) == NAMES
    assert {path: error for path, error in errors.items() if error} == {
        "000.jpg": "unreadable, vanished: there is no object of this key",
        "001.jpg": "unreadable, permission denied",
        "002.jpg": f"unreadable, read failed: {size // 2} of {size} bytes came",
    }
    assert meter.value.failures.total() == 3


def test_reads_go_ahead_across_what_spark_sends(spark, assets):
    root = str(assets / "pets" / "Bengal")
    files = sorted(open_storage(root).list_files(), key=lambda file: file.path)[:7]
    sent = []

    def arriving():
        for file in files:
            sent.append(file.path)
            yield pa.RecordBatch.from_pylist([asdict(file)])

    rows = new_task(spark, root, new_meter(spark.sparkContext))(arriving())
    first = next(rows).to_pylist()
    assert [row["path"] for row in first] == sent[:1]
    assert len(sent) == 5  # a batch, and three reads ahead of it
    rest = [row["path"] for batch in rows for row in batch.to_pylist()]
    assert rest == [file.path for file in files[1:]]


@pytest.mark.parametrize(
    ("megabytes", "number"),
    [([1, 2, 3], 3), ([100, 1], 1), ([1, 100], 1), ([20, 13, 1], 2), ([20, 14], 1), ([0], 1)],
)
def test_a_batch_has_as_many_images_as_are_in_memory(megabytes, number):
    files = [StoredFile("x", 1_000_000 * size, EPOCH) for size in megabytes]
    assert len(first_batch(files)) == number


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("expired", "s3://photos/pets: the AWS credentials have expired; log in again."),
        (
            "no_bucket",
            "s3://photos/pets: there is no such bucket; check the name and the endpoint.",
        ),
    ],
)
def test_what_concerns_all_images_stops_the_job_in_one_sentence(spark, proxy, kind, sentence):
    images = indexed_photos(spark)
    proxy.set(Fault(kind, methods="GET", after=PHOTOS // 2))
    with pytest.raises(Exception, match="InputError") as caught:
        featurized(spark, images)
    assert explanation(caught.value) == sentence


def refused(names):
    """An answer to whoever asks for one of these images: the credentials have expired."""
    return Fault("expired", methods="GET", keys=f"({'|'.join(sorted(names))})$")


def test_a_run_whose_credentials_expire_is_finished_by_the_next(project, spark, proxy, monkeypatch):
    monkeypatch.setattr(spark.sparkContext, "environment", variables_of_aws())
    params = (
        "dataset=pets,images=s3://photos/pets,featurization.featurizer=colour_statistics,"
        "featurization.chunk_size=20,ingestion.label=none,spark.master=local[2]"
    )
    command = ("run", "--params", params, "--to-nodes", "featurize_images")
    first = [
        row.path for row in indexed_photos(spark).where("pmod(xxhash64(path), 3) = 0").collect()
    ]
    proxy.set(refused(set(NAMES) - set(first)))
    status, output = project.command(*command)
    assert status == 1
    assert output.rstrip().splitlines()[-1] == (
        "Error: s3://photos/pets: the AWS credentials have expired; log in again."
    )
    saved = project.features("pets")
    assert sorted(row["path"] for row in saved) == sorted(first)
    assert not any(row["error"] for row in saved)

    proxy.set(refused(first))  # what is saved is not asked for again
    status, output = project.command(*command)
    assert status == 0, output
    rows = project.features("pets")
    assert sorted(row["path"] for row in rows) == NAMES
    assert not any(row["error"] for row in rows)


@pytest.mark.parametrize(
    ("images", "cores", "tasks"), [(0, 2, 1), (1, 2, 1), (2000, 2, 2), (2001, 2, 4), (5, 8, 5)]
)
def test_tasks_are_equal_shares_for_all_cores(images, cores, tasks):
    assert partitions_of(images, cores) == tasks


def test_workers_that_were_warmed_up_serve_queries(spark):
    def parents(batches):
        for batch in batches:
            yield pa.RecordBatch.from_pydict({"parent": [os.getppid()] * batch.num_rows})

    warm_up_workers(spark)
    of_jobs = spark.sparkContext.range(1).map(lambda _: os.getppid()).collect()
    of_queries = spark.range(1).mapInArrow(parents, "parent long").collect()
    assert {row["parent"] for row in of_queries} == set(of_jobs)
