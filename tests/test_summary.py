"""The lines at the end of a run."""

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kedro.io import DataCatalog, MemoryDataset

from pixelmill.outcome import print_map, print_outcome
from pixelmill.summary import labelling, mapped, shown_path, summary

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
    "components": None,
    "trained": True,
}
PROFILE = {
    "images": 2590,
    "already_done": 0,
    "seconds": 30.4,
    "images_per_second": 85.2,
    "bottleneck": "b",
}


CLASSIFIER = {
    "trained": True,
    "reason": None,
    "estimator": "svm_sgd",
    "labels": ["cat", "dog"],
    "train": 181,
    "components": None,
}
COUNTS = "(37 classes, 181 train, 77 test)"


def test_a_run_with_a_classifier():
    assert summary("pets", profile=PROFILE, metrics=METRICS) == [
        "",
        "pets: 259 images, 1 failed",
        "  features: 2,590 computed, 85 images a second, b",
        f"  accuracy: 0.851 {COUNTS}",
        "  f1: 0.847, balanced accuracy: 0.850, top 3: 0.974",
    ]


def test_a_short_run_has_its_time_instead_of_a_rate():
    lines = summary("pets", profile=PROFILE | {"images": 64, "seconds": 4.31}, metrics=METRICS)
    assert lines[2] == "  features: 64 computed in 4.3 s"


def test_unusual_files_that_have_features_are_counted():
    remarks = {"JPEG without its end marker": 1, "16-bit samples": 1200}
    lines = summary("pets", profile=PROFILE | {"remarks": remarks}, metrics=METRICS)
    assert lines[3:5] == [
        "  note: 1 image: JPEG without its end marker",
        "  note: 1,200 images: 16-bit samples",
    ]


def test_of_three_classes_all_are_the_top_three():
    lines = summary("pets", profile=PROFILE, metrics=METRICS | {"top_3": None})
    assert lines[4] == "  f1: 0.847, balanced accuracy: 0.850"


def test_a_second_run_without_labels():
    done = PROFILE | {"images": 0, "already_done": 259}
    unlabelled = METRICS | {"accuracy": None, "trained": False}
    assert summary("pets", profile=done, metrics=unlabelled)[2:] == [
        "  features: all 259 were there already",
        "  no classifier: the report says why",
    ]


def test_a_classifier_without_a_test_image_is_no_missing_classifier():
    lines = summary("pets", metrics=METRICS | {"accuracy": None, "test": 0, "components": 12})
    assert lines[2:] == [
        "  accuracy: unknown, no labelled image to test (37 classes, 181 train, 0 test)",
        "  principal components: 12",
    ]


def test_principal_components_are_counted():
    assert summary("pets", metrics=METRICS | {"components": 50})[-1] == "  principal components: 50"
    assert "principal" not in " ".join(summary("pets", metrics=METRICS))


def test_a_classifier_that_this_run_did_not_measure_has_no_figures():
    assert summary("pets", classifier_summary=CLASSIFIER | {"components": 3}) == [
        "",
        "pets:",
        "  classifier: svm_sgd (2 classes, 181 train)",
        "  principal components: 3",
        "  not measured in this run: kedro run --pipelines reporting,export does it",
    ]
    untrained = CLASSIFIER | {"trained": False, "reason": "All images are of one class."}
    assert summary("pets", classifier_summary=untrained)[2:] == [
        "  no classifier: All images are of one class."
    ]


def test_images_and_features_alone():
    assert summary("pets", source={"count": 1259}, profile=PROFILE) == [
        "",
        "pets: 1,259 images",
        "  features: 2,590 computed, 85 images a second, b",
    ]


def test_labels_that_contradict_each_other_are_counted():
    source = {"count": 9, "contradictions": {"1.png": ["cat", "dog"]}}
    assert summary("pets", source=source)[2] == "  labels: 1 image has several, the first counts"


STORED = {  # all that earlier runs left
    "params:dataset": "pets",
    "source": {"count": 259},
    "profile": PROFILE,
    "classifier_summary": CLASSIFIER,
    "metrics": METRICS,
    "report": "<html>",
    "duplicates_summary": {"enabled": True, "copies": 12, "groups": 5},
    "neighbours_summary": {"images": 1259, "recall": None},
    "map_page": "<html>",
    "scatter.mosaic": "png",
}


