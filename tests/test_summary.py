"""The lines at the end of a run."""

import pytest
from kedro.io import DataCatalog, MemoryDataset

from pixelmill.summary import labelling, mapped, print_map, print_outcome, shown_path, summary

METRICS = {
    "dataset": "pets",
    "images": 259,
    "failed": 1,
    "accuracy": 0.8512,
    "balanced_accuracy": 0.8498,
    "top_3": 0.974,
    "f1": {"macro": 0.8471, "weighted": 0.8511},
    "classes": 37,
    "train": 181,
    "test": 77,
}
PROFILE = {"images": 259, "already_done": 0, "images_per_second": 101.6, "bottleneck": "b"}


def test_a_run_with_a_classifier():
    assert summary(METRICS, PROFILE) == [
        "",
        "pets: 259 images, 1 failed",
        "  features: 259 computed, 102 images a second, b",
        "  accuracy: 0.851 (37 classes, 181 train, 77 test)",
        "  f1: 0.847, balanced accuracy: 0.850, top 3: 0.974",
        "open:",
    ]


def test_of_three_classes_all_are_the_top_three():
    lines = summary(METRICS | {"top_3": None}, PROFILE)
    assert lines[4] == "  f1: 0.847, balanced accuracy: 0.850"


def test_a_second_run_without_labels():
    lines = summary(METRICS | {"accuracy": None}, PROFILE | {"images": 0, "already_done": 259})
    assert lines[2:4] == [
        "  features: all 259 were there already",
        "  no classifier: the report says why",
    ]


def test_paths_are_shown_as_one_would_type_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown_path(str(tmp_path / "data" / "report.html")) == "data/report.html"
    assert shown_path("/elsewhere/report.html") == "/elsewhere/report.html"
    assert shown_path("s3://bucket/report.html") == "s3://bucket/report.html"


def test_new_images_are_summed_up_by_label():
    labels = {"cat": 3, "dog": 40, "cow": 2, "ape": 1, "bee": 1, "elk": 1}
    found = {"root": "/new", "images": 50, "labelled": 48, "failed": 2, "labels": labels}
    assert labelling(found)[1:3] == [
        "/new: 48 of 50 images labelled, 2 failed",
        "  dog 40, cat 3, cow 2, ape 1, bee 1 and 1 more labels",
    ]


def test_where_nothing_was_labelled_the_summary_says_so():
    found = {"root": "/new", "images": 1, "labelled": 0, "failed": 1, "labels": {}}
    assert "  no image was labelled" in labelling(found)


MAP = {
    "images": 1259,
    "failed": 3,
    "grouping": {"noise": 126, "groups": [{}, {}]},
    "neighbours": {"k": 10, "map": 0.8249, "features": 0.8512, "most": 1, "trustworthiness": 0.97},
}


def test_a_map_is_summed_up():
    assert mapped("pets", MAP) == [
        "",
        "pets: 1,259 images on the map, 3 failed",
        "  2 groups, 126 images in none (10%)",
        "  of the 10 nearest, have the same label: 0.825 on the map, 0.851 by their features",
        "open:",
    ]


def test_copies_and_the_choice_of_a_grouping_are_told():
    reason = "one cluster holds 266 of 284 images by the defaults of hdbscan, so kmeans was taken"
    grouping = MAP["grouping"] | {"reason": reason}
    lines = mapped("pets", MAP | {"copies": 18, "grouping": grouping})
    assert lines[2:5] == [
        "  18 copies count with another image",
        "  2 groups, 126 images in none (10%)",
        f"  {reason}",
    ]


def test_small_classes_are_told_where_they_limit_the_share():
    few = MAP | {"neighbours": MAP["neighbours"] | {"most": 0.6}}
    assert mapped("pets", few)[3].endswith(" (at most 0.600: some labels have few images)")


@pytest.mark.parametrize(
    ("outputs", "told", "file"),
    [
        ({"map_summary"}, "images on the map", "map.html"),
        ({"search_sheet"}, "open:", "search.png"),
        ({"metrics"}, "", ""),
    ],
)
def test_a_run_tells_what_it_wrote(capsys, outputs, told, file):
    datasets = {name: MemoryDataset("pets") for name in ("params:dataset", "map_page")}
    print_outcome(outputs, DataCatalog(datasets | {"map_summary": MemoryDataset(MAP)}), "data")
    printed = capsys.readouterr().out
    assert told in printed
    assert file in printed
    assert bool(printed) == bool(told)


def test_a_map_without_groups_and_labels_is_summed_up():
    unlabelled = {"k": 10, "map": None, "features": None, "most": None, "trustworthiness": None}
    lines = mapped("pets", MAP | {"grouping": None, "neighbours": unlabelled})
    assert lines[2:] == ["open:"]


@pytest.mark.parametrize("page", [True, False])
def test_only_files_that_are_there_are_named(capsys, page):
    datasets = {"params:dataset": MemoryDataset("pets"), "map_summary": MemoryDataset(MAP)}
    datasets |= {"map_page": MemoryDataset("<html>")} if page else {}
    print_map(DataCatalog(datasets), "s3://bucket/mill")
    named = capsys.readouterr().out.splitlines()[5:]
    assert named == (["  s3://bucket/mill/08_reporting/pets/map.html"] if page else [])


def test_what_was_made_beside_the_map_is_told():
    copies = {"enabled": True, "copies": 12, "groups": 5}
    index = {"images": 1259, "recall": 0.99}
    lines = mapped("pets", MAP, copies, index)
    assert lines[4:] == [
        "  near-duplicates: 12 copies in 5 groups",
        "  index of neighbours: 1,259 images, finds 0.990 of the nearest",
        "open:",
    ]
    unmeasured = mapped("pets", MAP, {"enabled": False}, index | {"recall": None})
    assert unmeasured[4:] == ["  index of neighbours: 1,259 images", "open:"]
