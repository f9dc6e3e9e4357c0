"""The releases of EMR, and what a launch refuses or says of them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pixelmill.emr import releases
from pixelmill.emr.releases import RELEASES, check_image_python, find_release, print_end_of_support
from pixelmill.emr.settings import ClusterSettings, load_settings
from pixelmill.errors import InputError
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "emr.md").read_text(encoding="utf-8")


def test_the_default_release_is_known_and_lasts_longest():
    label = load_settings(ROOT).release
    assert label == ClusterSettings.model_fields["release"].default == "emr-spark-8.1.0"
    assert find_release(label).ends == max(release.ends for release in RELEASES.values())
    assert find_release(label).spark == "4.1"


def test_the_release_before_is_known_with_its_end():
    assert find_release("emr-spark-8.0.0").ends == date(2027, 5, 20)
    assert "`emr-spark-8.0.0`" in PAGE
    assert "2027-05-20" in PAGE


@pytest.mark.parametrize("label", ["emr-spark-8.0.0", "emr-spark-8.1.0", "emr-spark-8.1.1"])
@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_a_python_of_the_image_passes(label, python):
    assert check_image_python(label, python) is None


@pytest.mark.parametrize("python", ["3.9", "3.12", "3.14"])
def test_another_python_is_refused_with_those_that_the_image_has(python):
    with pytest.raises(InputError, match=rf"has Python 3\.11 and 3\.13 .* the laptop has {python}"):
        check_image_python("emr-spark-8.1.0", python)


def test_of_a_release_that_is_not_known_nothing_is_said():
    lines = []
    check_image_python("emr-spark-9.0.0", "3.12")
    print_end_of_support("emr-7.13.0", lines.append)
    assert lines == []


@pytest.mark.parametrize(("days", "said"), [(10, True), (-10, True), (400, False)])
def test_an_end_is_announced_half_a_year_before(monkeypatch, days, said):
    ends = datetime.now(UTC).date() + timedelta(days=days)
    monkeypatch.setitem(releases.RELEASES, "emr-spark-8.0", releases.Release("4.0", (), ends))
    lines = []
    print_end_of_support("emr-spark-8.0.0", lines.append)
    message = f"AWS's support of emr-spark-8.0.0 ends on {ends}; emr-spark-8.1.0 is the newest"
    assert [line.startswith(message) for line in lines] == [True] * said
