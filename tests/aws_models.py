"""Botocore's models of AWS's services, which it otherwise finds and reads for every client."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from unittest import mock

import botocore.session
from botocore.loaders import JSONFileLoader, create_loader


@contextmanager
def read_once() -> Iterator[None]:
    """Has botocore find and read each model once while the block runs."""
    read = cache(JSONFileLoader().load_file)
    with (
        mock.patch.object(botocore.session, "create_loader", cache(create_loader)),
        mock.patch.object(JSONFileLoader, "load_file", staticmethod(read)),
    ):
        yield
