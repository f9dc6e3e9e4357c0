"""Signals that end a run: locks are released, and the terminal shows one sentence.

Kedro notifies hooks of an `Exception` only. Ctrl-C, the kernel's stop button, `kill` and a closed
terminal are none, and would leave the data set locked and its progress at "running".
"""

import contextlib
import logging
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = "it was interrupted; the same command does the rest"
GOES_ON = "Interrupted: what was saved stays, and the same command goes on from there."

# Beginnings of messages that a user cannot act on, by their loggers: Kedro recommends what these
# pipelines refuse, and Py4J logs a stack trace of Ctrl-C.
UNWANTED = {
    "": "KeyboardInterrupt while sending command",
    "kedro.runner.sequential_runner": "Using synchronous mode for loading",
}


class TerminatedError(KeyboardInterrupt):
    """A signal that ends this process. Py4J cleans up after a `KeyboardInterrupt`, and only that.

    Attributes:
        signal: Signal number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.strsignal(number))
        self.signal = number


@contextlib.contextmanager
def orderly_end() -> Iterator[None]:
    """Have the signals that end a process end the block first, as Ctrl-C does.

    Jobs of Spark are cancelled at once: a thread that waits for one would keep the block from
    ending. Outside the main thread, which alone receives signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, *ENDING)}
    # A signal that is ignored (nohup) or that somebody else handles stays as it is.
    own = {
        number: _interrupt if number == signal.SIGINT else _terminate
        for number, handler in former.items()
        if handler in (signal.SIG_DFL, signal.default_int_handler)
    }
    try:
        for number, handler in own.items():
            signal.signal(number, handler)
        yield
    except TerminatedError as terminated:
        signal.signal(terminated.signal, signal.SIG_DFL)
        os.kill(os.getpid(), terminated.signal)  # whoever waits for this process sees why it ended
        raise
    finally:
        for number in own:
            signal.signal(number, former[number])


def _interrupt(number: int, frame: FrameType | None) -> None:
    _cancel_jobs_beside()
    signal.default_int_handler(number, frame)


def _terminate(number: int, _: FrameType | None) -> None:
    _cancel_jobs_beside()
    raise TerminatedError(number)


def _cancel_jobs_beside() -> None:
    """Cancel in another thread, since this one may be in the middle of a call to Spark."""
    from pixelmill.spark.session import cancel_jobs

    threading.Thread(target=cancel_jobs, name="cancel-jobs", daemon=True).start()


class _WantedMessages(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(tuple(UNWANTED.values()))


def filter_messages() -> None:
    """Keep what users cannot act on out of the log."""
    for name in UNWANTED:
        logger = logging.getLogger(name)
        if not any(isinstance(one, _WantedMessages) for one in logger.filters):
            logger.addFilter(_WantedMessages())
