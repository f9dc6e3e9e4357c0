"""The JSON that a run leaves has the keys that are declared."""

import pytest

from pixelmill.records import Metrics, Profile, Source


@pytest.mark.parametrize(
    ("place", "record"),
    [
        ("02_intermediate/digits/source.json", Source),
        ("08_reporting/digits/metrics.json", Metrics),
        ("08_reporting/digits/profile.json", Profile),
    ],
)
def test_files_have_the_declared_keys(digits_run, place, record):
    project, _ = digits_run
    keys = project.json(place).keys()
    declared = record.__annotations__.keys()
    assert record.__required_keys__ <= keys <= declared
    assert declared - keys <= {"columns", "last"}  # of a list of URLs, of an earlier run
