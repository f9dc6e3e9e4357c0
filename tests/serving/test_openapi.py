"""The OpenAPI description: whatever is sent, what it promises holds."""

import subprocess
import sys


def test_schemathesis_finds_nothing(service, tmp_path):
    """Checks answers to requests that follow the description, or break one rule of it."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{service.url}/openapi.json"]
    options = ["--checks=all", "--phases=examples,coverage,fuzzing", "--max-examples=8", "--seed=1"]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, timeout=300, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "Tested: 7" in done.stdout
