"""The lock of a data set, which one run at a time may write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pixelmill.errors import InputError
from pixelmill.storage import is_s3, local_path
from pixelmill.storage.disk import remove_drafts

if TYPE_CHECKING:
    from pixelmill.storage.lease import Lease

OF_FILES = ("02_intermediate", "06_models", "07_model_output", "08_reporting")
"""Folders of the storage in which a run replaces single files."""


def take_lock(
    storage: str, dataset: str, when_lost: Callable[[], object] = lambda: None
) -> FileLock | Lease:
    """Take a data set for this process alone.

    On disk the operating system frees it with the process, on S3 a killed one leaves it taken for
    some minutes.

    Args:
        storage: Folder or S3 URI of all tables.
        dataset: Name of the data set.
        when_lost: Called, in a thread, where another run takes it away; on S3 only.

    Raises:
        InputError: Where another run holds it, or nothing can be written there.
    """
    if is_s3(storage):
        from pixelmill.storage.lease import Lease

        lease = Lease(storage, dataset, when_lost)
        lease.acquire()
        return lease
    return _lock_folder(storage, dataset)


def _lock_folder(storage: str, dataset: str) -> FileLock:
    folder = Path(local_path(storage), "02_intermediate", dataset)
    lock = FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"another run works on the data set '{dataset}' in {storage}: "
            "wait for its end, or give this run another name (--params dataset=…)"
        ) from None
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written ({error.strerror}): give this user the right to, or set "
            "PIXELMILL_STORAGE to another folder"
        ) from error
    for layer in OF_FILES:
        remove_drafts(Path(local_path(storage), layer, dataset))
    return lock
