"""The words about a search that goes on."""

import logging
import os
import pty
import subprocess
import sys

from pixelmill.datasets.grid_fits import FinishedFit
from pixelmill.grid import progress

SHOW = """
import time
from pixelmill.datasets.grid_fits import FinishedFit
from pixelmill.grid.progress import shown_fits
fit = FinishedFit(key="", estimator="", parameters={}, fold=0, seconds=1.0, error="no")
with shown_fits(7) as show:
    show(fit)
    show(fit)
    time.sleep(0.5)
"""


def test_a_line_says_how_far_how_long_and_what_failed():
    assert progress.line(4000, 1000, 2, 10.0) == "1,000 of 4,000 fits, 30 s left, 2 failures"


def test_a_log_gets_lines(caplog, monkeypatch):
    monkeypatch.setattr(progress, "LINE", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    fit = FinishedFit(key="", estimator="", parameters={}, fold=0, seconds=1.0)
    with caplog.at_level(logging.INFO, progress.__name__), progress.shown_fits(2) as show:
        show(fit)
        show(fit)
    assert [message.partition(",")[0] for message in caplog.messages] == [
        "1 of 2 fits",
        "2 of 2 fits",
    ]


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
    assert b"2/7" in seen
    assert b"2 failures" in seen