@given(st.sets(st.sampled_from(sorted(STORED.keys() - {"params:dataset"}))))
def test_only_what_a_run_made_is_spoken_of(made):
    datasets = {name: MemoryDataset(value) for name, value in STORED.items()}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        print_outcome(made, DataCatalog(datasets), "data")
    spoken = {
        "profile": "features: 2,590 computed",
        "metrics": "accuracy: 0.851",
        "report": "report.html",
        "duplicates_summary": "12 copies",
        "neighbours_summary": "neighbour index",
    }
    shown = printed.getvalue()
    for name, words in spoken.items():
        assert (words in shown) == (name in made), name
    assert ("metrics.json" in shown) == ("metrics" in made)
    measured_later = "classifier_summary" in made and "metrics" not in made
    assert ("not measured in this run" in shown) == measured_later


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
        "  2 clusters, 126 images unclustered (10%)",
        "  10-NN label agreement: map 0.825, features 0.851",
        "open:",
    ]


def test_copies_and_the_choice_of_a_grouping_are_reported():
    reason = "one cluster holds 266 of 284 images by the defaults of hdbscan, so kmeans was taken"
    grouping = MAP["grouping"] | {"reason": reason}
    lines = mapped("pets", MAP | {"copies": 18, "grouping": grouping})
    assert lines[2:5] == [
        "  18 copies count with another image",
        "  2 clusters, 126 images unclustered (10%)",
        f"  {reason}",
    ]


def test_small_classes_are_reported_where_they_limit_the_share():
    few = MAP | {"neighbours": MAP["neighbours"] | {"most": 0.6}}
    assert mapped("pets", few)[3].endswith(" (ceiling 0.600: some labels have few images)")


@pytest.mark.parametrize(
    ("outputs", "message", "file"),
    [
        ({"map_summary", "map_page"}, "images on the map", "map.html"),
        ({"search_sheet"}, "open:", "search.png"),
        ({"image_index"}, "", ""),
        (set(), "", ""),
    ],
)
def test_a_run_prints_what_it_wrote(capsys, outputs, message, file):
    datasets = {name: MemoryDataset("pets") for name in ("params:dataset", "map_page")}
    print_outcome(outputs, DataCatalog(datasets | {"map_summary": MemoryDataset(MAP)}), "data")
    printed = capsys.readouterr().out
    assert message in printed
    assert file in printed
    assert bool(printed) == bool(message)


def test_a_run_of_map_and_exploration_names_the_results_of_both(capsys):
    explored = {"most_important": ["12 images are blurred."]}
    pages = {"map_page": "map.html", "exploration_page": "exploration.html"}
    others = {"params:dataset": "pets", "map_summary": MAP, "exploration_summary": explored}
    datasets = {name: MemoryDataset(value) for name, value in (others | pages).items()}
    print_outcome(set(datasets), DataCatalog(datasets), "data")
    printed = capsys.readouterr().out
    for part in ("images on the map", "12 images are blurred.", *pages.values()):
        assert printed.count(part) == 1


def test_a_map_without_groups_and_labels_is_summed_up():
    unlabelled = {"k": 10, "map": None, "features": None, "most": None, "trustworthiness": None}
    lines = mapped("pets", MAP | {"grouping": None, "neighbours": unlabelled})
    assert lines[2:] == ["open:"]


def test_a_page_of_an_earlier_run_is_not_named(capsys):
    datasets = {"params:dataset": "pets", "map_summary": MAP, "map_page": "<html>"}
    catalog = DataCatalog({name: MemoryDataset(value) for name, value in datasets.items()})
    print_map({"map_summary"}, catalog, "data")
    assert "map.html" not in capsys.readouterr().out


@pytest.mark.parametrize("page", [True, False])
def test_only_files_that_are_there_are_named(capsys, page):
    datasets = {"params:dataset": MemoryDataset("pets"), "map_summary": MemoryDataset(MAP)}
    datasets |= {"map_page": MemoryDataset("<html>")} if page else {}
    print_map({"map_summary", "map_page"}, DataCatalog(datasets), "s3://bucket/mill")
    named = capsys.readouterr().out.splitlines()[5:]
    assert named == (["  s3://bucket/mill/08_reporting/pets/map.html"] if page else [])


def test_what_was_made_beside_the_map_is_reported():
    copies = {"enabled": True, "copies": 12, "groups": 5}
    index = {"images": 1259, "recall": 0.99, "k": 10}
    lines = mapped("pets", MAP, copies, index)
    assert lines[4:] == [
        "  near-duplicates: 12 copies in 5 groups",
        "  neighbour index: 1,259 images, recall@10 0.990",
        "open:",
    ]
    unmeasured = mapped("pets", MAP, {"enabled": False}, index | {"recall": None})
    assert unmeasured[4:] == ["  neighbour index: 1,259 images", "open:"]
