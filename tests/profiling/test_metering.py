"""What workers measure, summed up in the driver."""

from pixelmill.profiling.metering import TaskUsage, Usage, finish_task, new_meter, take_tasks

RECORD = TaskUsage(image_bytes=1000, seconds=2.0, first=True)


def test_records_of_tasks_are_taken_once_and_the_sums_stay(spark):
    meter = new_meter(spark.sparkContext)
    meter.add(Usage(images=3, image_bytes=1000, tasks={7: RECORD}))
    meter.add(Usage(images=2, image_bytes=500, tasks={8: RECORD}))
    assert take_tasks(meter).keys() == {7, 8}
    assert take_tasks(meter) == {}
    assert (meter.value.images, meter.value.image_bytes) == (5, 1500)


def test_each_task_leaves_its_record_and_one_in_each_worker_is_the_first(spark):
    meter = new_meter(spark.sparkContext)

    def measured(batches):
        usage = Usage(images=1, image_bytes=10)
        usage.seconds["infer"] = 0.5
        finish_task(usage)
        meter.add(usage)
        yield from batches

    spark.range(8, numPartitions=4).mapInArrow(measured, "id long").collect()
    records = take_tasks(meter)
    assert len(records) == 4
    assert {(one.image_bytes, one.seconds) for one in records.values()} == {(10, 0.5)}
    assert sum(one.first for one in records.values()) <= 2
    assert meter.value.peak_memory > 1_000_000


def test_outside_a_task_there_is_nothing_to_record():
    usage = Usage(images=1)
    finish_task(usage)
    assert usage.tasks == {}
    assert usage.peak_memory > 0
