"""Why cores had no task, from made-up stages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelmill.profiling.core_time import StageTotals
from pixelmill.profiling.metering import TaskUsage
from pixelmill.profiling.stages import Executor, Stage, Task, concurrent_stages, find_waiting

HOSTS = {"1": "first-host", "2": "second-host"}


def task(number, seconds, *, began=0.0, rows=100, executor="1", succeeded=True, shuffle=0.0):
    host = HOSTS.get(executor, executor)
    return Task(number, executor, host, began, seconds, rows, shuffle, succeeded)


def stage(*tasks, number=0):
    return Stage(number, 0, list(tasks))


def executor(name="1", cores=2, added=-100.0, removed=None):
    return Executor(name, HOSTS.get(name, name), cores, added, removed)


def core_time(stages, executors, now, measured=None, cores_a_task=1):
    totals = StageTotals(0.0, cores_a_task)
    totals.add(stages, executors, measured or {})
    return totals.core_time(now)


def test_a_single_task_leaves_the_other_cores_without_one():
    waiting = find_waiting([stage(task(1, 10.0))], 40.0, 1, {})
    assert waiting.underfilled == (30.0, 1, 4, 100)
    assert waiting.skewed is waiting.slowed is None


def test_a_giant_task_is_skew():
    tasks = [task(number, 1.0) for number in range(3)]
    waiting = find_waiting([stage(*tasks, task(9, 10.0, rows=1000))], 40.0, 1, {})
    assert waiting.skewed.lost == pytest.approx(27.0)
    assert (waiting.skewed.task.rows, waiting.skewed.images) == (1000, 100)
    assert waiting.slowed is None
    assert waiting.underfilled.lost == 0.0


def test_a_task_with_larger_images_is_skew_where_their_bytes_were_counted():
    tasks = [task(1, 1.0), task(2, 1.0), task(3, 5.0)]
    sizes = {1: TaskUsage(10, 1.0, True), 2: TaskUsage(10, 1.0, True), 3: TaskUsage(90, 5.0, True)}
    waiting = find_waiting([stage(*tasks)], 15.0, 1, sizes)
    assert (waiting.skewed.image_bytes, waiting.skewed.median_bytes) == (90, 10)
    assert find_waiting([stage(*tasks)], 15.0, 1, {}).slowed.lost == pytest.approx(8.0)


def test_a_slow_task_with_as_much_to_do_is_a_straggler_of_its_executor():
    tasks = [task(1, 2.0), task(2, 2.0), task(3, 2.5), task(4, 6.0, executor="2")]
    waiting = find_waiting([stage(*tasks)], 24.0, 1, {})
    assert waiting.slowed.task.executor == "2"
    assert waiting.slowed.seconds == 2.0
    assert waiting.slow_executors == {("2", "second-host"): 4.0}
    assert waiting.skewed is None


def test_a_last_round_of_usual_tasks_is_neither():
    tasks = [task(1, 2.0), task(2, 2.0), task(3, 2.0, began=2.0)]
    waiting = find_waiting([stage(*tasks)], 8.0, 1, {})
    assert waiting.underfilled == (2.0, 3, 2, 300)
    assert waiting.skewed is waiting.slowed is None


def test_stages_at_the_same_time_share_their_cores():
    first, second = stage(task(1, 4.0), number=0), stage(task(2, 4.0, began=1.0), number=1)
    third = stage(task(3, 1.0, began=5.0), number=2)
    assert list(concurrent_stages([third, first, second])) == [[first, second], [third]]


def test_the_first_task_of_a_worker_pays_for_its_start():
    first, later = [task(1, 5.0), task(2, 4.0)], [task(3, 2.5), task(4, 2.5)]
    totals = StageTotals(0.0)
    totals.add([stage(*first)], [], dict.fromkeys((1, 2), TaskUsage(0, 2.0, True)))
    assert totals.core_time(9.0).waking == pytest.approx(3.0 + 2.0)
    totals.add([stage(*later)], [], dict.fromkeys((3, 4), TaskUsage(0, 2.0, False)))
    assert totals.core_time(9.0).waking == pytest.approx(2.5 + 1.5)


def test_core_time_is_that_of_the_executors_while_they_were_there():
    there = [executor("1", 2), executor("2", 4, added=10.0, removed=15.0)]
    found = core_time([stage(task(1, 8.0, began=2.0))], there, now=20.0)
    assert found.total == pytest.approx(2 * 20.0 + 4 * 5.0)
    assert found.before == pytest.approx(2 * 2.0)
    assert found.executors == ["1", "2"]
    assert found.idle_executors == ["2"]
    assert found.last_executor == pytest.approx(10.0)


def test_the_driver_of_a_cluster_has_no_cores_to_count():
    found = core_time([stage(task(1, 5.0))], [executor("driver", 0), executor("1", 1)], now=10.0)
    assert found.total == pytest.approx(10.0)
    assert found.executors == ["1"]


def test_a_lost_executor_that_spark_forgot_still_counts():
    totals = StageTotals(0.0)
    totals.add([], [executor("1", 2, removed=5.0), executor("2", 2)], {})
    totals.add([], [executor("2", 2)], {})
    assert totals.core_time(10.0).total == pytest.approx(2 * 5.0 + 2 * 10.0)


def test_failed_tries_and_shuffles_are_parts_of_the_time_in_tasks():
    tasks = [task(1, 3.0, succeeded=False), task(2, 4.0, began=3.0, shuffle=1.5)]
    found = core_time([stage(*tasks)], [executor(cores=2)], now=7.0, cores_a_task=2)
    assert found.tasks == pytest.approx(14.0)
    assert found.retried == pytest.approx(6.0)
    assert found.shuffle == pytest.approx(3.0)
    assert found.unused == pytest.approx(0.0)


@given(
    durations=st.lists(st.floats(0.1, 100), min_size=1, max_size=12),
    images=st.lists(st.integers(0, 1000), min_size=12, max_size=12),
    cores=st.integers(1, 8),
    late=st.floats(0, 20),
    after=st.floats(0, 20),
)
def test_every_core_second_is_in_a_task_or_has_a_reason(durations, images, cores, late, after):
    free = [late] * cores  # each task goes to the core that is free first, as Spark does it
    tasks = []
    for number, (seconds, rows) in enumerate(zip(durations, images, strict=False)):
        core = free.index(min(free))
        tasks.append(task(number, seconds, began=free[core], rows=rows))
        free[core] += seconds
    ended = max(one.ended for one in tasks)
    found = core_time([stage(*tasks)], [executor(cores=cores)], now=ended + after)
    parts = found.before, found.tasks, found.unused, found.skew, found.stragglers, cores * after
    assert sum(parts) == pytest.approx(found.total)
    assert min(parts) >= 0.0
