"""The profile of a run, and the advice that follows from what it measured."""

from collections import Counter
from dataclasses import replace

import pytest

from pixelmill.profiling.core_time import CoreTime, RunSettings, RunStats
from pixelmill.profiling.findings import divide, find_bottlenecks
from pixelmill.profiling.metering import Usage
from pixelmill.profiling.profile import (
    STEPS,
    is_network_bound,
    run_profile,
    with_earlier,
    with_trial,
)
from pixelmill.profiling.remedies import advice, speedup
from pixelmill.profiling.stages import Slowest, Task, UnderfilledStage

FEATURIZER = {"engine": "openvino", "precision": "float32"}
NO_NETWORK = {"featurizer": "colour_statistics"}
SLOW = Slowest(
    lost=60.0,
    task=Task(9, "3", "ip-10-0-0-7", 0.0, 40.0, 1000, 0.0, succeeded=True),
    seconds=12.0,
    images=1000,
    image_bytes=0,
    median_bytes=0,
)


def usage(**seconds):
    return Usage(
        100, 7, dict.fromkeys(STEPS[:-1], 0.0) | seconds, Counter({"empty file": 3}), 5_000_000
    )


def stats(found=None, seconds=10.0, **changes):
    return replace(
        RunStats(found or usage(infer=1.0), seconds, cores=2, precision="float32"), **changes
    )


def finding_of(name, known, of=100.0):
    """The finding where it takes 60% of the core time."""
    spent = dict.fromkeys(STEPS, 0.0) | {name: 0.6 * of, "rest": 0.0, "infer": 0.4 * of}
    if name == "infer":
        spent |= {"infer": 0.6 * of, "decode": 0.4 * of}
    del spent["rest"]
    return find_bottlenecks(spent, known)[0]


def test_the_shares_of_all_steps_make_a_whole():
    done = usage(read=1.0, decode=2.0, infer=10.0, write=1.0, start_up=1.0)
    profile = run_profile(stats(done), FEATURIZER, already_done=5, prepared_after=1.0)
    assert profile["share"].keys() == set(STEPS)
    assert sum(profile["share"].values()) == pytest.approx(1.0)
    assert profile["share"]["start_up"] == pytest.approx((1.0 + 2 * 1.0) / 20)
    assert profile["share"]["idle"] == pytest.approx(3.0 / 20)
    assert profile["images_per_second"] == pytest.approx(10.0)
    assert profile["failures"] == {"empty file": 3}
    assert profile["failed"] == 3
    assert profile["cluster"] is None


def test_shares_are_of_the_cores_that_were_really_there():
    seen = CoreTime(total=50.0, before=5.0, tasks=40.0, unused=3.0)
    known = stats(usage(infer=30.0, read=5.0), core_time=seen, cores=5)
    profile = run_profile(known, FEATURIZER, already_done=0)
    assert profile["share"]["infer"] == pytest.approx(0.6)
    assert sum(profile["share"].values()) == pytest.approx(1.0)
    shares = {one["name"]: one["share"] for one in profile["findings"]}
    assert shares == pytest.approx(
        {"infer": 0.6, "read": 0.1, "start_up": 0.1, "overhead": 0.1, "idle": 0.06, "between": 0.04}
    )
    assert profile["cluster"]["core_seconds"] == 50.0


def test_a_task_of_two_cores_uses_both_of_them():
    known = stats(usage(infer=9.0), cores_a_task=2)
    profile = run_profile(known, FEATURIZER, already_done=0)
    assert profile["share"]["infer"] == pytest.approx(0.9)


def test_nothing_new_is_a_profile_too():
    profile = run_profile(None, FEATURIZER, already_done=7)
    assert profile["already_done"] == 7
    assert profile["images"] == 0
    assert profile["bottleneck"] == "nothing to do"
    assert profile["findings"] == []


def profile_of(images, mark="a"):
    found = stats(replace(usage(infer=1.0), images=images)) if images else None
    return run_profile(found, FEATURIZER | {"fingerprint": mark}, already_done=0)


def test_the_profile_of_most_images_is_kept():
    many, few, nothing = profile_of(1000), profile_of(3), profile_of(0)
    assert with_earlier(few, nothing) == few
    assert with_earlier(many, few) == many
    after_few = with_earlier(few, many)
    assert after_few == few | {"last": many}
    after_nothing = with_earlier(nothing, after_few)
    assert after_nothing == nothing | {"last": many}
    assert with_earlier(nothing, after_nothing) == after_nothing
    assert with_earlier(nothing, nothing) == with_earlier(nothing, {}) == nothing


