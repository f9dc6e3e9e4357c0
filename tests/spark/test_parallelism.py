"""How many tasks a chunk is divided into, by what the configuration says of executors."""

import pytest
from pyspark import SparkConf

from pixelmill.spark.parallelism import (
    divided_for,
    find_parallelism,
    partitions_of,
    set_parallelism,
)

DYNAMIC = {"spark.dynamicAllocation.enabled": "true"}


def conf(**settings):
    return SparkConf(loadDefaults=False).setAll(settings.items())


def test_on_this_machine_it_is_the_number_of_cores(spark):
    assert find_parallelism(spark.sparkContext, 20_000) == 2


def test_executors_that_were_asked_for_count_before_they_have_registered():
    promised = conf(**{"spark.executor.instances": "10", "spark.executor.cores": "4"})
    assert divided_for(promised, here=2, images=20_000) == 40


def test_executors_beyond_those_asked_for_count_too():
    promised = conf(**{"spark.executor.instances": "2", "spark.executor.cores": "4"})
    assert divided_for(promised, here=24, images=20_000) == 24


@pytest.mark.parametrize(
    ("images", "settings", "cores"),
    [
        (20_000, {}, 200),
        (1_000_000, {}, 1024),
        (150, {}, 2),
        (
            20_000,
            {"spark.dynamicAllocation.maxExecutors": "5", "spark.executor.cores": "4"},
            20,
        ),
    ],
)
def test_a_cluster_that_grows_by_waiting_tasks_is_given_tasks_to_grow_by(images, settings, cores):
    assert divided_for(conf(**DYNAMIC, **settings), here=2, images=images) == cores


def test_what_somebody_set_is_taken_as_it_is():
    chosen = conf(**DYNAMIC, **{"spark.default.parallelism": "7"})
    assert divided_for(chosen, here=40, images=20_000) == 7
    assert set_parallelism(chosen) == 7
    assert set_parallelism(conf()) is None


@pytest.mark.parametrize("here", [1, 2, 64, 2000])
@pytest.mark.parametrize("images", [1, 100, 20_000, 3_000_000])
def test_no_task_has_more_than_a_thousand_images(here, images):
    tasks = partitions_of(images, divided_for(conf(**DYNAMIC), here, images))
    assert images / tasks <= 1000
    assert tasks <= images
