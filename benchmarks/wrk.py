"""Photos as requests, and wrk that sends them."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.photos import PETS

PORT = 9898
PHOTOS = 40
BOUNDARY = "a-boundary-of-the-benchmark"
LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "multipart/form-data; boundary={boundary}"
local bodies = {{}}
for number = 0, {last} do
  local file = io.open("{folder}/" .. number, "rb")
  bodies[#bodies + 1] = file:read("*a")
  file:close()
end
local sent = 0
request = function()
  sent = sent + 1
  return wrk.format("POST", "{path}", nil, bodies[sent % #bodies + 1])
end
delay = function() return {delay} end
"""


@dataclass(frozen=True)
class Load:
    """What wrk saw.

    Attributes:
        rate: Answers a second, but for refusals.
        p99: Milliseconds, of all answers.
        refused: Answers with another status than 200.
    """

    rate: float
    p99: float
    refused: int


class Requests:
    """Bodies of requests on disk, and wrk that sends them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.photos = [file.read_bytes() for file in sorted(PETS.rglob("*.jpg"))]
        self.photos = [one for one in self.photos if 50_000 < len(one) < 80_000][:PHOTOS]
        for number, photo in enumerate(self.photos):
            head = (
                f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; '
                f'filename="{number}.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
            )
            body = head.encode() + photo + f"\r\n--{BOUNDARY}--\r\n".encode()
            folder.joinpath(str(number)).write_bytes(body)

    def send(self, path: str, connections: int, seconds: float, delay: float = 0) -> Load:
        """Sends requests; each connection waits for its answer and then some milliseconds."""
        script = self._folder / "requests.lua"
        script.write_text(
            LUA.format(
                boundary=BOUNDARY,
                last=len(self.photos) - 1,
                folder=self._folder,
                path=path,
                delay=round(delay),
            )
        )
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds:g}s",
            "--latency",
            "--timeout=30s",
        ]
        said = subprocess.run(
            [*command, f"--script={script}", f"http://127.0.0.1:{PORT}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        requests, duration, unit = re.search(r"(\d+) requests in ([\d.]+)([smh])", said).groups()
        elapsed = float(duration) * {"s": 1, "m": 60, "h": 3600}[unit]
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
        number = int(refused[1]) if refused else 0
        return Load((int(requests) - number) / elapsed, _p99(said), number)


def _p99(said: str) -> float:
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
