"""Memory and CPU time of decoding, against what is reckoned from the header.

python -m benchmarks.decoding_memory [FOLDER] [--memory 2000] [--limit 750] [--side 9900]

Each file is decoded at its full size in a forked process of its own. Without a folder, the files
are those that tests call bombs. `reckoned` is what `max_decoded_bytes` is compared with; a file
beyond it is refused and takes next to nothing.
"""

import argparse
import ctypes
import json
import os
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pixelmill.errors import ImageError
from pixelmill.images.decoding import decode
from pixelmill.images.limits import FIXED_BYTES, Limits

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # names of mallopt, in malloc.h
_MOST_KEPT = 1 << 25  # bytes of a block, to which glibc raises the threshold by itself


class Measured(NamedTuple):
    """What decoding a file took.

    Attributes:
        name: File name.
        reason: Why it is refused; None where it has pixels.
        peak: Largest resident set during decoding, above that before it and with the file, bytes.
        reckoned: The same as the limit has it, bytes.
        seconds: CPU time.
    """

    name: str
    reason: str | None
    peak: int
    reckoned: int
    seconds: float


@dataclass(frozen=True)
class Reckoning(Limits):
    """Limits that keep the numbers that were checked."""

    checked: list[int] = field(default_factory=list)

    def check_bytes(self, wanted: int) -> None:
        """Check, and remember."""
        self.checked.append(wanted + FIXED_BYTES)
        super().check_bytes(wanted)


def measure(files: Iterable[tuple[str, bytes]], limits: Limits, memory: int) -> Iterator[Measured]:
    """Decode files, each in a process of its own.

    Args:
        files: Names and contents.
        limits: That the files are held to.
        memory: Address space that a process may take above this one's, in bytes.
    """
    for name, data in files:
        reader, writer = os.pipe()
        process = os.fork()
        if process == 0:
            try:
                _limit_address_space(memory)
                os.write(writer, json.dumps(_measured(data, limits)).encode())
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as answer:
            answered = answer.read()
        os.waitpid(process, 0)
        yield Measured(
            name, *(json.loads(answered) if answered else ("it ended its process", 0, 0, 0.0))
        )


def _measured(data: bytes, limits: Limits) -> tuple[str | None, int, int, float]:
    _keep_freed_memory()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins again
    before, started, reason = _status("VmRSS"), time.process_time(), None
    reckoning = Reckoning(limits.max_pixels, limits.max_decoded_bytes, limits.max_seconds)
    try:
        picture = decode(data, reckoning)
        picture.shown(picture.pixels)
    except ImageError as problem:
        reason = str(problem)
    peak = _status("VmHWM") - before + len(data)
    return reason, peak, max(reckoning.checked), time.process_time() - started


def _keep_freed_memory() -> None:
    """Bring the allocator into the state in which decoding takes most.

    glibc gives a large block back to the system as soon as it is freed, until blocks of up to 32 MB
    have been freed; from then on it takes them from its heap, where they stay. A worker comes to
    that after some images. What is free in the heap of the parent would serve the first blocks.
    """
    libc = ctypes.CDLL(None)
    libc.mallopt(_MMAP_THRESHOLD, _MOST_KEPT)
    libc.mallopt(_TRIM_THRESHOLD, 2 * _MOST_KEPT)
    libc.malloc_trim(0)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))


def _limit_address_space(more: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _files(folder: str | None, side: int) -> Iterator[tuple[str, bytes]]:
    if folder is None:
        from tests.images.bombs import bombs

        yield from bombs(side).items()
        return
    for file in sorted(Path(folder).iterdir()):
        yield file.name, file.read_bytes()


def main() -> None:
    """Measure the files, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--memory", type=int, default=2000, help="MB that a process may take")
    parser.add_argument("--side", type=int, default=9_900, help="pixels, of the largest bombs")
    parser.add_argument("--limit", type=int, default=Limits().max_decoded_bytes // 1_000_000)
    options = parser.parse_args()
    limits = Limits(max_decoded_bytes=options.limit * 1_000_000)
    print(f"{'file':24} {'kB':>8} {'MB':>6} {'reckoned':>9} {'CPU s':>6}  result")
    for name, data in _files(options.folder, options.side):
        (found,) = measure([(name, data)], limits, options.memory * 1_000_000)
        answered = found.reason or "pixels"
        print(
            f"{name:24} {len(data) / 1e3:8.0f} {found.peak / 1e6:6.0f} "
            f"{found.reckoned / 1e6:9.0f} {found.seconds:6.2f}  {answered[:90]}"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
