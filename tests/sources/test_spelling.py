"""Names that list and disk spell differently."""

import unicodedata

import pytest

from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source
from pixelmill.sources.spelling import locate
from pixelmill.storage import open_storage

COMPOSED, APART = "Mücke é.png", unicodedata.normalize("NFD", "Mücke é.png")


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


@pytest.mark.parametrize("stored", [(COMPOSED, APART), (APART, COMPOSED), (APART, APART)])
@pytest.mark.parametrize("listed", [(COMPOSED, COMPOSED), (APART, COMPOSED)])
def test_accents_in_either_form_find_each_other(tmp_path, stored, listed):
    stored, listed = "/".join(stored), "/".join(listed)
    write(tmp_path, stored)
    assert locate(str(tmp_path), [listed]) == {listed: f"{tmp_path}/{stored}"}
    outside = f"{tmp_path}/{listed}"
    assert locate("/nowhere", [outside]) == {outside: f"{tmp_path}/{stored}"}


def test_two_files_that_differ_in_the_form_alone_are_two(tmp_path):
    write(tmp_path, COMPOSED, APART)
    assert locate(str(tmp_path), [COMPOSED, APART]) == {
        COMPOSED: f"{tmp_path}/{COMPOSED}", APART: f"{tmp_path}/{APART}",
    }  # fmt: skip


def test_backslashes_are_slashes_unless_they_belong_to_a_name(tmp_path):
    write(tmp_path, "a/1.png", "b\\2.png", "b/2.png", f"a/{APART}")
    paths = ["a\\1.png", "b\\2.png", "..\\x\\3.png", f"a\\{COMPOSED}"]
    assert locate(str(tmp_path), paths) == {
        "a\\1.png": f"{tmp_path}/a/1.png",
        "b\\2.png": f"{tmp_path}/b\\2.png",
        "..\\x\\3.png": f"{tmp_path.parent}/x/3.png",
        f"a\\{COMPOSED}": f"{tmp_path}/a/{APART}",
    }


def test_on_s3(s3):
    s3.put_object(Bucket="photos", Key=f"p/a/{APART}", Body=b"x")
    uri = f"s3://photos/p/a/{COMPOSED}"
    assert locate("s3://photos/p", [f"a\\{COMPOSED}", "b.png", uri]) == {
        f"a\\{COMPOSED}": f"s3://photos/p/a/{APART}",
        uri: f"s3://photos/p/a/{APART}",
    }


def test_what_is_nowhere_stays_as_it_is_listed(tmp_path):
    assert locate(str(tmp_path), [COMPOSED]) == {COMPOSED: f"{tmp_path}/{COMPOSED}"}


@pytest.mark.parametrize(
    ("keys", "root"),
    [
        (("a.png", "/a.png", "//a.png", "/ü.png"), "s3://photos"),
        (("/a/1.png", "/a/2.png"), "s3://photos//a"),
        (("b//1.png", "b//2.png", "b//ü.png"), "s3://photos/b"),
    ],
)
def test_keys_with_slashes_more_are_those_of_the_list(s3, tmp_path, keys, root):
    """`s3://photos//a.png` is another object than `s3://photos/a.png`."""
    for key in keys:
        s3.put_object(Bucket="photos", Key=key, Body=key.encode())
    rows = "".join(f"s3://photos/{key},{key}\n" for key in keys)
    (tmp_path / "list.csv").write_text(f"path,kind\n{rows}")
    parameters = IngestionParameters(label="column", column="kind")
    listing = find_source(str(tmp_path / "list.csv"), parameters).list_images()
    assert (listing.root, sorted(listing.labels)) == (root, sorted(keys))
    paths = [file.path for file in listing.files]
    stored = [blob.data.decode() for blob in open_storage(root).read_all(paths, 2)]
    assert stored == listing.labels
