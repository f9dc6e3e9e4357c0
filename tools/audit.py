"""Ask OSV, in one request, which locked packages have known vulnerabilities.

python tools/audit.py [--strict] [--url URL]

OSV has the advisories of PyPI that pip-audit reads. Without an answer in some seconds nothing is
known, which is a line and no failure.

Source: https://google.github.io/osv.dev/post-v1-querybatch/
"""

import argparse
import http.client
import json
import re
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOCK = Path(__file__).parents[1] / "requirements.lock"
OSV = "https://api.osv.dev/v1/querybatch"
LONGEST_WAIT = 4.0  # seconds, for each step of the request
PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==([\w.!+-]+)", re.M)


def locked(lock: Path) -> list[tuple[str, str]]:
    """Names and versions of the packages of a lock."""
    return PIN.findall(lock.read_text(encoding="utf-8"))


def findings(pins: list[tuple[str, str]], url: str) -> list[str]:
    """One line for each package that has known vulnerabilities.

    Args:
        pins: Names and versions.
        url: Of OSV's queries in batches.

    Raises:
        OSError: No answer came.
        ValueError: The answer is not from OSV.
    """
    queries = [
        {"package": {"name": name, "ecosystem": "PyPI"}, "version": version}
        for name, version in pins
    ]
    results = _answer(url, {"queries": queries})["results"]
    if len(results) != len(pins):
        raise ValueError("the answer is of other packages")
    return [
        f"{name} {version}: {', '.join(sorted(found['id'] for found in result['vulns']))}"
        for (name, version), result in zip(pins, results, strict=True)
        if result.get("vulns")
    ]


def _answer(url: str, question: dict[str, Any]) -> dict[str, Any]:
    place = urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.netloc, timeout=LONGEST_WAIT)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", place.path, json.dumps(question), headers)
        response = connection.getresponse()
        if response.status != http.client.OK:
            raise OSError(f"HTTP {response.status}")
        answer: dict[str, Any] = json.loads(response.read())
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
    return answer


def _in_time(pins: list[tuple[str, str]], url: str) -> list[str] | str:
    """The findings, or why there are none; no socket's limit covers the look-up of a name."""
    results: list[list[str] | str] = []

    def ask() -> None:
        try:
            results.append(findings(pins, url))
        except (OSError, ValueError, KeyError, TypeError) as problem:
            results.append(f"{type(problem).__name__}: {problem}")

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(2 * LONGEST_WAIT)
    return results[0] if results else "it takes too long"


def main(arguments: list[str] | None = None) -> int:
    """Print what is known; return 1 under `--strict` where something is, or nothing could be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail on findings and no answer")
    parser.add_argument("--url", default=OSV)
    given = parser.parse_args(arguments)
    pins = locked(LOCK)
    found = _in_time(pins, given.url)
    if isinstance(found, str):
        print(f"audit: no answer of {urlsplit(given.url).netloc} ({found}): not audited")
        return int(given.strict)
    for line in found:
        print(f"audit: {line}")
    print(f"audit: {len(found)} of {len(pins)} packages with known vulnerabilities")
    return int(given.strict and bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
