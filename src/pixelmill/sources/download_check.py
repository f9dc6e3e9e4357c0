"""Whether a download is a whole image that a featurizer can read.

A server that names no length and hangs up leaves half an image, and nothing in HTTP says so: only
the image itself does. It is decoded once, as small as its format allows.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

from pixelmill.errors import UndecodableImageError, UnreadableImageError
from pixelmill.images.limits import TOO_LARGE, Limits
from pixelmill.storage import Storage, StoredFile

if TYPE_CHECKING:
    from pixelmill.featurizers.decoding import Decoder

_SIDE = 32  # pixels; JPEG is decoded at an eighth of its sides then
_AT_ONCE = 4  # images decoded at the same time
_LARGEST = Limits()
# Of those at once; a larger one is decoded while no other large one is.
_SMALL = Limits(max_decoded_bytes=_LARGEST.max_decoded_bytes // _AT_ONCE)
_TRUNCATED = "truncated image"
_decoding = BoundedSemaphore(_AT_ONCE)
_decoding_large = Lock()


def damage(data: bytes) -> str | None:
    """Why an image cannot be used; None for one that is whole.

    Args:
        data: What was downloaded.
    """
    with _decoding:
        reason = _problem(data, _SMALL)
    if reason is not None and reason.startswith(TOO_LARGE):
        with _decoding_large:
            reason = _problem(data, _LARGEST)
    # What limits the featurizer is no damage.
    return None if reason is None or reason.startswith(TOO_LARGE) else reason


def _problem(data: bytes, limits: Limits) -> str | None:
    import numpy as np

    pixels = np.empty((_SIDE, _SIDE, 3), np.uint8)
    try:
        _decoder(limits).decode(data, pixels)
    except UndecodableImageError as error:
        return str(error)
    except UnreadableImageError:  # memory is short just now: the featurizer will tell
        return None
    return None


def is_cut(reason: str) -> bool:
    """Whether the rest of the image is missing, so that another download may bring it.

    Args:
        reason: Of `damage`.
    """
    return reason.startswith(_TRUNCATED)


def damaged_files(storage: Storage, files: Iterable[StoredFile]) -> dict[str, str]:
    """Reads stored images, and says which of them cannot be used.

    Args:
        storage: The folder of the downloads.
        files: To read.

    Returns: Reason by path.
    """

    def reason(file: StoredFile) -> str | None:
        try:
            return damage(storage.read(file.path).data)
        except UnreadableImageError as error:
            return str(error)

    files = list(files)
    with ThreadPoolExecutor(2 * _AT_ONCE) as pool:
        reasons = pool.map(reason, files)
        return {file.path: why for file, why in zip(files, reasons, strict=True) if why}


@cache
def _decoder(limits: Limits) -> "Decoder":
    from pixelmill.featurizers.decoding import Decoder

    return Decoder((_SIDE, _SIDE), limits)
