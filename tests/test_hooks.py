"""Two runs on one data set: the second refuses, and a dead one holds nothing."""

import subprocess
import sys

import pytest

from pixelmill.errors import InputError
from pixelmill.hooks import take_lock

HOLD = """
import sys, time
from pixelmill.hooks import take_lock
lock = take_lock(sys.argv[1], "pets")
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_the_second_run_refuses_with_what_to_do(holder, tmp_path):
    with pytest.raises(InputError, match=r"another run works on the data set 'pets'.*wait"):
        take_lock(str(tmp_path), "pets")


def test_another_data_set_is_free(holder, tmp_path):
    lock = take_lock(str(tmp_path), "digits")
    assert lock is not None
    assert lock.is_locked


def test_a_run_that_was_killed_holds_nothing(holder, tmp_path):
    holder.kill()
    holder.wait()
    lock = take_lock(str(tmp_path), "pets")
    assert lock is not None
    assert lock.is_locked
