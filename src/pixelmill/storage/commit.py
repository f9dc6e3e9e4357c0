"""Commit markers: small files, written last, that confirm that all others are complete.

Whoever holds the right to write (a lease, which can be lost) has it checked before each of them.
"""

import contextlib
from collections.abc import Callable

from pixelmill.storage.locations import is_s3

_checks: list[Callable[[], None]] = []


def check_before_commits(check: Callable[[], None]) -> None:
    """Have a function called before each marker of this process.

    Args:
        check: Raises `InputError` where nothing may be written any more.
    """
    _checks.append(check)


def forget_check(check: Callable[[], None]) -> None:
    """Call a function no longer."""
    with contextlib.suppress(ValueError):
        _checks.remove(check)


def write_marker(folder: str, name: str, content: bytes) -> None:
    """Write a marker whole or not at all, where this process may still write.

    Args:
        folder: Folder on disk or `s3://` URI; made where it is missing.
        name: File name.
        content: What the marker says.

    Raises:
        InputError: The right to write was lost, or the marker cannot be written.
    """
    check_commit()
    if is_s3(folder):
        from pixelmill.storage.file_systems import find_file_system

        system, path = find_file_system(folder)
        system.pipe_file(f"{path}/{name}", content)
        return
    from pixelmill.storage import open_storage

    open_storage(folder).write_bytes(name, content)


def check_commit() -> None:
    """Refuse to go on where this process lost the right to write.

    Raises:
        InputError: The lease was lost.
    """
    for check in _checks:
        check()
