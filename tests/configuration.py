"""The configuration, read once: reading it takes most of what a command takes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path
from unittest import mock

import omegaconf.base
import yaml
from kedro.config import OmegaConfigLoader


@contextmanager
def parsed_once() -> Iterator[None]:
    """Has each text of YAML, and each interpolation in it, parsed once in the block.

    Everyone gets a copy of what the text says. Trees of interpolations are only read.
    """
    parse, kept = yaml.load, {}

    def load(stream, Loader):  # noqa: N803
        if isinstance(stream, str | bytes) or not stream.seekable():
            return parse(stream, Loader)
        key = (Loader.__qualname__, stream.read())
        if key not in kept:
            stream.seek(0)
            kept[key] = parse(stream, Loader)
        return deepcopy(kept[key])

    interpolation = cache(omegaconf.base.parse)
    with (
        mock.patch.object(yaml, "load", load),
        mock.patch.object(omegaconf.base, "parse", interpolation),
    ):
        yield


# What a loader keeps beside what it was made with.
KEPT = {"conf_source", "data", "_fs", "_globals_oc", "_runtime_params_oc", "_runtime_params_hits"}


@contextmanager
def resolved_once() -> Iterator[None]:
    """Has Kedro merge and resolve the same parameters once in the block; everyone gets a copy.

    The same are those in files of equal content, of a loader made with the same, where the
    variables of the environment are the same.
    """
    read, kept = OmegaConfigLoader.__getitem__, {}

    def get(loader, name):
        if name != "parameters" or name in loader or not Path(loader.conf_source).is_dir():
            return read(loader, name)
        key = _made_with(loader), _variables(), tuple(_contents(Path(loader.conf_source)))
        if key not in kept:
            kept[key] = read(loader, name)
        return deepcopy(kept[key])

    with mock.patch.object(OmegaConfigLoader, "__getitem__", get):
        yield


def _made_with(loader: OmegaConfigLoader) -> str:
    return repr({name: value for name, value in vars(loader).items() if name not in KEPT})


def _variables() -> tuple[tuple[str, str], ...]:
    """Those that do not change with every test."""
    return tuple(each for each in os.environ.items() if each[0] != "PYTEST_CURRENT_TEST")


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder."""
    for place, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            file = Path(place, name)
            yield str(file.relative_to(folder)), file.read_bytes()
