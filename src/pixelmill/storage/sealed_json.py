"""JSON files with a SHA-256 of their content, which shows changes.

The digest is of the values, not of the bytes, so that a file that was only reformatted is the
same. It finds a change, not malice: whoever edits a file can compute its digest.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

DIGEST = "digest"


def sealed_json(content: Mapping[str, Any]) -> bytes:
    """Write an object as readable JSON with its digest.

    Args:
        content: JSON values by name; none is called 'digest'.

    Returns:
        UTF-8, indented, the digest last.
    """
    sealed = {**content, DIGEST: digest_of(content)}
    return json.dumps(sealed, ensure_ascii=False, indent=2).encode()


def is_unchanged(content: Mapping[str, Any]) -> bool:
    """Return whether an object has a digest, and it is that of everything else in it.

    Args:
        content: What `json.loads` made of a file of `sealed_json`.
    """
    return content.get(DIGEST) == digest_of(content)


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an object without its digest, in hexadecimal.

    Args:
        content: JSON values by name; their order does not matter.
    """
    rest = {name: value for name, value in content.items() if name != DIGEST}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
