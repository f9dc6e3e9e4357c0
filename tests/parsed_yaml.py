"""Texts of YAML, parsed once: reading the configuration takes most of what a command takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from unittest import mock

import yaml


@contextmanager
def parsed_once() -> Iterator[None]:
    """Has each text of YAML parsed once in the block; everyone gets a copy of what it says."""
    parse, kept = yaml.load, {}

    def load(stream, Loader):  # noqa: N803
        if isinstance(stream, str | bytes) or not stream.seekable():
            return parse(stream, Loader)
        key = (Loader.__qualname__, stream.read())
        if key not in kept:
            stream.seek(0)
            kept[key] = parse(stream, Loader)
        return deepcopy(kept[key])

    with mock.patch.object(yaml, "load", load):
        yield
