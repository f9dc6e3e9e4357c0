"""Logs of a run on S3, by EMR and EMR Serverless."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from pixelmill.emr.record import Launch
from pixelmill.errors import InputError
from pixelmill.storage import Storage, StoredFile, open_storage
from pixelmill.untrusted_text import LONGEST_LINE, safe_text

# The folders are those of EMR's guide, "View log files archived to Amazon S3", and of EMR
# Serverless's, "Storing logs".
STREAM = r"(stdout|stderr)(\.gz)?$"
FAILURE = re.compile(r"\b(ERROR|FATAL|Traceback|[A-Z]\w*(Error|Exception)\b)")
MOST_READ = 200  # logs of executors, the newest


@dataclass(frozen=True)
class LogEnd:
    """The end of a log.

    Attributes:
        path: Relative to the folder of the logs.
        modified: Time when it was written to S3.
        lines: The last ones.
    """

    path: str
    modified: datetime
    lines: list[str]


class RunLogs:
    """The logs of one launch.

    Args:
        launch: Launch of the logs.
    """

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._folder: Storage = open_storage(launch.logs)

    def driver(self, lines: int) -> list[LogEnd]:
        """Return the ends of the driver's logs, the standard output last.

        Args:
            lines: Maximum number of lines of each log.

        Raises:
            InputError: If they cannot be read.
        """
        step = rf"{self._own}/steps/{re.escape(self._launch.run)}/"
        job = rf"{self._own}/jobs/{re.escape(self._launch.run)}/(attempts/\d+/)?SPARK_DRIVER/"
        found = self._matching(rf"({step}|{job}){STREAM}")
        return [self._end(file, lines) for file in sorted(found, key=lambda file: file.path)]

    def bootstrap(self, lines: int) -> list[LogEnd]:
        """Return the ends of what the bootstrap script wrote on each node, those that failed first.

        Args:
            lines: Maximum number of lines of each log.

        Raises:
            InputError: If they cannot be read.
        """
        found = self._matching(rf"{self._own}/node/[^/]+/bootstrap-actions/\d+/{STREAM}")
        ends = [self._end(file, lines) for file in found]
        filled = [end for end in ends if end.lines]
        return sorted(filled, key=lambda end: ("bootstrap failed" not in end.lines[-1], end.path))

    def executors(self, lines: int) -> Iterator[LogEnd]:
        """Return the ends of those executors' logs that report a failure, the newest first.

        Args:
            lines: Maximum number of lines of each log.

        Raises:
            InputError: If they cannot be read.
        """
        containers = rf"{self._own}/containers/application_[^/]+/container_[^/]+/"
        workers = rf"{self._own}/jobs/[^/]+/(attempts/\d+/)?SPARK_EXECUTOR/[^/]+/"
        found = self._matching(rf"({containers}|{workers}){STREAM}")
        newest = sorted(found, key=lambda file: file.modified, reverse=True)[:MOST_READ]
        for file in newest:
            text = self._text(file)
            if FAILURE.search(text):
                yield LogEnd(file.path, file.modified, _last(text, lines))

    @property
    def _own(self) -> str:
        """Folder of the cluster or of the application."""
        owner = re.escape(self._launch.owner)
        return f"applications/{owner}" if self._launch.target == "serverless" else owner

    def _matching(self, pattern: str) -> list[StoredFile]:
        whole = re.compile(pattern)
        return [file for file in self._files if whole.match(file.path)]

    @cached_property
    def _files(self) -> list[StoredFile]:
        return list(self._folder.list_files())

    def _end(self, file: StoredFile, lines: int) -> LogEnd:
        return LogEnd(file.path, file.modified, _last(self._text(file), lines))

    def _text(self, file: StoredFile) -> str:
        content = self._folder.read_bytes(file.path)
        try:
            plain = gzip.decompress(content) if file.path.endswith(".gz") else content
        except (gzip.BadGzipFile, EOFError) as problem:
            raise InputError(
                f"{self._folder.root}/{file.path} cannot be unpacked ({problem}): try again, it "
                "may have been written just now"
            ) from problem
        return plain.decode(errors="replace")


def _last(text: str, lines: int) -> list[str]:
    """Return the last lines; they may name images and servers of strangers."""
    return [safe_text(line.expandtabs(4), LONGEST_LINE) for line in text.splitlines()[-lines:]]
