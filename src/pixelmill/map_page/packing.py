"""Arrays and texts as script elements that a page unpacks: no character can end the element."""

import json
import zlib
from base64 import b64encode
from typing import Any

import numpy as np
import numpy.typing as npt


def pack_array(values: npt.NDArray[Any]) -> str:
    """Return an array's bytes, little-endian, deflated, in base64."""
    return _packed(np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes())


def pack_codes(codes: npt.NDArray[np.integer[Any]]) -> str:
    """Return numbers from -1 upwards, plus 1, as three byte planes; high ones deflate well.

    Args:
        codes: Any shape, below 2^24 - 1.
    """
    numbers = codes.astype(np.int64).ravel() + 1
    return pack_array(np.stack([numbers >> shift & 255 for shift in (0, 8, 16)]).astype(np.uint8))


def pack_json(value: Any) -> str:
    """Return a value as deflated JSON, in base64.

    Characters that no text in UTF-8 may hold, as lone surrogates of file names in another
    encoding, become question marks.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _packed(text.encode("utf-8", "replace"))


def pack_file(content: bytes) -> str:
    """Return a file in base64."""
    return b64encode(content).decode("ascii")


def _packed(content: bytes) -> str:
    return b64encode(zlib.compress(content, 6)).decode("ascii")
