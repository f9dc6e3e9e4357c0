"""What is said while a download goes on."""

import os
import pty
import subprocess
import sys

from pixelmill.sources.download_progress import LINE, line

WATCHED = """
import asyncio
from pixelmill.sources.download_progress import show_progress

async def watch():
    task = asyncio.create_task(show_progress(200, lambda: (50, 3)))
    await asyncio.sleep(1)
    task.cancel()

asyncio.run(watch())
"""


def test_one_line_says_how_far_it_is():
    assert line(2000, 500, 3, 10.0) == (
        "Downloading: 500 of 2,000 images, 50.0 a second, 30 s left, 3 failures"
    )
    assert "time left unknown" in line(2000, 0, 0, 1.0)
    assert LINE == 30


def test_a_terminal_has_a_bar_and_a_log_has_none():
    reader, terminal = pty.openpty()
    command = [sys.executable, "-c", WATCHED]
    quiet = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    subprocess.run(command, stderr=terminal, check=True)
    os.close(terminal)
    shown = b""
    try:
        while part := os.read(reader, 65536):
            shown += part
    except OSError:  # the other end is closed
        os.close(reader)
    assert b"50/200" in shown
    assert b"3 failures" in shown
    _, said = quiet.communicate()
    assert (quiet.returncode, said) == (0, b"")
