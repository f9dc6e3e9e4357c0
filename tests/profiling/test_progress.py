"""The words about work that goes on."""

import logging
import os
import pty
import subprocess
import sys
import time
from collections import Counter

import pytest

from pixelmill.profiling import progress
from pixelmill.profiling.metering import Usage

SHOW = """
import time
from pixelmill.profiling.metering import Usage
from pixelmill.profiling.progress import shown_progress
with shown_progress(200, lambda: Usage(images=50)):
    time.sleep(1.5)
"""


def test_a_line_says_how_far_how_fast_how_long_and_what_failed():
    assert progress.line("images", 6000, progress.Done(1500, 2), 10.0) == (
        "1,500 of 6,000 images, 150.0 a second, 30 s left, 2 failures"
    )
    assert progress.line("fits", 4, progress.Done(2, 1), 10.0).endswith("10 s left, 1 failure")


def test_before_the_first_image_nobody_knows_how_long():
    assert "time left unknown" in progress.line("images", 10, progress.Done(0, 0), 5.0)


def test_a_log_gets_lines(caplog, monkeypatch):
    monkeypatch.setattr(progress, "LINE", 0.05)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    with (
        caplog.at_level(logging.INFO, progress.__name__),
        progress.shown_progress(10, lambda: Usage(images=5)),
    ):
        time.sleep(0.3)
    assert "5 of 10 images" in caplog.text


def test_others_can_ask_for_the_work_while_it_goes_on_and_after():
    now = Usage(images=3)
    with progress.shown_progress(10, lambda: now):
        work = progress.latest_work()
        assert (work.total, work.usage().images, work.ended) == (10, 3, None)
        now = Usage(images=10, failures=Counter({"empty file": 1}))
    work = progress.latest_work()
    now = Usage()
    assert (work.usage().images, work.usage().failed) == (10, 1)
    speed = work.images_per_second()
    time.sleep(0.05)
    assert work.images_per_second() == speed > 0


def test_work_that_failed_keeps_what_it_did():
    with pytest.raises(KeyError), progress.shown_progress(10, lambda: Usage(images=4)):
        raise KeyError
    assert progress.latest_work().usage().images == 4


def test_a_terminal_gets_a_live_bar():
    main, end = pty.openpty()
    subprocess.run([sys.executable, "-c", SHOW], stderr=end, check=True)
    os.close(end)
    seen = b""
    try:
        while part := os.read(main, 65536):
            seen += part
    except OSError:  # what Linux answers when the other end is closed
        pass
    assert b"50/200" in seen
    assert b"a second" in seen
