"""Values as people write them; template filters of the pages."""

import math
from typing import Any

DASH = "\N{EN DASH}"


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share of 0 to 1 in percent; a dash for None."""
    return DASH if share is None else f"{100 * share:.{digits}f}%"


def number(amount: float | None) -> str:
    """Return a count or a rate with the digits that matter; a dash for None."""
    if amount is None:
        return DASH
    return f"{amount:,.0f}" if isinstance(amount, int) or amount >= 10 else f"{amount:.1f}"


def quantity(count: int, one: str, several: str | None = None) -> str:
    """Return a count with its noun; `several` is the plural where an s does not make it."""
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


def brief(amount: int) -> str:
    """Return a count in at most four characters: 1,234 is 1.2k."""
    for unit, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1000, "k")):
        if amount >= unit * 0.9995:
            share = amount / unit
            return f"{share:.0f}{letter}" if share >= 9.95 else f"{share:.1f}{letter}"
    return str(amount)


def figure(amount: float | None) -> str:
    """Return a measured number with three digits that matter; a dash for None."""
    return DASH if amount is None else f"{amount:.3g}"


def label(name: str | None) -> str:
    """Return the name of a class; blank names are made visible."""
    if name is None:
        return DASH
    return name if name.strip() else "(empty)"


def memory(size: int | None) -> str:
    """Return bytes as kB, MB or GB; a dash for None."""
    if size is None:
        return DASH
    if size < 1e6:
        return f"{math.ceil(size / 1e3)} kB"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def duration(seconds: float | None) -> str:
    """Return a duration in words; a dash for None."""
    if seconds is None:
        return DASH
    if 0 < seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def value(anything: Any, digits: int = 6) -> str:
    """Return a value of a description as a person writes it.

    Args:
        anything: A JSON value.
        digits: Significant digits of a float.
    """
    if anything is None:
        return DASH
    if isinstance(anything, bool):
        return "yes" if anything else "no"
    if isinstance(anything, float):
        return f"{anything:.{digits}g}"
    if isinstance(anything, list | tuple):
        return ", ".join(value(one, digits) for one in anything)
    return f"{anything:,}" if isinstance(anything, int) else str(anything)


def sentence(text: str | None) -> str:
    """Return the text with a capital letter and a full stop; nothing for None.

    A name such as `t-SNE` or `preparation.pca` stays as it is.
    """
    stripped = (text or "").strip()
    if not stripped:
        return ""
    first = stripped[0].upper() if stripped.split()[0].rstrip(",:;").isalpha() else stripped[0]
    return first + stripped[1:] + ("" if stripped[-1] in ".!?…" else ".")


FILTERS = (percent, number, quantity, brief, figure, label, memory, duration, value, sentence)
"""What templates format values with."""
