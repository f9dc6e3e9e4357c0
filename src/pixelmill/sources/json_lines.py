"""JSON lines: an object on each line, with the columns as names."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pixelmill.sources.cells import folded_name
from pixelmill.sources.text import Content, read_lines
from pixelmill.untrusted_text import safe_text

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable

ENDINGS = (".jsonl", ".ndjson")
LARGEST_LINE = 1 << 24  # characters
MOST_COLUMNS = 10_000
_BATCH_ROWS = 65_536  # of Python strings in memory at once


class JsonLines:
    """A file of objects, of which only what is asked for is kept in memory.

    Args:
        data: Content of the file.
        encoding: Encoding by Python's name; None is that of the byte-order mark, else UTF-8.

    Attributes:
        names: Names of all objects, in the order in which they come first. Those that differ in
            case, and that no object has two of, are one.

    Raises:
        ValueError: A line is no object, or the file has another encoding.
    """

    def __init__(self, data: Content, encoding: str | None) -> None:
        self._data, self._encoding = data, encoding
        found: dict[str, None] = {}
        for row in self._rows():
            found |= dict.fromkeys(row)
            if len(found) > MOST_COLUMNS:
                raise ValueError(f"its objects have more than {MOST_COLUMNS:,} names")
        if not found:
            raise ValueError("it is empty")
        self._spellings = self._find_spellings(found)
        others = {name for _, *others in self._spellings.values() for name in others}
        self.names = [name for name in found if name not in others]

    def read(self, columns: list[str], rows: int | None = None) -> "ArrowTable":
        """Read some columns as text; lists and objects are the JSON that the file has.

        Args:
            columns: Column names, a subset of `names`.
            rows: Number of rows that are enough; None is all of them.
        """
        schema = pa.schema([(column, pa.string()) for column in columns])
        return pa.concat_tables([schema.empty_table(), *self.batches(columns, rows)])

    def batches(self, columns: list[str], rows: int | None = None) -> "Iterator[ArrowTable]":
        """Read some columns, some thousand rows at a time; arguments as of `read`."""
        found = islice(self._rows(), rows)
        spellings = [self._spellings.get(column, [column]) for column in columns]
        while batch := list(islice(found, _BATCH_ROWS)):
            arrays = [
                pa.array([_text(_value(row, names)) for row in batch], pa.string())
                for names in spellings
            ]
            yield pa.Table.from_arrays(arrays, names=columns)

    def _find_spellings(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Return names that differ in case and that no object has two of, by the first of them."""
        groups: dict[str, list[str]] = {}
        for name in names:
            groups.setdefault(folded_name(name), []).append(name)
        alike = [group for group in groups.values() if len(group) > 1]
        for row in self._rows() if alike else ():
            alike = [group for group in alike if sum(name in row for name in group) < 2]
        return {group[0]: group for group in alike}

    def _rows(self) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(read_lines(self._data, self._encoding), 1):
            if not line.strip():
                continue
            try:
                row = _parsed(line)
            except _RepeatedNameError as problem:
                raise ValueError(
                    f"line {number} has the name {safe_text(str(problem), 60)!r} twice: rename one "
                    "of them"
                ) from problem
            if row is None:
                shown = safe_text(line.strip(), 60)
                raise ValueError(f"line {number} is no JSON object ({shown!r})")
            yield row


class _Number(str):
    """A number as written."""


class _RepeatedNameError(Exception):
    """An object has a name twice; the message is the name."""


def _parsed(line: str) -> dict[str, Any] | None:
    """Return the object of a line; None if it is no object. Numbers stay as written: 1.50."""
    try:
        row = json.loads(
            line[:LARGEST_LINE],
            object_pairs_hook=_object,
            parse_float=_Number,
            parse_int=_Number,
            parse_constant=lambda name: None if name == "NaN" else name,
        )
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, whose names are all different: one of two values would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        [(name, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise _RepeatedNameError(name)
    return found


def _value(row: dict[str, Any], names: list[str]) -> Any:
    return next((row[name] for name in names if name in row), None)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        # A half of a pair, which JSON can write, is no text that a table can hold.
        return value and value.encode("utf-8", "replace").decode()
    try:
        return _json(value).encode("utf-8", "replace").decode()
    except RecursionError as error:
        raise ValueError("a value in it is nested too deeply") from error


def _json(value: Any) -> str:
    match value:
        case _Number():
            return value
        case dict():
            pairs = (f"{_json(name)}: {_json(each)}" for name, each in value.items())
            return f"{{{', '.join(pairs)}}}"
        case list():
            return f"[{', '.join(map(_json, value))}]"
    return json.dumps(value, ensure_ascii=False)
