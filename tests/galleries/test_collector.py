"""Collector files: what they may say, and one sentence for what they may not."""

import pytest

from pixelmill.errors import InputError
from pixelmill.galleries import find_collector
from pixelmill.galleries.browser import VARIABLE, find_chromium
from pixelmill.galleries.collector import read_collector
from tests.conftest import ROOT

OF_COLOURS = ROOT / "recipes" / "collectors" / "colours.yml"


@pytest.fixture
def collector(tmp_path):
    """Reads a collector that is given as text."""

    def read(text, entrance=None):
        place = tmp_path / "collector.yml"
        place.write_text(text, encoding="utf-8")
        return read_collector(str(place), entrance)

    return read


def test_start_pages_are_relative_to_the_entrance(collector):
    text = "item: .work\nstart: [{url: black/, label: black}, {url: '/a?b=c'}]"
    found = collector(text, "https://example.org/art/")
    assert [page.url for page in found.start] == [
        "https://example.org/art/black/",
        "https://example.org/a?b=c",
    ]
    assert [page.label for page in found.start] == ["black", None]


def test_the_entrance_is_the_only_start_page_where_none_is_named(collector):
    found = collector("item: .work", "https://example.org/art")
    assert [page.url for page in found.start] == ["https://example.org/art"]


def test_whole_addresses_need_no_entrance(collector):
    found = collector("item: .work\nstart: [{url: 'https://example.org/'}]")
    assert [page.url for page in found.start] == ["https://example.org/"]


SENTENCES = {
    "item: .a\nitems: .b": "unknown parameter 'items': did you mean 'item'",
    "politeness: {dealy: 1}\nitem: .a": "'politeness.dealy': did you mean 'delay'",
    "image: img": "'item'",
    "item: 7": "'item' is 7: it is a text",
    "item: .a\nat_most: 0": "'at_most' is 0",
    "- item": "no list of names and values",
    "item: [": "cannot be read as YAML",
    "item: ${oc.env:HOME}": "holds '${'",
    "item: &a .a\nimage: *a": "has an alias",
    "item: .a": "names no start page",
    "item: .a\nstart: [{url: black/}]": "'black/' is relative: give the gallery's address",
    "item: .a\nstart: [{url: 'file:///etc/passwd'}]": "is no http or https address",
    "item: .a\nstart: [{url: 'https://me:pw@example.org/'}]": "…@example.org/ has a user",
    "item: .a\nstart: [{url: 'https://[/'}]": "is no http or https address",
    "item: .a\nstart: [{url: 'http://a/'}, {url: 'http://a/'}]": "http://a/ is listed 2 times",
}


@pytest.mark.parametrize("text", SENTENCES)
def test_a_wrong_collector_is_one_sentence(collector, text):
    with pytest.raises(InputError) as problem:
        collector(text)
    assert SENTENCES[text] in str(problem.value)
    assert str(problem.value).startswith("collector ")
    assert "pw" not in str(problem.value)


def test_an_entrance_beside_whole_addresses_is_refused(collector):
    with pytest.raises(InputError, match="by whole addresses"):
        collector("item: .a\nstart: [{url: 'http://a/'}]", "http://b/")


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_collector(str(tmp_path / "none.yml"))


def test_an_address_and_its_collector_belong_together():
    assert find_collector("/photos", None) is find_collector(None, None) is None
    assert find_collector("https://example.org/art/", str(OF_COLOURS)) is not None
    with pytest.raises(InputError, match="is /photos, no address of a web page"):
        find_collector("/photos", str(OF_COLOURS))
    with pytest.raises(InputError, match="images is not given"):
        find_collector(None, str(OF_COLOURS))
    with pytest.raises(InputError, match="name its collector with"):
        find_collector("https://me:pw@example.org/art/", None)
    with pytest.raises(InputError, match="'black/' is relative"):
        find_collector(str(OF_COLOURS), None)


def test_the_collector_of_colours_names_eleven_pages():
    found = read_collector(str(OF_COLOURS), "https://example.org/gallery/")
    assert len(found.start) == 11
    assert {page.url for page in found.start} == {
        f"https://example.org/gallery/{page.label}/" for page in found.start
    }


def test_the_browser_is_the_given_one_then_that_of_the_environment(tmp_path, monkeypatch):
    programs = [tmp_path / name for name in ("given", "named", "chromium")]
    for program in programs:
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium(None) == str(programs[2])
    monkeypatch.setenv(VARIABLE, str(programs[1]))
    assert find_chromium(None) == str(programs[1])
    assert find_chromium(str(programs[0])) == str(programs[0])


def test_no_browser_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "/nowhere/chromium")
    with pytest.raises(InputError, match="PIXELMILL_CHROMIUM is /nowhere/chromium"):
        find_chromium(None)
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("pixelmill.galleries.browser._PLACES", ())
    with pytest.raises(InputError, match="apt-get install chromium"):
        find_chromium(None)