def test_a_run_of_another_featurizer_keeps_no_profile_unless_it_has_none():
    many = profile_of(1000)
    assert with_earlier(profile_of(3, "b"), many) == profile_of(3, "b")
    assert with_earlier(profile_of(0, "b"), many)["last"] == many


def test_findings_come_by_their_share_and_none_is_below_a_hundredth():
    done = usage(read=4.0, decode=0.1, infer=12.0, write=1.0)
    profile = run_profile(stats(done), FEATURIZER, already_done=0)
    names = [one["name"] for one in profile["findings"]]
    assert names == ["infer", "read", "idle", "write"]
    assert profile["bottleneck"] == profile["findings"][0]["sentence"]
    assert profile["advice"] == profile["findings"][0]["advice"]


def test_advice_for_float32_has_the_gain_of_bfloat16_on_this_cpu():
    known = stats(usage(infer=84.0, decode=16.0), seconds=50.0)
    profile = with_trial(run_profile(known, FEATURIZER, already_done=0), known, 2.9)
    assert profile["bottleneck"] == "84% of the core time is inference in float32"
    assert (
        "2.9 times faster in bfloat16: set featurization.precision to bfloat16"
        in (profile["advice"])
    )
    assert "about 2.2 times faster in all" in profile["advice"]


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("read", "featurization.reads_in_flight"),
        ("decode", "smaller copies"),
        ("write", "fewer floats"),
        ("start_up", "on more images"),
        ("idle", "had no task"),
        ("infer", "a smaller network"),
        ("overhead", "100 images are few"),
        ("between", "100 images are few"),
    ],
)
def test_each_bottleneck_has_its_own_remedy_with_its_gain(step, says):
    found = finding_of(step, stats())
    assert found["sentence"].startswith("60% of the core time is")
    assert says in found["advice"]
    assert "times faster" in found["advice"]


def test_waiting_for_s3_names_how_many_reads_would_hide_it():
    slow = usage(read=40.0 * 0.1, decode=0.3, infer=0.6, write=0.1)
    found = finding_of("s3_wait", stats(slow, settings=RunSettings(on_s3=True, reads_in_flight=1)))
    assert found["sentence"] == (
        "60% of the core time is waiting for images from S3: 40 ms an image with 1 read in flight"
    )
    assert "set featurization.reads_in_flight to 8 instead of 1" in found["advice"]
    full = finding_of("s3_wait", stats(slow, settings=RunSettings(on_s3=True, reads_in_flight=64)))
    assert "a bucket of the same region" in full["advice"]


def test_a_giant_task_names_its_images_and_smaller_tasks():
    seen = CoreTime(total=100.0, skewed=SLOW._replace(images=10, seconds=0.5))
    found = finding_of("skew", stats(core_time=seen))
    assert found["sentence"].endswith(
        "waiting for uneven tasks: the slowest had 1,000 images, the median task 10; "
        "it took 40.0 s, the median task 0.5 s"
    )
    assert "set spark.default.parallelism to 8" in found["advice"]


def test_a_task_of_larger_images_names_their_bytes():
    larger = SLOW._replace(image_bytes=900_000_000, median_bytes=100_000_000)
    found = finding_of("skew", stats(core_time=CoreTime(total=100.0, skewed=larger)))
    assert "the slowest had 900 MB of images, the median task 100 MB" in found["sentence"]


def test_a_slow_machine_is_named_with_its_executor():
    found = finding_of("stragglers", stats(core_time=CoreTime(total=100.0, slowed=SLOW)))
    assert (
        "one on ip-10-0-0-7 (executor 3) took 40.0 s, the median task 12.0 s" in found["sentence"]
    )
    assert "set spark.speculation to true" in found["advice"]
    assert "look at ip-10-0-0-7" in found["advice"]
    here = SLOW._replace(task=replace(SLOW.task, executor="driver"))
    alone = finding_of("stragglers", stats(core_time=CoreTime(total=100.0, slowed=here)))
    assert "one on this machine took" in alone["sentence"]
    assert "spark.master" in alone["advice"]


