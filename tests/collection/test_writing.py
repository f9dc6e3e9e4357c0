"""Small images and notes are written in the event loop, all others in threads."""

import asyncio
import threading
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pixelmill.collection.attempt import Answer
from pixelmill.collection.hosts import Task
from pixelmill.collection.reasons import AttemptError
from pixelmill.collection.results import UrlRequest
from pixelmill.collection.writing import QUICK_BYTES, ImageWriter, QuickWork
from pixelmill.parameters import CollectionParameters
from pixelmill.storage import open_storage
from pixelmill.storage.disk import DiskStorage

WANTED = UrlRequest("http://example.com/1.png", "1" * 32)


class WatchedFolder(DiskStorage):
    """A folder that remembers which threads wrote to it, and may be slow."""

    def __init__(self, root, seconds=0.0):
        super().__init__(str(root))
        self.seconds = seconds
        self.threads = []

    def write_bytes(self, path, data):
        self.threads.append(threading.current_thread())
        time.sleep(self.seconds)
        super().write_bytes(path, data)

    def was_in_loop(self):
        return [thread is threading.main_thread() for thread in self.threads]


def png(height, width, shade=0):
    file = BytesIO()
    Image.fromarray(np.full((height, width), shade, np.uint8)).save(file, "PNG")
    return file.getvalue()


def noise(side):
    file = BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (side, side), np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def keep(folder, *images):
    writer = ImageWriter(folder, CollectionParameters(folder=folder.root))

    async def keep_all():
        return [await writer.keep(WANTED, Answer(image, "image/png")) for image in images]

    return asyncio.run(keep_all())


def test_only_files_of_few_bytes_and_pixels_are_worked_on_in_the_loop(tmp_path):
    folder = WatchedFolder(tmp_path)
    many_bytes, many_pixels = noise(600), png(1200, 1000)
    assert len(many_bytes) > QUICK_BYTES > len(many_pixels)
    rows = keep(folder, png(100, 100), many_bytes, many_pixels)
    assert folder.was_in_loop() == [True, False, False]
    assert [row.status for row in rows] == ["ok"] * 3
    assert sorted(file.stat().st_size for file in tmp_path.glob("*/*")) == sorted(
        row.bytes for row in rows
    )


def test_a_slow_folder_holds_the_loop_up_only_now_and_then(tmp_path):
    folder = WatchedFolder(tmp_path, seconds=0.05)
    keep(folder, *(png(10, 10, shade) for shade in range(10)))
    in_loop = folder.was_in_loop()
    assert in_loop[0]
    assert sum(in_loop) < 5


def test_a_damaged_small_image_is_refused_in_the_loop_as_in_a_thread(tmp_path):
    folder = WatchedFolder(tmp_path)
    for image in (noise(200), noise(600)):
        with pytest.raises(AttemptError, match="truncated image"):
            keep(folder, image[: len(image) // 2])
    assert folder.threads == []


def test_the_note_of_a_failure_is_written_in_the_loop(tmp_path):
    folder = WatchedFolder(tmp_path)
    writer = ImageWriter(folder, CollectionParameters(folder=folder.root))
    row = asyncio.run(writer.failure(Task(WANTED, attempts=1), AttemptError("HTTP 404")))
    assert (row.status, row.reason) == ("failed", "HTTP 404")
    assert folder.was_in_loop() == [True]


def test_a_bucket_is_never_written_to_in_the_loop(tmp_path):
    assert QuickWork(open_storage(str(tmp_path))).allows(1)
    assert not QuickWork(open_storage("s3://photos/images")).allows(1)
