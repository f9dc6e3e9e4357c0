"""Where labels come from."""

from datetime import UTC, datetime

import pytest

from pixelmill.errors import InputError
from pixelmill.ingestion.labels import labeller
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import Listing
from pixelmill.storage import StoredFile

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def labels(paths, listed=None, **ingestion):
    files = [StoredFile(path, 1, NOW) for path in paths]
    label = labeller(IngestionParameters(**ingestion))
    return Listing("/r", files, listed, {}, []).index(label).table["label"].to_pylist()


def test_the_parent_folder_is_the_label_and_the_root_is_none():
    paths = ["cat/1.png", "train/dog/1.png", "1.png", "Äpfel & 'Birnen'/1.png", "/1.png"]
    assert labels(paths) == ["cat", "dog", None, "Äpfel & 'Birnen'", None]


def test_a_pattern_on_the_file_name():
    paths = ["x_1/Abyssinian_100.jpg", "great_pyrenees_7.jpg", "dog.jpg", "_3.jpg"]
    found = labels(paths, label="pattern", pattern=r"^(.*)_\d+\.jpg$")
    assert found == ["Abyssinian", "great_pyrenees", None, None]


def test_a_pattern_with_a_slash_on_the_path():
    paths = ["Training/apple/red/1.png", "Test/pear/2.png", "3.png"]
    assert labels(paths, label="pattern", pattern=r"^[^/]+/([^/]+)/") == ["apple", "pear", None]
    assert labels(paths, label="pattern", pattern=r"(?:Training|Test)/([^/]+)") == [
        "apple", "pear", None,
    ]  # fmt: skip


def test_a_pattern_that_matches_the_file_name_is_not_searched_in_the_path():
    """A slash in a pattern for names, such as [^/]+, changes none of its labels."""
    paths = ["a_1/cat_2.png", "b/dog.png", "c_3/cow.png"]
    assert labels(paths, label="pattern", pattern=r"^([^/_]+)_\d") == ["cat", None, None]


def test_accents_in_two_forms_are_one_class():
    paths = ["caf\u00e9/1.png", "cafe\u0301/2.png"]
    assert labels(paths) == ["caf\u00e9", "caf\u00e9"]
    for pattern in ("(caf\u00e9)/", "(cafe\u0301)/"):
        assert labels(paths, label="pattern", pattern=pattern) == ["caf\u00e9", "caf\u00e9"]


def test_a_group_that_takes_no_part_is_no_label():
    assert labels(["a1.png", "1.png"], label="pattern", pattern="(a)?1") == ["a", None]


def test_a_column_and_nowhere():
    assert labels(["1.png", "2.png"], ["a", None], label="column", column="c") == ["a", None]
    assert labels(["cat/1.png"], label="none") == [None]


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [("([a-z", "is no regular expression"), ("[a-z]+", "has 0 groups"), ("(a)(b)", "has 2 groups")],
)
def test_bad_patterns_are_refused_before_anything_is_listed(pattern, sentence):
    with pytest.raises(InputError, match=sentence):
        labeller(IngestionParameters(label="pattern", pattern=pattern))


def test_a_column_needs_a_table():
    with pytest.raises(InputError, match=r"ingestion.label is column, but /r is no table"):
        labels(["1.png"], label="column", column="c")
