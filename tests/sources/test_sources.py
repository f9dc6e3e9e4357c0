"""Which kind of source opens what the user gave."""

import pytest

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source
from pixelmill.sources.folder import FolderSource
from pixelmill.sources.glob import GlobSource
from pixelmill.sources.inventory import InventorySource
from pixelmill.sources.sample import SampleSource
from pixelmill.sources.table import TableSource


@pytest.mark.parametrize(
    ("images", "kind"),
    [
        ("sample:digits", SampleSource),
        ("/photos", FolderSource),
        ("photos", FolderSource),
        ("s3://bucket/photos", FolderSource),
        ("file:///photos", FolderSource),
        ("/photos/*/*.jpg", GlobSource),
        ("s3://bucket/**", GlobSource),
        ("/photos/[ab]", GlobSource),
        ("list.csv", TableSource),
        ("s3://bucket/LIST.CSV", TableSource),
        ("/lists/part.parquet/", TableSource),
        ("brands.xlsx", TableSource),
        ("s3://bucket/urls.txt", TableSource),
        ("s3://lists/photos/weekly/2024-03-11T01-00Z/manifest.json", InventorySource),
        ("manifest.json#train/cats", InventorySource),
    ],
)
def test_what_the_user_gave_finds_its_kind(images, kind):
    assert type(find_source(images, IngestionParameters())) is kind


def test_an_empty_name_is_one_sentence():
    with pytest.raises(InputError, match="images is empty: give a folder"):
        find_source("", IngestionParameters())


@pytest.mark.parametrize(
    ("images", "parameters", "message"),
    [
        (
            "/photos",
            {"path_column": "file"},
            "ingestion.path_column is set, but /photos is no table",
        ),
        ("s3://bucket/*.jpg", {"sheet": "May"}, "ingestion.sheet is set, but s3://bucket/.* is no"),
        ("list.csv", {"sheet": "May"}, "ingestion.sheet is 'May', but list.csv is no Excel file"),
    ],
)
def test_a_column_or_sheet_of_what_has_none_is_refused(images, parameters, message):
    with pytest.raises(InputError, match=f"^{message}.*: leave it out.$"):
        find_source(images, IngestionParameters(**parameters))


def test_a_folder_that_exists_is_no_pattern_and_no_table(tmp_path):
    for name in ("photos [2020]", "why?", "old.csv", "old.xlsx", "old.txt", "a.json", "b.json#c"):
        (tmp_path / name).mkdir()
        assert type(find_source(str(tmp_path / name), IngestionParameters())) is FolderSource
