"""The sentences at the top of the page."""

import pytest

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
    found = most_important(described, findings)
    assert found[0] == sentence
    assert found[1].endswith(" is tiny: b/1.")
