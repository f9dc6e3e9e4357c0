"""Quiet start of native libraries: notes are hidden from the terminal, errors are shown."""

import gc
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import IO, cast

# glog's lines of level I and W, absl's remark that it writes them, and the "error" that a machine
# without a GPU has none.
_NOTE = re.compile(
    rb"[IW]\d{4} |WARNING: All log messages before absl|To enable the following instructions|"
    rb"E\d{4} .* cuInit"
)
_STDERR = 2


@contextmanager
def quiet_start_up() -> Iterator[None]:
    """Hold back what libraries write to file descriptor 2, then pass on all but their notes.

    Native code writes past `sys.stderr`, so the descriptor itself is redirected.
    """
    with tempfile.TemporaryFile() as held:
        _flush()
        stderr = os.dup(_STDERR)
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            _flush()
            os.dup2(stderr, _STDERR)
            os.close(stderr)
            _pass_on(held)


def _flush() -> None:
    with suppress(AttributeError, ValueError):  # no stderr, or a closed one
        sys.stderr.flush()


def _pass_on(held: IO[bytes]) -> None:
    held.seek(0)
    for line in held:
        if not _NOTE.match(line):
            os.write(_STDERR, line)


def import_tensorflow(threads: int | None = None) -> ModuleType:
    """Import and start TensorFlow without its notes on the terminal.

    Args:
        threads: Number of threads of this process; None uses TensorFlow's default. Once TensorFlow
            has started in this process, the number is fixed and the argument is ignored.

    Returns:
        The module `tensorflow`.
    """
    with quiet_start_up(), _without_garbage_collection():
        import tensorflow

        with suppress(RuntimeError):  # started already
            _configure(tensorflow, threads)
        tensorflow.config.list_logical_devices()
    return cast(ModuleType, tensorflow)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Leave Python's cyclic garbage collector off.

    TensorFlow and Keras make half a million objects as they are imported, of which none is garbage;
    the collector would look at all of them again and again.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _configure(tensorflow: ModuleType, threads: int | None) -> None:
    # The processes of a machine share its GPUs: none may take the whole memory at once.
    for device in tensorflow.config.list_physical_devices("GPU"):
        tensorflow.config.experimental.set_memory_growth(device, True)
    if threads is not None:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
