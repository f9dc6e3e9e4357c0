"""Start-up noise is held back, errors are not."""

import os
import subprocess
import sys

import pytest

from pixelmill.engines.start_up import quiet_start_up


def test_notes_are_dropped_and_errors_pass(capfd):
    with quiet_start_up():
        os.write(2, b"I0000 00:00:17 port.cc:153] oneDNN custom operations are on.\n")
        os.write(2, b"E0000 00:00:17 disk.cc:1] the disk is full\n")
        os.write(2, b"a warning of Python\n")
    assert capfd.readouterr().err.splitlines() == [
        "E0000 00:00:17 disk.cc:1] the disk is full",
        "a warning of Python",
    ]


def fail():
    with quiet_start_up():
        os.write(2, b"the reason\n")
        raise ValueError("no")


def test_an_exception_passes_with_what_was_written_before_it(capfd):
    with pytest.raises(ValueError, match="no"):
        fail()
    assert capfd.readouterr().err == "the reason\n"
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_tensorflow_starts_without_a_word():
    code = (
        "from pixelmill.engines.start_up import import_tensorflow;"
        "tf = import_tensorflow(threads=1); print(float(tf.constant(2.0) + 1),"
        "tf.config.threading.get_intra_op_parallelism_threads())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("3.0 1\n", "")
