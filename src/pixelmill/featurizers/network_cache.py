"""Converted networks on disk, so that only the first run loads TensorFlow.

The folder is `pixelmill/networks` below $XDG_CACHE_HOME or ~/.cache; it may be deleted any time.
What is damaged, or cannot be written, is as if it were not there. Each version of the code keeps
its own: two checkouts or environments of one user do not convert a network in turns. Networks that
other code made are deleted, those that were not used for the longest time first, beyond a number
for each featurizer and beyond a sum of bytes.
"""

import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

_DIGEST_BYTES = 32
_REVISIONS = 4
"""Networks of one featurizer that are kept, each made by other code."""

_OTHER_CODE_BYTES = 2 * 10**9
"""Bytes of all networks made by other code that are kept."""

_LIBRARIES = ("openvino", "tensorflow", "keras", "numpy")


def read(key: str) -> bytes | None:
    """Read a network.

    Args:
        key: Fingerprint of the featurizer.

    Returns:
        What `write` was given; None if there is none, or a damaged one.
    """
    file = _file(key)
    with suppress(OSError):
        data = file.read_bytes()
        artifact = data[_DIGEST_BYTES:]
        if hashlib.sha256(artifact).digest() == data[:_DIGEST_BYTES]:
            with suppress(OSError):  # a folder that can only be read
                os.utime(file)  # its time of change says when it was used
            return artifact
    return None


def write(key: str, artifact: bytes) -> None:
    """Keep a network, whole or not at all, and delete old ones that other code made.

    Args:
        key: Fingerprint of the featurizer.
        artifact: Network exported by the engine.
    """
    file = _file(key)
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as part:
            part.write(hashlib.sha256(artifact).digest())
            part.write(artifact)
        Path(part.name).replace(file)
        for superfluous in _superfluous(file):
            superfluous.unlink(missing_ok=True)


def _superfluous(new: Path) -> list[Path]:
    """Return networks of other code, to be deleted now that there is a new one."""
    of_this_code = new.name.rpartition("-")[2]
    used = {
        file: file.stat()
        for file in new.parent.glob("*-*.network")
        if not file.name.endswith(f"-{of_this_code}")
    }
    superfluous = []
    revisions = Counter({new.name.rpartition("-")[0]: 1})
    size = 0
    for file in sorted(used, key=lambda file: used[file].st_mtime_ns, reverse=True):
        featurizer = file.name.rpartition("-")[0]
        fits = size + used[file].st_size <= _OTHER_CODE_BYTES
        if fits and revisions[featurizer] < _REVISIONS:
            size += used[file].st_size
            revisions[featurizer] += 1
        else:
            superfluous.append(file)
    return superfluous


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
