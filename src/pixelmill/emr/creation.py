"""Creation of what is paid until it ends: its id is lost neither to a signal nor on the network."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from pixelmill.aws.clients import explained, may_pass
from pixelmill.errors import InputError

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def create(what: str, ask: Callable[[], str], find: Callable[[], str | None]) -> str:
    """Have AWS create something, and return its id.

    Without an answer it may have been created all the same, and is looked for.

    Args:
        what: What is created, with its name, as the beginning of a sentence.
        ask: Sends the request and returns the id of what it creates.
        find: Returns the id of what has that name, or None.

    Raises:
        InputError: AWS refuses, or created nothing; or does not say whether it did.
    """
    try:
        with explained(f"{what} cannot be created"):
            return ask()
    except InputError as problem:
        if not may_pass(problem):
            raise
        try:
            with explained(f"{what} cannot be looked for"):
                found = find()
        except InputError as second:
            raise InputError(
                f"{problem}. It may have been created all the same, which cannot be seen now "
                f"({second}): look for it in the AWS console, it costs until it ends"
            ) from problem
        if found is None:
            raise
        return found


@contextmanager
def signals_held() -> Iterator[None]:
    """Have Ctrl-C, `kill` and a closed terminal wait for the end of the block, each once.

    Outside the main thread, which alone receives signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {int(number): signal.getsignal(number) for number in ENDING}
    held: list[int] = []

    def hold(number: int, _: FrameType | None) -> None:
        held.append(number)
        signal.signal(number, former[number])  # who presses Ctrl-C again waits no longer

    try:
        for number, handler in former.items():
            if handler in (signal.SIG_DFL, signal.default_int_handler):
                signal.signal(number, hold)
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    for number in held:
        signal.raise_signal(number)
