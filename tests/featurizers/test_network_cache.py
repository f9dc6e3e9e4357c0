"""A converted network is kept whole or not at all."""

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


def test_a_network_replaces_the_one_that_other_code_made(folder):
    network_cache.write("abd", b"another network")
    (folder / "abc-00000000.network").write_bytes(b"made by other code")
    network_cache.write("abc", b"a network")
    assert len(list(folder.iterdir())) == 2
    assert network_cache.read("abc") == b"a network"
    assert network_cache.read("abd") == b"another network"


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
