"""The sentences at the top of the page."""

import pytest

from pixelmill.exploration.faults import FrequentFault
from pixelmill.exploration.findings import Finding, tabulate
from pixelmill.pipelines.exploration.figures import most_important


@pytest.mark.parametrize(
    ("few", "sentence"),
    [
        (1, "The class a has 1 image, b 40: 40 times as many."),
        (2, "The class a has 2 images, b 40: 20 times as many."),
    ],
)
def test_small_classes_are_counted_in_english(few, sentence):
    described = {
        "images": 40 + few,
        "unreadable": 0,
        "smallest": ("a", few),
        "largest": ("b", 40),
        "is_imbalanced": True,
        "findings": {"tiny": 1},
    }
    findings = tabulate([Finding("b/1", "tiny", 0.5, "small")]).to_pandas()
    found = most_important(described, findings, {})
    assert found[0] == sentence
    assert found[1].endswith(" is tiny: b/1.")


def test_frequent_faults_are_more_than_those_listed():
    described = {"images": 10, "unreadable": 0, "smallest": None, "largest": None}
    described |= {"is_imbalanced": False, "findings": {"blurred": 1}}
    findings = tabulate([Finding("1", "blurred", 0.5, "soft")]).to_pandas()
    frequent = {
        "blurred": FrequentFault(0.3, "Blurred: 30%."),
        "greyscale": FrequentFault(0.4, "Greyscale: 40%."),
        "tiny": FrequentFault(1.0, "Tiny: 100%."),
    }
    assert most_important(described, findings, frequent) == [
        "At least 1 image (10.0%) is blurred: 1.",
        "Greyscale: 40%.",
    ]
