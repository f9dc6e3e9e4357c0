"""Folders on disk and on S3."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source

NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20
).filter(lambda name: not name.startswith("."))


def list_images(images, **ingestion):
    return find_source(str(images), IngestionParameters(**ingestion)).list_images()


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_lists_images_sorted_and_counts_the_rest(tmp_path):
    write(tmp_path, "b/2.JPG", "b/10.jpeg", "a.png", "Z.webp", "notes.txt", "b/none", ".x.png")
    write(tmp_path, ".git/x.png", ".git/y/z.png", "b/.trash/x.png", "b/._2.JPG")
    listing = list_images(tmp_path)
    assert listing.root == str(tmp_path)
    assert [file.path for file in listing.files] == ["Z.webp", "a.png", "b/10.jpeg", "b/2.JPG"]
    assert listing.labels is None
    assert listing.skipped == {"hidden": 4, "not an image": 2, "duplicate path": 0}
    assert set(listing.skipped_examples) == {
        ".x.png", ".git", "b/.trash", "b/._2.JPG", "notes.txt", "b/none",
    }  # fmt: skip


def test_a_bucket_counts_hidden_folders_as_a_disk_does(s3):
    for key in ("p/a/1.png", "p/.git/x.png", "p/.git/y.png", "p/a/._1.png", "p/a/n.txt", "p/a/"):
        s3.put_object(Bucket="photos", Key=key, Body=b"x")
    listing = list_images("s3://photos/p/")
    assert listing.root == "s3://photos/p"
    assert [file.path for file in listing.files] == ["a/1.png"]
    assert listing.skipped == {"hidden": 2, "not an image": 1, "duplicate path": 0}


def test_a_folder_of_keys_that_begin_with_a_slash_is_that_folder(s3):
    for key in ("/cats/1.png", "cats/2.png", "a//3.png", "a/4.png"):
        s3.put_object(Bucket="photos", Key=key, Body=b"x")
    found = {
        place: {file.path for file in list_images(f"s3://photos/{place}").files}
        for place in ("/cats", "cats", "a//*.png", "/cats/*.png")
    }
    assert found == {
        "/cats": {"1.png"},
        "cats": {"2.png"},
        "a//*.png": {"/3.png"},
        "/cats/*.png": {"1.png"},
    }
    listing = list_images("s3://photos")
    assert {file.path for file in listing.files} == {
        "/cats/1.png",
        "cats/2.png",
        "a//3.png",
        "a/4.png",
    }


def test_folders_of_systems_and_excluded_files_are_counted_once(tmp_path, s3):
    """The small copies that a NAS keeps are no images of the set."""
    names = [
        "a/1.png",
        "a/@eaDir/1.png/S.jpg",
        "a/@eaDir/2.png/S.jpg",
        "b/1_thumb.png",
        "c/d/1.png",
    ]
    write(tmp_path, *names)
    for key in names:
        s3.put_object(Bucket="photos", Key=f"p/{key}", Body=b"x")
    for place in (tmp_path, "s3://photos/p"):
        listing = list_images(place, exclude=["*_thumb.*", "c/**"])
        assert [file.path for file in listing.files] == ["a/1.png"]
        assert listing.skipped["in a system folder"] == 1
        assert listing.skipped["excluded"] == 2
        assert set(listing.skipped_examples) >= {"a/@eaDir", "b/1_thumb.png"}
    with pytest.raises(InputError, match=r"are hidden, in a system folder, excluded or of other"):
        list_images(tmp_path, exclude="*.png")
    with pytest.raises(InputError, match=r"ingestion\.exclude '\[z-a\]' is no glob"):
        list_images(tmp_path, exclude="[z-a]")


def test_ten_examples_are_enough(tmp_path):
    write(tmp_path, "x.png", *(f"{number}.txt" for number in range(30)))
    listing = list_images(tmp_path)
    assert listing.skipped["not an image"] == 30
    assert len(listing.skipped_examples) == 10


def test_own_extensions(tmp_path):
    write(tmp_path, "a.jpg", "b.ppm")
    listing = list_images(tmp_path, extensions=(".ppm",))
    assert [file.path for file in listing.files] == ["b.ppm"]


def test_a_hidden_root_is_not_hidden(tmp_path):
    write(tmp_path, ".cache/a/x.png")
    assert [file.path for file in list_images(tmp_path / ".cache").files] == ["a/x.png"]


def test_a_name_that_is_no_utf8_is_counted(tmp_path):
    write(tmp_path, "x.png")
    (tmp_path / b"caf\xe9.png".decode(errors="surrogateescape")).write_bytes(b"x")
    listing = list_images(tmp_path)
    assert [file.path for file in listing.files] == ["x.png"]
    assert listing.skipped["name is not UTF-8"] == 1
    listing.skipped_examples[0].encode()
    (tmp_path / "x.png").unlink()
    with pytest.raises(InputError, match=r"its 1 file is hidden, of names that are not UTF-8 or"):
        list_images(tmp_path)


def test_nothing_there(tmp_path, s3):
    with pytest.raises(InputError, match=r"There are no images in .*: it is empty"):
        list_images(tmp_path)
    with pytest.raises(InputError, match=r"There are no images in s3://photos/p: it is empty"):
        list_images("s3://photos/p")
    with pytest.raises(InputError, match=r"There is no folder .*nowhere"):
        list_images(tmp_path / "nowhere")
    write(tmp_path, "a.txt", ".b.png")
    with pytest.raises(InputError, match=r"its 2 files are hidden or of other kinds than \.jpg"):
        list_images(tmp_path)


def test_real_photos(assets):
    listing = list_images(assets / "pets")
    assert len({file.path.split("/")[0] for file in listing.files}) == 37
    assert min(file.size for file in listing.files) > 1000


@settings(max_examples=40, deadline=None)
@given(st.sets(st.tuples(NAMES, NAMES), min_size=1, max_size=12), st.randoms())
def test_any_names_in_any_order_of_writing_give_the_same_listing(tmp_path_factory, names, random):
    paths = sorted(f"{folder}d/{name}.png" for folder, name in names)
    shuffled = random.sample(paths, len(paths))
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    write(first, *paths)
    write(second, *shuffled)
    assert [file.path for file in list_images(first).files] == paths
    assert [file.path for file in list_images(second).files] == paths
