"""Keeps converted networks on disk, so that only the first run loads TensorFlow.

The folder is `pixelmill/networks` below $XDG_CACHE_HOME or ~/.cache; it may be deleted any time.
What is damaged, or cannot be written, is as if it were not there.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

_DIGEST_BYTES = 32
_LIBRARIES = ("openvino", "tensorflow", "keras", "numpy")


def read(key: str) -> bytes | None:
    """Read a network.

    Args:
        key: Fingerprint of the featurizer.

    Returns:
        What `write` was given; None where there is none, or a damaged one.
    """
    with suppress(OSError):
        data = _file(key).read_bytes()
        artifact = data[_DIGEST_BYTES:]
        if hashlib.sha256(artifact).digest() == data[:_DIGEST_BYTES]:
            return artifact
    return None


def write(key: str, artifact: bytes) -> None:
    """Keep a network, whole or not at all, in the place of those that other code made of it.

    Args:
        key: Fingerprint of the featurizer.
        artifact: What the engine exported.
    """
    file = _file(key)
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as part:
            part.write(hashlib.sha256(artifact).digest())
            part.write(artifact)
        Path(part.name).replace(file)
        for other in set(file.parent.glob(f"{key}-*")) - {file}:
            other.unlink()


def _file(key: str) -> Path:
    cache_home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(cache_home, "pixelmill", "networks", f"{key}-{_revision()}.network")


@cache
def _revision() -> str:
    """Name the code that makes networks: other code, another name."""
    digest = hashlib.sha256()
    for part in _code():
        digest.update(part)
    return digest.hexdigest()[:8]


def _code() -> Iterator[bytes]:
    for library in _LIBRARIES:
        yield f"{library} {version(library)}".encode()
    package = Path(__file__).parents[1]
    for folder in ("engines", "featurizers"):
        for module in sorted(package.joinpath(folder).glob("*.py")):
            yield module.read_bytes()
