"""Progress of a run, in a file beside its report, which `kedro emr status` reads."""

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixelmill.errors import InputError
from pixelmill.profiling.pauses import pause_watch
from pixelmill.storage import open_storage
from pixelmill.storage.lease_owner import LAUNCH

if TYPE_CHECKING:
    from pixelmill.profiling.progress import Work

NAME = "progress.json"
EVERY = 10.0  # seconds between two writes
LONGEST_WAIT = 30.0  # seconds that the end of a run waits for the last of them

logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class ProgressRecord(BaseModel):
    """How far a run is.

    Attributes:
        dataset: Name of the data set.
        state: Last state that the run reported; a killed run stays 'running'.
        images: Number of images in the index; None before it exists.
        done: Images with a row, failed ones included; None before featurization.
        failed: Images without features among those that this run did.
        images_per_second: Average throughput of this run's featurization.
        started: Time when the run began, UTC.
        updated: Time of the last update, UTC.
        sentence: Reason of the failure.
        node: The node that runs, or ran last.
        host: The machine of the driver.
        launch: Launch of `kedro emr launch`, if it started the run.
    """

    model_config = ConfigDict(frozen=True)

    dataset: str
    state: Literal["running", "finished", "failed"] = "running"
    images: int | None = None
    done: int | None = None
    failed: int = 0
    images_per_second: float = 0.0
    started: datetime = Field(default_factory=_now)
    updated: datetime = Field(default_factory=_now)
    sentence: str | None = None
    node: str | None = None
    host: str = Field(default_factory=socket.gethostname)
    launch: str | None = Field(default_factory=lambda: os.environ.get(LAUNCH))

    def seconds_left(self) -> float | None:
        """Return the seconds until the last image has its row, at the speed so far, or None."""
        if self.images is None or self.done is None or not self.images_per_second:
            return None
        return (self.images - self.done) / self.images_per_second


def progress_folder(storage: str, dataset: str) -> str:
    """Return the folder of a data set's record."""
    return f"{storage.rstrip('/')}/08_reporting/{dataset}"


def find_progress(storage: str, dataset: str) -> ProgressRecord | None:
    """Return what the latest run of a data set said, or None.

    Raises:
        InputError: If the storage cannot be read, or the record is damaged.
    """
    folder = open_storage(progress_folder(storage, dataset))
    if folder.find_files([NAME]) == [None]:
        return None
    try:
        return ProgressRecord.model_validate_json(folder.read_bytes(NAME))
    except ValidationError:
        raise InputError(
            f"{folder.root}/{NAME} is damaged: delete it, the next run writes a new one"
        ) from None


class ProgressWriter:
    """Keeps the record of a run; a storage that refuses it is one warning and no failure.

    A thread writes: a run waits for no answer of S3 but the last.
    """

    def __init__(
        self,
        storage: str,
        dataset: str,
        measure: Callable[[], "Work | None"] = lambda: None,
        *,
        every: float = EVERY,
    ) -> None:
        """Begin the record.

        Args:
            storage: Folder or S3 URI of all tables.
            dataset: Name of the data set.
            measure: The latest featurization of this process.
            every: Seconds between two writes.
        """
        self._folder = open_storage(progress_folder(storage, dataset))
        self._record = ProgressRecord(dataset=dataset)
        self._measure = measure
        self._every = every
        self._began = pause_watch().now()
        self._changing = threading.Lock()
        self._over = threading.Event()
        self._refused = self._abandoned = False
        self._thread = threading.Thread(target=self._keep, name="write-progress", daemon=True)
        self._thread.start()

    def enter(self, node: str, images: int | None = None) -> None:
        """Say which node begins.

        Args:
            node: Node name.
            images: Number of images in the index, if the node featurizes them.
        """
        self._leave()
        self._change(node=node, images=images or self._record.images)

    def finish(self, state: Literal["finished", "failed"], sentence: str | None = None) -> None:
        """Say how the run ended, and wait until that is written.

        Args:
            state: Final state of the run.
            sentence: Reason of the failure, if it failed.
        """
        if self._over.is_set():
            return
        if state == "finished":
            self._leave()
        else:
            self._look()
        self._change(state=state, sentence=sentence)
        self._over.set()
        self._thread.join(LONGEST_WAIT)

    def abandon(self) -> None:
        """Write no more: the record is another run's."""
        self._abandoned = True
        self._over.set()

    def _leave(self) -> None:
        """Complete the count of images when a node that featurizes ends."""
        self._look()
        self._change(done=self._record.images)

    def _look(self) -> None:
        work = self._measure()
        if work is None or work.began < self._began:
            return
        usage = work.usage()
        images = self._record.images or work.total
        # Tasks that Spark repeats count twice.
        done = min(images - work.total + usage.images, images)
        speed = round(work.images_per_second(), 1)
        self._change(images=images, done=done, failed=usage.failed, images_per_second=speed)

    def _change(self, **changes: Any) -> None:
        with self._changing:
            self._record = self._record.model_copy(update=changes)

    def _keep(self) -> None:
        self._write()
        while not self._over.wait(self._every):
            self._look()
            self._write()
        if not self._abandoned:
            self._write()

    def _write(self) -> None:
        self._change(updated=_now())
        try:
            self._folder.write_bytes(NAME, self._record.model_dump_json(indent=2).encode())
        except InputError as problem:
            if not self._refused:
                logger.warning("the progress of this run is not recorded: %s", problem)
            self._refused = True
