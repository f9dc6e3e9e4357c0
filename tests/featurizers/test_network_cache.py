"""A converted network is kept whole or not at all."""

import os

import pytest

from pixelmill.featurizers import network_cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "pixelmill" / "networks"


def test_what_was_written_is_read(folder):
    assert network_cache.read("abc") is None
    network_cache.write("abc", b"a network")
    assert network_cache.read("abc") == b"a network"
    assert network_cache.read("abd") is None
    assert len(list(folder.iterdir())) == 1


@pytest.fixture
def put(folder):
    """Writes a network of 100 bytes that other code made, last used some seconds after 1970."""

    def put(name, used):
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}.network"
        file.write_bytes(bytes(100))
        os.utime(file, (used, used))

    return put


def names(folder):
    return sorted(file.stem for file in folder.iterdir())


def test_networks_of_other_code_are_kept(folder, put):
    put("abc-00000001", 1)
    put("abd-00000001", 1)
    network_cache.write("abc", b"a network")
    assert {"abc-00000001", "abd-00000001"} < set(names(folder))
    assert network_cache.read("abc") == b"a network"


def test_the_least_recently_used_networks_of_other_code_are_deleted(folder, put, monkeypatch):
    for used in (5, 1, 4, 2, 3):
        put(f"abc-0000000{used}", used)
    put("abd-00000001", 1)
    network_cache.write("abc", b"a network")
    kept = [f"abc-0000000{used}" for used in (3, 4, 5)]
    own = f"abc-{network_cache._revision()}"
    assert names(folder) == sorted([*kept, "abd-00000001", own])
    monkeypatch.setattr(network_cache, "_OTHER_CODE_BYTES", 250)
    network_cache.write("abe", b"another network")
    own = [own, f"abe-{network_cache._revision()}"]
    assert names(folder) == sorted([*kept[1:], *own])


def test_networks_of_this_code_are_never_deleted(folder, monkeypatch):
    monkeypatch.setattr(network_cache, "_OTHER_CODE_BYTES", 0)
    for number in range(6):
        network_cache.write(f"a{number}", bytes(1000))
    assert len(names(folder)) == 6


def test_a_network_that_is_read_was_used(folder, put):
    network_cache.write("abc", b"a network")
    (file,) = folder.iterdir()
    os.utime(file, (1, 1))
    network_cache.read("abc")
    assert file.stat().st_mtime > 1


@pytest.mark.parametrize("keep", [0, 10, 32, 40])
def test_a_damaged_network_is_as_if_it_were_not_there(folder, keep):
    network_cache.write("abc", b"a network")
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:keep])
    assert network_cache.read("abc") is None
    network_cache.write("abc", b"another")
    assert network_cache.read("abc") == b"another"


def test_a_folder_that_cannot_be_written_is_left_alone(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    network_cache.write("abc", b"a network")
    assert network_cache.read("abc") is None


def test_without_xdg_cache_home_it_is_in_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    network_cache.write("abc", b"a network")
    assert len(list(tmp_path.glob(".cache/pixelmill/networks/*.network"))) == 1
