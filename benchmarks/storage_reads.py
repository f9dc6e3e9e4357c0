"""Reading images from disk and S3: pyarrow.fs, s3fs (fsspec), obstore and pixelmill in one run.

    python -m benchmarks.storage_reads

Every library reads the same objects of 64 kB, bytes and time of modification, with 16 reads in
flight: from local disk (in the page cache), and from moto's S3 on loopback that waits 30 ms before
every answer. moto answers some 150 requests a second, which caps the objects a second of all; the
seconds of CPU that the reading process spends on an object are its own. Takes about half a minute.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

IN_FLIGHT = 16
OBJECT_BYTES = 64_000
DELAY_SECONDS = 0.03
BUCKET = "images"
ODD_NAMES = (
    "a space.png", "quo\"t'e.png", "50%.png", "50%25.png", "h#sh.png", "ü-né-日本.png",
    "q?.png", "plus+&=.png", "[br]{x}.png", "back\\slash.png", "tab\t.png", "new\nline.png",
)  # fmt: skip

Read = Callable[[str], bytes]


def plain_open(root: str) -> Read:
    """Python's own files: what no library can beat on disk."""

    def read(name: str) -> bytes:
        with Path(root, name).open("rb") as file:
            os.fstat(file.fileno())
            return file.read()

    return read


def boto3_get(root: str) -> Read:
    """boto3, one client for all threads."""
    bucket = root.removeprefix("s3://")
    import boto3
    from botocore.config import Config

    client = boto3.client("s3", config=Config(max_pool_connections=IN_FLIGHT))

    def read(name: str) -> bytes:
        return client.get_object(Bucket=bucket, Key=name)["Body"].read()

    return read


def pyarrow_fs(root: str) -> Read:
    """A stream's metadata has the time of modification on S3; on disk it takes a second call."""
    from pyarrow import fs

    if root.startswith("s3://"):
        endpoint = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
        system, folder = fs.S3FileSystem(endpoint_override=endpoint, scheme="http"), BUCKET
    else:
        system, folder = fs.LocalFileSystem(), root

    def read(name: str) -> bytes:
        with system.open_input_stream(f"{folder}/{name}") as stream:
            if not stream.metadata():
                system.get_file_info(f"{folder}/{name}")
            return stream.read()

    return read


def s3fs_open(root: str) -> Read:
    """fsspec's file object knows the time of modification; its `cat` gives bytes alone."""
    system, folder = _fsspec(root)

    def read(name: str) -> bytes:
        with system.open(f"{folder}/{name}", "rb", cache_type="readahead") as file:
            system.modified(f"{folder}/{name}") if folder == root else file.details["LastModified"]
            return file.read()

    return read


def s3fs_cat(root: str) -> Read:
    """fsspec's cheapest read, without the time of modification."""
    system, folder = _fsspec(root)
    return lambda name: system.cat_file(f"{folder}/{name}")


def _fsspec(root: str) -> tuple[Any, str]:
    import fsspec
    import s3fs

    if root.startswith("s3://"):
        system = s3fs.S3FileSystem(
            endpoint_url=os.environ["AWS_ENDPOINT_URL"],
            use_listings_cache=False,
            config_kwargs={"max_pool_connections": IN_FLIGHT},
        )
        return system, BUCKET
    return fsspec.filesystem("file"), root


def obstore_get(root: str) -> Read:
    """One GET brings bytes, size and time of modification."""
    import obstore
    from obstore.store import LocalStore, S3Store

    if root.startswith("s3://"):
        options = {"allow_http": True}
        store = S3Store(BUCKET, client_options=options)
    else:
        store = LocalStore(root)

    def read(name: str) -> bytes:
        result = obstore.get(store, name)
        assert result.meta["last_modified"]
        return bytes(result.bytes())

    return read


def pixelmill_storage(root: str) -> Read:
    """What pixelmill does: Python's own files on disk, obstore on S3."""
    from pixelmill.storage import open_storage

    storage = open_storage(root)
    return lambda name: storage.read(name).data


READERS: dict[str, Callable[[str], Read]] = {
    "open()": plain_open,
    "boto3": boto3_get,
    "pyarrow.fs": pyarrow_fs,
    "s3fs open": s3fs_open,
    "s3fs cat": s3fs_cat,
    "obstore": obstore_get,
    "pixelmill": pixelmill_storage,
}