@pytest.mark.parametrize(
    ("stage", "settings", "advice"),
    [
        (
            UnderfilledStage(60.0, 1, 2, 100),
            RunSettings(parallelism=1),
            "take spark.default.parallelism (1) out",
        ),
        (
            UnderfilledStage(60.0, 1, 2, 1),
            RunSettings(chunk_size=1),
            "set featurization.chunk_size to 2000",
        ),
        (UnderfilledStage(60.0, 3, 2, 100), RunSettings(), "set spark.default.parallelism to 8"),
        (
            UnderfilledStage(60.0, 30, 40, 100),
            RunSettings(),
            "100 images are few for 40 cores",
        ),
    ],
)
def test_cores_without_a_task_are_explained(stage, settings, advice):
    seen = CoreTime(total=100.0, underfilled=stage, executors=["1", "2", "3"], idle_executors=["3"])
    found = finding_of("idle", stats(core_time=seen, settings=settings))
    assert advice in found["advice"]
    if stage.tasks < stage.cores:
        assert "1 of 3 executors never had one" in found["sentence"]


def test_executors_that_come_late_are_asked_for_earlier():
    seen = CoreTime(total=100.0, before=60.0, last_executor=50.0, executors=["1", "2"])
    found = finding_of("start_up", stats(core_time=seen, seconds=60.0))
    assert "starting up: 30.0 s until the first task" in found["sentence"]
    assert "set spark.dynamicAllocation.minExecutors to 2" in found["advice"]


def test_shuffles_and_failures_are_reported_with_their_size():
    seen = CoreTime(
        total=100.0, shuffle=6.0, shuffle_read=3_000_000, shuffle_written=2_000_000, retried=60.0
    )
    small = stats(core_time=seen, settings=RunSettings(chunk_size=10))
    assert finding_of("shuffle", small)["sentence"].endswith(
        "shuffle: 6.0 core-seconds for 2.0 MB written and 3.0 MB read"
    )
    assert (
        "set featurization.chunk_size to 2000 instead of 10"
        in finding_of("shuffle", small)["advice"]
    )
    assert finding_of("retried", small)["sentence"].endswith("stopped: 60 core-seconds")
    assert "task.spot" in finding_of("retried", small)["advice"]


def test_what_spark_saw_and_what_workers_measured_make_a_whole():
    seen = CoreTime(
        total=100.0,
        before=5.0,
        unused=4.0,
        skew=3.0,
        stragglers=2.0,
        tasks=80.0,
        retried=6.0,
        shuffle=1.0,
        waking=2.0,
    )
    spent = divide(usage(start_up=1.0, infer=60.0).seconds, seen)
    assert spent["start_up"] == pytest.approx(1.0 + 5.0 + 2.0)
    assert spent["overhead"] == pytest.approx(80.0 - 6.0 - 61.0 - 1.0 - 2.0)
    assert spent["between"] == pytest.approx(100.0 - 80.0 - 5.0 - 4.0 - 3.0 - 2.0)
    assert sum(spent.values()) == pytest.approx(100.0)


def test_the_gain_of_a_part_is_bounded_by_the_rest():
    assert speedup(0.5, 2.0) == pytest.approx(4 / 3)
    assert speedup(0.5, 1e9) == pytest.approx(2.0)


def test_advice_mentions_networks_only_where_there_is_one():
    known = stats(usage(infer=9.0, decode=1.0), seconds=5.0, precision=None)
    profile = run_profile(known, NO_NETWORK, already_done=0)
    assert profile["bottleneck"] == "90% of the core time is computing features"
    assert "smaller copies" in profile["advice"]
    assert profile["engine"] is profile["precision"] is profile["cpu_has_bfloat16"] is None
    assert not is_network_bound(profile)


def test_a_network_whose_inference_takes_longest_is_bound_by_it():
    known = stats(usage(infer=9.0), seconds=5.0)
    assert is_network_bound(run_profile(known, FEATURIZER, already_done=0))
    assert not is_network_bound(run_profile(None, FEATURIZER, already_done=7))


@pytest.mark.parametrize("share", [0.01, 0.04, 0.3, 0.9])
@pytest.mark.parametrize("name", ["start_up", "overhead"])
def test_a_share_too_small_to_gain_from_has_no_upper_bound(name, share):
    text = advice(name, share, stats())
    assert ("up to" in text) == (share > 0.05)
    assert ("hardly" in text) == (share < 0.05)
