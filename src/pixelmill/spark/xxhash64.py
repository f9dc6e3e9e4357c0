"""Spark's `xxhash64` in the driver: the same numbers without a session."""

import struct

SEED = 42  # Spark's own
_MASK = (1 << 64) - 1
_PRIMES = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def xxhash64(*values: str | int | None) -> int:
    """Hash strings and numbers as `pyspark.sql.functions.xxhash64` hashes columns.

    Args:
        values: Strings, and integers as Spark's `long` and, in microseconds, its `timestamp`. None
            changes nothing.

    Returns:
        A signed number of 64 bits.

    Example:
        >>> xxhash64("Spark")
        -4294468057691064905
    """
    found = SEED
    for value in values:
        if value is not None:
            found = _hash(_bytes_of(value), found)
    return found - (1 << 64) if found >> 63 else found


def _bytes_of(value: str | int) -> bytes:
    return struct.pack("<q", value) if isinstance(value, int) else value.encode()


def _hash(data: bytes, seed: int) -> int:
    """Return XXH64 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md), unsigned."""
    one, two, three, four, five = _PRIMES
    whole = len(data) & ~31
    found = _stripes(data[:whole], seed) if whole else seed + five
    found = (found + len(data)) & _MASK
    words = len(data) & ~7
    for (word,) in struct.iter_unpack("<Q", data[whole:words]):
        found = (_rotated(found ^ _round(0, word), 27) * one + four) & _MASK
    if len(data) - words >= 4:
        (half,) = struct.unpack_from("<I", data, words)
        found = (_rotated(found ^ (half * one & _MASK), 23) * two + three) & _MASK
        words += 4
    for byte in data[words:]:
        found = _rotated(found ^ (byte * five & _MASK), 11) * one & _MASK
    found = (found ^ found >> 33) * two & _MASK
    found = (found ^ found >> 29) * three & _MASK
    return found ^ found >> 32


def _stripes(data: bytes, seed: int) -> int:
    """Return the state after blocks of 32 bytes, in four lanes."""
    one, two, _, four, _ = _PRIMES
    lanes = [(seed + start) & _MASK for start in (one + two, two, 0, -one)]
    for block in struct.iter_unpack("<4Q", data):
        lanes = [_round(lane, word) for lane, word in zip(lanes, block, strict=True)]
    found = sum(_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True))
    for lane in lanes:
        found = ((found & _MASK ^ _round(0, lane)) * one + four) & _MASK
    return found


def _round(lane: int, word: int) -> int:
    return _rotated((lane + word * _PRIMES[1]) & _MASK, 31) * _PRIMES[0] & _MASK


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & _MASK
