"""The command line, as a user has it in the project's folder."""

import logging

import pytest
from click.testing import CliRunner

from pixelmill.emr.commands import emr
from tests.conftest import ROOT
from tests.emr.launched import STORAGE


@pytest.fixture
def kedro_emr(aws, known_project, monkeypatch, caplog):
    """Runs a command of `kedro emr` for the data set 'pets'; gives status and output."""
    caplog.set_level(logging.WARNING, "werkzeug")  # moto's, which would mix with the output
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PIXELMILL_STORAGE", STORAGE)

    def run(name, *arguments, answer=""):
        result = CliRunner().invoke(
            emr, [name, "--params", "dataset=pets", *arguments], input=answer, prog_name="kedro emr"
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result.exit_code, result.output

    return run
