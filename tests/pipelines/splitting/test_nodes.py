"""The splitting node: every odd data set gets its own clear answer."""

import logging

import pyarrow as pa
import pytest

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters, SplittingParameters
from pixelmill.pipelines.splitting.nodes import split_images

SIZES = {"cat": 40, "dog": 30}


@pytest.fixture
def split(caplog):
    """Splits an index of classes of given sizes; answers with splits by path, and warnings."""
    caplog.set_level(logging.WARNING, logger="pixelmill")

    def run(sizes, images="", **splitting):
        rows = [
            {"path": f"{label}/{number:03d}.jpg", "label": label}
            for label, size in sizes.items()
            for number in range(size)
        ]
        schema = pa.schema({"path": pa.string(), "label": pa.string()})
        splits = split_images(
            pa.Table.from_pylist(rows, schema),
            {"images": images},
            IngestionParameters(),
            SplittingParameters(**splitting),
        ).table
        assert splits.column_names == ["path", "label", "split"]
        return {row["path"]: row["split"] for row in splits.to_pylist()}, caplog.messages

    return run


def test_an_ordinary_data_set_gets_no_warning(split):
    splits, warnings = split(SIZES)
    assert len(splits) == 70
    assert set(splits.values()) == {"train", "test"}
    assert warnings == []


def test_images_without_a_label_are_tested(split):
    splits, warnings = split(SIZES | {None: 20})
    assert {splits[f"None/{number:03d}.jpg"] for number in range(20)} == {"test"}
    assert warnings == []


def test_no_labels_at_all_needs_nothing_switched_off(split):
    splits, (warning,) = split({None: 20})
    assert set(splits.values()) == {"test"}
    assert warning.startswith("No image has a label, so no classifier")


def test_one_class_is_reported(split):
    _, (warning,) = split({"cat": 40})
    assert "one class (cat)" in warning
    assert "ingestion.label" in warning


def test_a_class_of_one_image_is_named(split):
    _, (warning,) = split(SIZES | {"emu": 1})
    assert warning == (
        "1 class has one image (emu), which is either trained on or tested, never both: "
        "add images, or take the class out."
    )


def test_of_many_classes_a_few_are_named(split):
    _, (warning,) = split(SIZES | {f"rare {number}": 1 for number in range(8)})
    assert "8 classes have one image (rare 0, rare 1, rare 2, rare 3, rare 4 and 3 more)" in warning


def test_every_class_of_two_images_has_one_on_each_side(split):
    splits, warnings = split(SIZES | {f"few {number}": 2 for number in range(6)}, test_fraction=0.5)
    few = [value for path, value in splits.items() if path.startswith("few")]
    assert (few.count("train"), few.count("test")) == (6, 6)
    assert warnings == []


@pytest.mark.parametrize(("fraction", "side"), [(0.0001, "test"), (0.9999, "train")])
def test_a_fraction_near_its_end_leaves_one_image_of_each_class(split, fraction, side):
    splits, warnings = split({"cat": 20, "dog": 5}, test_fraction=fraction)
    assert list(splits.values()).count(side) == 2
    assert warnings == []


def test_first_per_class_needs_labels(split):
    with pytest.raises(InputError, match=r"no image has one: set ingestion\.label"):
        split({None: 20}, method="first_per_class")


def test_first_per_class_names_classes_that_its_count_uses_up(split):
    splits, (warning,) = split(SIZES | {"emu": 5}, method="first_per_class", count=10)
    assert list(splits.values()).count("train") == 25
    assert "1 class has no test image (emu)" in warning
    assert "below 10" in warning


def test_first_per_class_above_every_class_leaves_nothing_to_test(split):
    with pytest.raises(InputError, match="count is 40, but the largest class has 40 images"):
        split(SIZES, method="first_per_class", count=40)


def test_the_folder_method_without_folders_is_refused(split):
    with pytest.raises(InputError, match=r"of 70 images no folder is .*\(cat/000\.jpg\)"):
        split(SIZES, method="folder")


def test_folders_that_hold_only_one_side_are_reported(split):
    splits, warnings = split({"test/cat": 3, "test/dog": 3}, method="folder")
    assert set(splits.values()) == {"test"}
    assert len(warnings) == 1
    assert warnings[0] == (
        "None of the 6 labelled images is for training, so no classifier will be trained: "
        "add images, or move some into a folder named train."
    )


def test_classes_that_are_trained_or_tested_but_never_both_are_refused(split):
    apart = {"train/Apple": 3, "train/Pear": 3, "test/apple": 2, "test/pear": 2}
    with pytest.raises(InputError, match=r"none of the 4 classes .* has training and test"):
        split(apart, method="folder")
    single = {"train/Apple": 1, "train/Pear": 1, "test/Plum": 1}
    with pytest.raises(InputError, match="spell their classes alike"):
        split(single, method="folder")
    splits, _ = split({"train/Apple": 3, "test/apple": 2}, method="folder")
    assert len(splits) == 5  # of one class nothing is trained, which another sentence says


@pytest.fixture
def table(tmp_path):
    """Writes a CSV that lists images with a column `fold`."""

    def write(folds):
        file = tmp_path / "photos.csv"
        lines = [f"{path},{fold}" for path, fold in folds.items()]
        file.write_text("\n".join(["path,fold", *lines]))
        return str(file)

    return write


FOLDS = {"cat/000.jpg": "train", "cat/001.jpg": "test", "dog/000.jpg": "train"}


def test_the_column_of_the_source_decides(split, table):
    images = table(FOLDS)
    splits, _ = split({"cat": 2, "dog": 1}, images, method="column", column="fold")
    assert splits == FOLDS


def test_an_image_that_the_table_gives_no_split_is_refused(split, table):
    images = table(FOLDS | {"dog/000.jpg": "dev"})
    with pytest.raises(InputError, match=r"column fold must hold .* 1 image \(dog/000.jpg has dev"):
        split({"cat": 2, "dog": 1}, images, method="column", column="fold")


def test_a_column_that_the_table_lacks_is_refused(split, table):
    with pytest.raises(InputError, match=r"splitting\.column"):
        split({"cat": 2}, table(FOLDS), method="column", column="part")


def test_an_empty_index_has_empty_splits(split):
    assert split({})[0] == {}
