"""What Spark's own books say of jobs that ran."""

import time

import pytest

from pixelmill.profiling.status_store import StatusStore


def slowly(batches):
    for batch in batches:
        time.sleep(0.3)
        yield batch


@pytest.fixture
def began():
    """The time before the test's first job, a moment after that of earlier tests."""
    time.sleep(0.05)
    return time.time()


@pytest.fixture
def store(spark, began):
    """The status store, for what this test runs."""
    return StatusStore(spark.sparkContext, began)


def save(frame, tmp_path, name="table"):
    frame.write.mode("overwrite").parquet(str(tmp_path / name))


def test_the_only_executor_of_a_local_master_is_the_driver_with_its_cores(store):
    (driver,) = store.executors()
    assert (driver.name, driver.cores, driver.removed) == ("driver", 2, None)
    assert driver.added < time.time()


def test_a_stage_has_its_tasks_with_their_times_rows_and_places(spark, store, began, tmp_path):
    rows = spark.range(40, numPartitions=2).repartition(4)
    save(rows.mapInArrow(slowly, "id long"), tmp_path)
    shuffled, written = sorted(store.new_stages(), key=lambda stage: stage.number)
    assert len(shuffled.tasks) == 2
    assert sum(task.rows for task in shuffled.tasks) == 40
    assert [task.rows for task in written.tasks] == [10] * 4
    assert {(task.executor, task.succeeded) for task in written.tasks} == {("driver", True)}
    assert min(task.seconds for task in written.tasks) >= 0.3
    assert began <= shuffled.began <= shuffled.ended <= written.began < written.ended
    assert written.ended <= time.time()
    assert shuffled.shuffle_written == written.shuffle_read > 0
    assert len({task.number for task in shuffled.tasks + written.tasks}) == 6


def test_a_stage_is_reported_once(spark, store, tmp_path):
    store.rehearse()
    for number in range(3):
        save(spark.range(10, numPartitions=1), tmp_path, f"{number}")
        assert [len(stage.tasks) for stage in store.new_stages()] == [1]
    assert store.new_stages() == []


def test_stages_from_before_are_left_out(spark, tmp_path):
    save(spark.range(10), tmp_path)
    time.sleep(0.05)
    later = StatusStore(spark.sparkContext, time.time())
    later.rehearse()
    assert later.new_stages() == []


def test_more_tasks_than_one_page_holds_are_all_reported(spark, store, monkeypatch, tmp_path):
    monkeypatch.setattr("pixelmill.profiling.status_store.PAGE", 3)
    save(spark.range(10, numPartitions=10), tmp_path)
    (stage,) = store.new_stages()
    assert len({task.number for task in stage.tasks}) == 10


def test_a_try_that_failed_is_reported_beside_the_one_that_succeeded(spark, store, tmp_path):
    broken = tmp_path / "broken"

    def fails_once(batches):
        if not broken.exists():
            broken.touch()
            raise ValueError("once")
        yield from batches

    rows = spark.range(10, numPartitions=1)
    save(rows.mapInArrow(fails_once, "id long"), tmp_path)
    (stage,) = store.new_stages()
    assert [task.succeeded for task in stage.tasks] == [False, True]
