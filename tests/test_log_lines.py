"""Which messages of a run are logged."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEVELS = """
import logging, sys
from kedro.framework.startup import bootstrap_project
bootstrap_project(sys.argv[1])
print([logging.getLogger(name).level for name in ("kedro", "kedro.io", "pixelmill")])
"""


@pytest.mark.parametrize("folder", [".", "notebooks"])
def test_a_run_from_any_folder_of_the_project_logs_the_same(folder, monkeypatch):
    monkeypatch.delenv("KEDRO_LOGGING_CONFIG", raising=False)
    command = [sys.executable, "-c", LEVELS, str(ROOT)]
    done = subprocess.run(command, cwd=ROOT / folder, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[30, 30, 20]"
