"""A sentence on copies, and one on the neighbour index."""

import pytest

from pixelmill.pipelines.reporting.similarity_view import duplicates_view, index_view


@pytest.mark.parametrize(
    ("summary", "sentence"),
    [
        (
            {"images": 99, "groups": 4, "copies": 6, "exact": 2, "labels_differ": 0},
            "6 images are copies of another, 2 of them byte for byte (4 groups among 99 images).",
        ),
        (
            {"images": 1, "groups": 1, "copies": 1, "exact": 0, "labels_differ": 1},
            "1 image is a copy of another, in 1 group their labels differ (1 group among 1 image).",
        ),
        (
            {"images": 10, "groups": 1, "copies": 1, "exact": 0, "labels_differ": 0},
            "1 image is a copy of another (1 group among 10 images).",
        ),
        ({"images": 1, "groups": 0, "copies": 0}, "none among 1 image."),
    ],
)
def test_copies(summary, sentence):
    assert duplicates_view({"enabled": True, "notes": ["n"]} | summary) == {
        "sentence": sentence,
        "notes": ["n"],
    }


@pytest.mark.parametrize("summary", [{}, {"enabled": False}])
def test_where_nobody_looked_for_copies_nothing_is_said(summary):
    assert duplicates_view(summary) is None


def test_the_index():
    assert index_view({}) is None
    said = "an index of 100,000 images finds the most similar ones at once"
    assert index_view({"images": 100_000, "recall": 0.9871}) == {
        "sentence": f"{said}, and 98.7% of the true nearest neighbours."
    }
    assert index_view({"images": 100_000, "recall": None}) == {"sentence": f"{said}."}
