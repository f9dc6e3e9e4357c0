"""The profile of a run, and the advice that follows from what it measured."""

from collections import Counter

import pytest

from pixelmill.pipelines.featurization.bottleneck import find_bottleneck, speedup
from pixelmill.pipelines.featurization.profile import STEPS, is_network_bound, run_profile
from pixelmill.spark.metering import Usage

FEATURIZER = {"engine": "openvino", "precision": "float32"}
NO_NETWORK = {"featurizer": "colour_statistics"}


def usage(**seconds):
    return Usage(
        100, 7, dict.fromkeys(STEPS[:-1], 0.0) | seconds, Counter({"empty file": 3}), 5_000_000
    )


def test_the_shares_of_all_steps_make_a_whole():
    done = usage(read=1.0, decode=2.0, infer=10.0, write=1.0, start_up=1.0)
    profile = run_profile(
        done, FEATURIZER, already_done=5, seconds=10.0, prepared_after=1.0, cores=2
    )
    assert profile["share"].keys() == set(STEPS)
    assert sum(profile["share"].values()) == pytest.approx(1.0)
    assert profile["share"]["start_up"] == pytest.approx((1.0 + 2 * 1.0) / 20)
    assert profile["share"]["idle"] == pytest.approx(3.0 / 20)
    assert profile["images_per_second"] == pytest.approx(10.0)
    assert profile["failures"] == {"empty file": 3}
    assert profile["failed"] == 3


def test_nothing_new_is_a_profile_too():
    profile = run_profile(None, FEATURIZER, already_done=7)
    assert profile["already_done"] == 7
    assert profile["images"] == 0
    assert profile["bottleneck"] == "nothing to do"


def shares(**largest):
    rest = (1 - sum(largest.values())) / (len(STEPS) - len(largest))
    return dict.fromkeys(STEPS, rest) | largest


def test_a_network_in_float32_is_told_what_bfloat16_brought_on_this_cpu():
    found = find_bottleneck(shares(infer=0.84), 100, 10.0, FEATURIZER, bfloat16_gain=2.9)
    assert found.sentence == "84% of the core time is inference in float32"
    assert "2.9 times faster in bfloat16: set featurization.precision to bfloat16" in found.advice
    assert "about 2.2 times faster in all" in found.advice


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("read", "featurization.reads_in_flight"),
        ("decode", "smaller copies"),
        ("write", "fewer floats"),
        ("start_up", "on more images"),
        ("idle", "had no task"),
        ("infer", "a smaller network"),
    ],
)
def test_each_bottleneck_has_its_own_remedy_with_its_gain(step, says):
    found = find_bottleneck(shares(**{step: 0.6}), 100, 10.0, FEATURIZER, None)
    assert found.sentence.startswith("60% of the core time is")
    assert says in found.advice
    assert "times faster" in found.advice


def test_the_gain_of_a_part_is_bounded_by_the_rest():
    assert speedup(0.5, 2.0) == pytest.approx(4 / 3)
    assert speedup(0.5, 1e9) == pytest.approx(2.0)


def test_what_is_no_network_is_told_of_no_network():
    profile = run_profile(
        usage(infer=9.0, decode=1.0), NO_NETWORK, already_done=0, seconds=5.0, cores=2
    )
    assert profile["bottleneck"] == "90% of the core time is computing features"
    assert "smaller copies" in profile["advice"]
    assert profile["engine"] is profile["precision"] is profile["cpu_has_bfloat16"] is None
    assert not is_network_bound(profile)


def test_a_network_whose_inference_takes_longest_is_bound_by_it():
    profile = run_profile(usage(infer=9.0), FEATURIZER, already_done=0, seconds=5.0, cores=2)
    assert is_network_bound(profile)
    assert not is_network_bound(run_profile(None, FEATURIZER, already_done=7))