def measure(reader: str, root: str, names: list[str]) -> dict[str, Any]:
    """Read all names in this process.

    Returns: objects a second, CPU milliseconds an object, peak memory, and the odd names whose
        bytes could not be had.
    """
    read = READERS[reader](root)
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(read, names[: 2 * IN_FLIGHT]))  # connections are open, code is loaded
        wall, cpu = time.perf_counter(), time.process_time()
        total = sum(map(len, pool.map(read, names)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert total == OBJECT_BYTES * len(names)
    return {
        "objects_per_second": round(len(names) / wall),
        "cpu_ms_per_object": round(1000 * cpu / len(names), 2),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "odd_names_failed": [name for name in ODD_NAMES if not _reads(read, name)],
    }


def _reads(read: Read, name: str) -> bool:
    try:
        return read(name) == name.encode()
    except Exception:  # noqa: BLE001  # whatever a library raises, the name did not work
        return False


def serve(port: int) -> None:
    """moto's S3 that waits before every GET and HEAD, and counts them."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    application = DomainDispatcherApplication(create_backend_app)
    lock, counts = threading.Lock(), {"requests": 0}

    def delayed(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/-/requests":
            start_response("200 OK", [])
            return [json.dumps(counts).encode()]
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            with lock:
                counts["requests"] += 1
            time.sleep(DELAY_SECONDS)
        return application(environ, start_response)

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, *_: Any) -> None:
            return

    make_server("127.0.0.1", port, delayed, threaded=True, request_handler=Quiet).serve_forever()


@contextmanager
def s3_server(port: int) -> Iterator[Callable[[], int]]:
    """A server process with the bucket; yields a function that counts GET and HEAD."""
    url = f"http://127.0.0.1:{port}"
    os.environ |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    process = subprocess.Popen([sys.executable, __file__, "--serve", str(port)])
    try:
        yield lambda: json.loads(urlopen(f"{url}/-/requests").read())["requests"]  # noqa: S310
    finally:
        process.terminate()
        process.wait()


def fill(folder: Path, names: list[str]) -> None:
    """The same files on disk and in the bucket (moto refuses a key with a line break)."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    client = boto3.client("s3", config=Config(retries={"total_max_attempts": 8}))
    client.create_bucket(Bucket=BUCKET)
    for name in (*names, *ODD_NAMES):
        data = os.urandom(OBJECT_BYTES) if name in names else name.encode()
        (folder / name).write_bytes(data)
        try:
            client.put_object(Bucket=BUCKET, Key=name, Body=data)
        except ClientError as error:
            print(f"S3 server refuses {name!r}: {error}")


def run(reader: str, root: str, objects: int) -> dict[str, Any]:
    """Measure in a process of its own, so that no library pays for another's threads."""
    command = [sys.executable, __file__, "--objects", str(objects), "--read", reader, root]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def compare(objects: int, port: int) -> None:
    """Print one line for each library and place."""
    print(f"{datetime.now(UTC):%Y-%m-%d}  {objects} objects, {IN_FLIGHT} in flight")
    print("place reader       objects/s  CPU ms/object  requests/object  peak MB  names that fail")
    with tempfile.TemporaryDirectory() as folder, s3_server(port) as requests:
        fill(Path(folder), file_names(objects))
        for place, root, other in (("disk", folder, "boto3"), ("s3", f"s3://{BUCKET}", "open()")):
            for reader in (name for name in READERS if name != other):
                before = requests()
                row = run(reader, root, objects)
                made = (requests() - before) / (objects + 2 * IN_FLIGHT + len(ODD_NAMES))
                print(
                    f"{place:5} {reader:11} {row['objects_per_second']:10} "
                    f"{row['cpu_ms_per_object']:14.2f} {made:16.1f} {row['peak_memory_mb']:8}  "
                    f"{', '.join(map(repr, row['odd_names_failed'])) or '-'}",
                    flush=True,
                )


def file_names(objects: int) -> list[str]:
    """The names of the objects that are timed."""
    return [f"{number:05}.jpg" for number in range(objects)]


def main() -> None:
    """Compare, or do what the comparison asks of its child processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=400)
    parser.add_argument("--port", type=int, default=5907)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--read", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
    elif arguments.read:
        print(json.dumps(measure(*arguments.read, file_names(arguments.objects))))
    else:
        compare(arguments.objects, arguments.port)


if __name__ == "__main__":
    main()
