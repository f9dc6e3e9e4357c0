"""Rules that turn numbers into findings: limits, percentiles, and what excludes what."""

import pytest

from pixelmill.exploration.faults import (
    RULES,
    FrequentFault,
    about_frequent_faults,
    find_faults,
    find_thresholds,
)
from pixelmill.parameters import BlurParameters, CheckParameters, ExplorationParameters

BAD = {
    "blank": {"contrast": 0.001, "edge_strength": 0, "edge_width": 100, "luma_p99": 20},
    "dark": {"luma_p99": 12, "edge_width": 3, "chroma_p99": 4},
    "bright": {"luma_p5": 250, "chroma_p99": 3},
    "blurred": {"edge_width": 4},
    "tiny": {"short_side": 20},
    "odd_aspect": {"aspect": 6},
    "greyscale": {"chroma_p99": 0},
}


def found(rows, parameters=None):
    parameters = parameters or ExplorationParameters()
    thresholds = find_thresholds(parameters, rows)
    paths = [str(number) for number in range(len(rows))]
    return list(find_faults(paths, rows, thresholds, parameters.blurred))


@pytest.mark.parametrize("kind", RULES)
def test_a_fault_is_one_finding_of_its_kind(rows, kind):
    findings = found(rows(BAD[kind], *[{}] * 19))
    assert [(one.path, one.kind) for one in findings] == [("0", kind)]
    assert 0 < findings[0].score <= 1
    assert "limit is" in findings[0].evidence


def test_good_photos_have_no_findings(rows):
    assert found(rows(*[{}] * 10)) == []


def test_what_most_images_have_is_no_fault(rows):
    assert found(rows(*[{"short_side": 32, "chroma_p99": 0}] * 9, {})) == []


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        (
            [32] * 6,
            "none is listed: exploration.tiny.worst_percent is 20, and more have the worst value.",
        ),
        (
            range(32, 38),
            "the worst 20% are listed: exploration.tiny.worst_percent is 20.",
        ),
        ([32] * 4, None),
    ],
)
def test_a_frequent_fault_that_is_not_always_found_is_told(rows, sizes, sentence):
    measured = rows(*[{"short_side": size} for size in sizes], *[{}] * (20 - len(sizes)))
    parameters = ExplorationParameters()
    told = about_frequent_faults(parameters, measured, find_thresholds(parameters, measured))
    beginning = "Tiny: 30% of the images are beyond the limit, 64, but "
    assert told == ({"tiny": FrequentFault(0.3, beginning + sentence)} if sentence else {})


def test_the_worst_of_a_dark_data_set_are_found(rows):
    dark = [{"luma_p99": level, "edge_width": 0.8} for level in range(20, 60)]
    findings = found(rows(*dark))
    assert {one.kind for one in findings} == {"dark"}
    assert [int(one.path) for one in findings] == list(range(8))
    assert "the worst images of this data set begin at 28" in findings[0].evidence


def test_dark_images_that_are_too_many_to_be_listed_are_not_called_grey(rows):
    findings = found(
        rows(*[{"luma_p99": 12 + n % 3, "chroma_p99": 3} for n in range(9)], *[{}] * 21)
    )
    assert {one.kind for one in findings} == {"dark"}


def test_a_fault_is_found_among_five_images(rows):
    assert [one.kind for one in found(rows({"edge_width": 3}, *[{}] * 4))] == ["blurred"]
    assert [one.kind for one in found(rows({"short_side": 9}, *[{}] * 4))] == ["tiny"]


@pytest.mark.parametrize("hidden", [BAD["blank"], {"edge_width": 100, "edge_strength": 1}])
def test_images_that_cannot_be_blurred_leave_room_for_those_that_are(rows, hidden):
    """Placeholders of a scraped list: a third of it, and each has the widest edges there are."""
    findings = found(rows(*[hidden] * 10, {"edge_width": 4}, *[{}] * 19))
    assert [one.path for one in findings if one.kind == "blurred"] == ["10"]


@pytest.mark.parametrize(
    ("level", "kind"), [({"luma_p99": 30}, "dark"), ({"luma_p5": 250}, "bright")]
)
def test_blank_images_leave_room_for_dark_and_bright_ones(rows, level, kind):
    blank = BAD["blank"] | ({"luma_p99": 0} if kind == "dark" else {"luma_p5": 255})
    findings = found(rows(*[blank] * 10, level, *[{}] * 19))
    assert [one.path for one in findings if one.kind == kind] == ["10"]


def test_a_percentile_alone_finds_no_image_that_cannot_be_judged(rows):
    alone = BlurParameters(limit=None, worst_percent=20)
    sharp = [{"edge_width": 0.6 + 0.01 * place} for place in range(10)]
    findings = found(rows(*[BAD["blank"]] * 10, *sharp), ExplorationParameters(blurred=alone))
    blurred = [int(one.path) for one in findings if one.kind == "blurred"]
    assert blurred == [16, 17, 18, 19]


def test_thresholds_can_be_switched_off_one_by_one(rows):
    off = CheckParameters(limit=None, worst_percent=None)
    bad = rows(BAD["tiny"], *[{}] * 9)
    assert found(bad, ExplorationParameters(tiny=off)) == []
    percentile = CheckParameters(limit=None, worst_percent=10)
    assert [one.path for one in found(bad, ExplorationParameters(tiny=percentile))] == ["0"]


@pytest.mark.parametrize("count", range(1, 6))
@pytest.mark.parametrize("kind", list(BAD))
def test_the_one_faulty_image_of_a_few_is_found(rows, count, kind):
    findings = found(rows(BAD[kind], *[{}] * (count - 1)))
    assert [(one.path, one.kind) for one in findings] == [("0", kind)]


def test_a_property_of_both_images_is_no_fault(rows):
    assert found(rows(*[BAD["greyscale"]] * 2)) == []


def test_an_image_without_edges_or_of_few_pixels_is_not_blurred(rows):
    digits = [{"edge_width": 1.6, "short_side": 8}] * 9
    assert found(rows({"edge_width": 3, "short_side": 8}, *digits)) == []
    assert found(rows({"edge_width": 40, "edge_strength": 1}, *[{}] * 9)) == []


def test_the_worse_image_has_the_larger_score(rows):
    findings = found(rows({"edge_width": 2}, {"edge_width": 4}, *[{}] * 18))
    assert findings[0].score < findings[1].score


@pytest.mark.parametrize(
    ("bad", "evidence"),
    [
        ({"aspect": 3.01}, "is 3.01 times the shorter one; the limit is 3."),
        ({"edge_width": 1.42}, "are 1.42 pixels wide at 256 pixels; the limit is 1.4."),
        ({"contrast": 0.02996}, "Contrast is 0.02996; the limit is 0.03."),
        ({"aspect": 6}, "is 6.0 times the shorter one; the limit is 3."),
    ],
)
def test_the_evidence_shows_that_a_number_is_beyond_its_threshold(rows, bad, evidence):
    (finding,) = found(rows(bad, *[{}] * 19))
    assert finding.evidence.endswith(evidence)
