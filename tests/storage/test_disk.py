"""Files on disk."""

import contextlib
import errno
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.errors import InputError, UnreadableImageError
from pixelmill.images.limits import Limits
from pixelmill.storage import StoredFile, open_storage
from pixelmill.storage.disk import DRAFT

ODD_NAMES = [
    "a space.png", "quo\"t'e.png", "50%.png", "50%25.png", "h#sh.png", "ünïcödé-日本.png",
    "new\nline.png", "tab\t.png", "back\\slash.png", "[br]{x}*?.png", " lead.png", "trail .png",
    "e\u0301.png", "\u00e9.png", "Case.png", "case.png", "~home.png", "-dash.png",
]  # fmt: skip


def listed(root):
    return sorted(file.path for file in open_storage(str(root)).list_files())


def test_lists_every_file_with_size_and_time(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/x.png").write_bytes(b"12345")
    os.utime(tmp_path / "a/b/x.png", ns=(0, 1_710_037_800_123_456_789))
    files = list(open_storage(str(tmp_path)).list_files())
    assert files == [
        StoredFile("a/b/x.png", 5, datetime(2024, 3, 10, 2, 30, 0, 123456, tzinfo=UTC))
    ]


def test_lists_some_folders_with_size_and_time(tmp_path):
    for name in ("00/a.png", "00/deep/b.png", "01/c.png", "0/d.png", "e.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    storage = open_storage(str(tmp_path))
    files = list(storage.list_folders(["00", "02", "0"]))
    assert sorted(file.path for file in files) == ["0/d.png", "00/a.png", "00/deep/b.png"]
    assert storage.find_files([file.path for file in files]) == files


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_listed_and_read_back(tmp_path, name):
    (tmp_path / name).write_bytes(name.encode())
    storage = open_storage(str(tmp_path))
    [file] = storage.list_files()
    assert file.path == name
    assert storage.read(name).data == name.encode()
    assert storage.find_files([name]) == [file]


def test_names_that_differ_in_case_or_normal_form_are_different_files(tmp_path):
    names = ["Cat.png", "cat.png", "e\u0301.png", "\u00e9.png"]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    storage = open_storage(str(tmp_path))
    assert listed(tmp_path) == sorted(names)
    assert [blob.data for blob in storage.read_all(names, 2)] == [name.encode() for name in names]


@settings(max_examples=50, deadline=None)
@given(nanoseconds=st.integers(min_value=-(2**31) * 10**9, max_value=2**33 * 10**9))
def test_time_is_the_same_when_listed_found_and_read(tmp_path_factory, nanoseconds):
    folder = tmp_path_factory.mktemp("times")
    (folder / "x").write_bytes(b"")
    os.utime(folder / "x", ns=(0, nanoseconds))
    storage = open_storage(str(folder))
    [file] = storage.list_files()
    assert file.modified == storage.read("x").modified
    assert [file] == storage.find_files(["x"])
    assert file.modified.tzinfo is UTC


def test_loops_of_links_end_and_linked_folders_are_followed(tmp_path):
    images, elsewhere = tmp_path / "images", tmp_path / "elsewhere"
    images.mkdir()
    elsewhere.mkdir()
    (images / "x.png").write_bytes(b"x")
    (elsewhere / "y.png").write_bytes(b"y")
    (images / "self").symlink_to(images)
    (images / "other").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(images)
    assert listed(images) == ["other/y.png", "x.png"]


def test_a_folder_reached_twice_is_listed_under_its_own_name(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b/x.png").write_bytes(b"x")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    assert listed(tmp_path) == ["b/x.png"]


def test_a_link_to_nothing_is_listed_and_fails_when_read(tmp_path):
    (tmp_path / "x.png").symlink_to(tmp_path / "gone.png")
    assert listed(tmp_path) == ["x.png"]
    with pytest.raises(UnreadableImageError, match=r"^unreadable, vanished: "):
        open_storage(str(tmp_path)).read("x.png")


def test_a_link_to_itself_is_listed_and_fails_when_read(tmp_path):
    (tmp_path / "x.png").symlink_to(tmp_path / "x.png")
    assert listed(tmp_path) == ["x.png"]
    with pytest.raises(UnreadableImageError, match=r"^unreadable, read failed: "):
        open_storage(str(tmp_path)).read("x.png")


def test_pipes_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "x.png")
    assert listed(tmp_path) == []


@pytest.fixture(params=["pipe", "device", "link to a device", "socket"])
def no_file(request, tmp_path):
    """The path of something that is no file, and can be opened."""
    path = tmp_path / "x.png"
    match request.param:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path = Path("/dev/zero")
        case "link to a device":
            path.symlink_to("/dev/zero")
        case "socket":
            with contextlib.chdir(tmp_path), socket.socket(socket.AF_UNIX) as one:
                one.bind("x.png")
    return path


@pytest.mark.timeout(10)
def test_what_is_no_file_is_not_read(no_file):
    storage = open_storage(str(no_file.parent))
    with pytest.raises(UnreadableImageError, match=r"a pipe, a socket or a device, no file$"):
        storage.read(no_file.name)
    with pytest.raises(InputError, match="cannot be read: it is a pipe, a socket or a device"):
        storage.read_bytes(no_file.name)


def test_folders_that_are_not_entered_are_not_listed(tmp_path):
    for name in ("in/x", "out/y", "in/out/z"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    files = open_storage(str(tmp_path)).list_files(lambda folder: not folder.endswith("out"))
    assert [file.path for file in files] == ["in/x"]


def test_missing_folder_and_a_file_in_its_place(tmp_path):
    (tmp_path / "cat.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=r"There is no folder .*nowhere"):
        listed(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"cat.jpg is a file"):
        listed(tmp_path / "cat.jpg")


def test_no_permission_to_list(open_folder, without_rights):
    (open_folder / "closed").mkdir(mode=0)
    with without_rights(), pytest.raises(InputError, match=r"No permission to list .*closed"):
        listed(open_folder)


def test_names_without_the_right_to_look_at_the_files(open_folder, without_rights):
    (open_folder / "names").mkdir()
    (open_folder / "names/x.png").write_bytes(b"x")
    (open_folder / "names").chmod(0o744)
    with without_rights():
        storage = open_storage(str(open_folder))
        [file] = storage.list_files()
        [error] = storage.read_all([file.path], 1)
    assert file == StoredFile("names/x.png", 0, datetime.fromtimestamp(0, UTC))
    assert str(error) == "unreadable, permission denied"


def test_no_permission_to_read_is_a_reason_of_one_image(open_folder, without_rights):
    (open_folder / "x.png").write_bytes(b"x")
    (open_folder / "x.png").chmod(0)
    with without_rights():
        [error] = open_storage(str(open_folder)).read_all(["x.png"], 1)
    assert isinstance(error, UnreadableImageError)
    assert str(error) == "unreadable, permission denied"


def test_reads_in_the_order_of_the_paths_with_failures_between(tmp_path):
    (tmp_path / "folder").mkdir()
    for number in range(50):
        (tmp_path / f"{number}").write_bytes(b"%d" % number)
    paths = [f"{number}" for number in range(50)]
    paths[10:10] = ["gone", "folder", "nul\0", "n" * 300]
    blobs = list(open_storage(str(tmp_path)).read_all(paths, 7))
    assert [blob.data for blob in blobs[:10] + blobs[14:]] == [b"%d" % n for n in range(50)]
    reasons = [str(error).partition(":")[0] for error in blobs[10:14]]
    assert reasons == ["unreadable, vanished"] + ["unreadable, read failed"] * 3


def test_reads_no_further_ahead_than_asked(tmp_path):
    (tmp_path / "x").write_bytes(b"x")
    taken = []

    def paths():
        for number in range(100):
            taken.append(number)
            yield "x"

    blobs = open_storage(str(tmp_path)).read_all(paths(), 4)
    next(blobs)
    assert len(taken) == 4
    blobs.close()
    assert len(taken) == 4


def test_writes_whole_files_into_new_folders(tmp_path):
    storage = open_storage(str(tmp_path / "new"))
    storage.write_bytes("a/x.png", b"one")
    storage.write_bytes("a/x.png", b"two")
    assert storage.read_bytes("a/x.png") == b"two"
    assert listed(tmp_path) == ["new/a/x.png"]


def test_a_write_that_fails_leaves_nothing(tmp_path):
    (tmp_path / "x.png").mkdir()
    with pytest.raises(InputError, match=r"x.png cannot be written: "):
        open_storage(str(tmp_path)).write_bytes("x.png", b"data")
    assert listed(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_one_sentence(tmp_path):
    (tmp_path / f".x.png.{os.getpid()}{DRAFT}").symlink_to("/dev/full")
    with pytest.raises(InputError, match=os.strerror(errno.ENOSPC)):
        open_storage(str(tmp_path)).write_bytes("x.png", b"data")


def test_a_missing_table_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"gone.csv cannot be read: No such file"):
        open_storage(str(tmp_path)).read_bytes("gone.csv")


def test_large_files_are_read_when_nothing_else_is(tmp_path, monkeypatch):
    """While a file of a third of the bytes is decoded, two are ahead; a large one is alone."""
    monkeypatch.setattr("pixelmill.storage.base.BYTES_AHEAD", 30)
    sizes = [10, 10, 10, 10, 31, 10, 10, 200_000_000]
    for number, size in enumerate(sizes[:-1]):
        (tmp_path / f"{number}").write_bytes(b"x" * size)
    storage, begun = open_storage(str(tmp_path)), []
    known = {file.path: file for file in storage.list_files()}
    known["7"] = StoredFile("7", sizes[7], known["0"].modified)  # which is not there

    def files():
        for number in range(len(sizes)):
            begun.append(number)
            yield known[f"{number}"]

    limits = Limits(max_decoded_bytes=100_000_000)
    ahead = []
    for number, item in enumerate(storage.read_indexed(files(), 5, limits)):
        # The next file is asked for its size alone.
        ahead.append(sum(sizes[number + 1 : begun[-1]]))
        assert number == 7 or len(item.data) == sizes[number]
    assert ahead == [20, 20, 10, 0, 0, 10, 0, 0]
    assert str(item) == (
        "too much memory: decoding it takes 240000000 bytes, max_decoded_bytes is 100000000"
    )
