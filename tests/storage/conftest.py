"""Folders that only their owner may read."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOBODY = 65534


@pytest.fixture
def open_folder():
    """A folder that every user can reach; pytest's own are closed to all but one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def without_rights():
    """Runs a block as a user for whom permissions count."""

    @contextmanager
    def unprivileged() -> Iterator[None]:
        root = os.geteuid() == 0
        if root:
            os.seteuid(NOBODY)
        try:
            yield
        finally:
            if root:
                os.seteuid(0)

    return unprivileged
