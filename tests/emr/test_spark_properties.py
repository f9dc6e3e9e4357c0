"""Sizes of executors on the nodes that the settings name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelmill.emr.spark_properties import executor_size, sized, vcpus_and_memory
from pixelmill.errors import InputError

# EC2's figures, and the memory that EMR's guide gives to YARN on these types, in MB.
NODES = {
    "c5.xlarge": (4, 8, 6_144),
    "c5.4xlarge": (16, 32, 24_576),
    "m5.2xlarge": (8, 32, 24_576),
    "r5.4xlarge": (16, 128, 122_880),
}


@pytest.mark.parametrize("name", NODES)
def test_vcpus_and_memory_follow_from_the_name(name):
    assert vcpus_and_memory(name) == NODES[name][:2]


@pytest.mark.parametrize("name", ["m5.metal", "m5", "large", "t3.micro", ""])
def test_a_name_without_a_size_is_refused_in_one_sentence(name):
    with pytest.raises(InputError, match=r"^the instance type '.*' cannot be used: name types"):
        vcpus_and_memory(name)


@pytest.mark.parametrize("name", NODES)
def test_executors_for_all_cores_fit_beside_the_application_master(name):
    vcpus, _, yarn = NODES[name]
    size = executor_size([name])
    executors = vcpus // size.cores
    assert executors * (size.heap + size.overhead) + 384 <= yarn


def test_the_leanest_type_of_a_fleet_decides():
    assert executor_size(["r7i.4xlarge", "c7i.4xlarge"]) == executor_size(["c7i.4xlarge"])
    assert executor_size(["c7i.4xlarge", "c7i.large"]).cores == 2


def test_every_python_worker_has_room_for_a_network():
    size = executor_size(["c7i.4xlarge"])
    assert size.overhead / size.cores > 800  # MB: OpenVINO, a network and a batch take half of it


@given(st.integers(1, 16), st.integers(1024, 200_000))
def test_no_memory_is_lost_between_heap_and_overhead(cores, megabytes):
    size = sized(cores, megabytes)
    assert size.heap + size.overhead == megabytes
    assert size.overhead > size.heap
