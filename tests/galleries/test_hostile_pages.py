"""What pages of strangers may try: time and memory are bounded, and nothing of theirs is kept."""

import contextlib
import os
import re
import signal
import socket
from pathlib import Path

import pytest

from pixelmill.errors import InputError
from pixelmill.galleries import Access, collect_gallery
from pixelmill.parameters.galleries import Collector
from pixelmill.storage import open_storage


@pytest.fixture
def once(monkeypatch):
    """A page that breaks down is not opened again."""
    monkeypatch.setattr("pixelmill.galleries.walk.VISITS", 1)


def test_windows_dialogs_downloads_and_false_names(gallery, site):
    """A page opens what it can, leads away, hides the functions that read it, and sends packets."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets:
        packets.bind(("127.0.0.1", 0))
        packets.settimeout(0.2)
        port = packets.getsockname()[1]
        gallery.collect(f"/tricks?port={port}", limits={"wait": 1})
        with pytest.raises(TimeoutError):
            packets.recv(1)
    assert gallery.urls == sorted(site.photos("blue"))
    # A download is asked for, and refused as it comes.
    assert {path for path in site.asked if path.startswith("/trap")} <= {"/trap/download"}


def test_a_script_that_never_ends(gallery, site, once):
    listed = gallery.collect("/hangs", limits={"script": 1, "wait": 1})
    assert len(gallery.rows) == 2
    assert listed.problems == [f"{site.url}/hangs (a script of the page takes more than 1 s)"]


def test_a_page_that_takes_all_memory(gallery, site, once):
    """It is refused more than its share, and ends, or its script never does."""
    limits = {"script": 2, "wait": 3}
    [problem] = gallery.collect("/eats", "/pages/4", limits=limits).problems
    assert problem.startswith(f"{site.url}/eats (")
    assert len(gallery.rows) == 6  # two of the page, and four of the next one


def test_a_page_without_end(gallery):
    gallery.collect("/endless", at_most=30)
    assert len(set(gallery.urls)) == len(gallery.rows) == 30


def test_a_page_that_never_rests(gallery):
    """Its items are new all the time, and their images are always the same two."""
    gallery.collect("/restless", limits={"idle": 1})
    assert len(gallery.rows) == 2


def test_this_machine_is_not_reached(site, tmp_path, chromium_path):
    begun = site.asked.copy()
    start = [{"url": f"http://{host}:{site.port}/blue/"} for host in ("127.0.0.1", "localhost")]
    collector = Collector(start=start, item=".work", politeness={"robots": False})
    with pytest.raises(InputError, match="is not a public address"):
        collect_gallery(collector, open_storage(str(tmp_path)), Access())
    assert site.asked == begun


def test_the_browser_has_limits_and_no_secret_of_this_process(gallery):
    """What its processes may take, and what they see, as the system itself says."""
    gallery.collect("/pages/4", scroll=False)
    every = Path("/proc").glob("[0-9]*")
    own = [place for place in every if "PIXELMILL_BROWSER" in variables(place)]
    assert own
    for place in own:
        assert "PYTEST_CURRENT_TEST" in os.environ.keys() - variables(place).keys()
        assert variables(place)["HOME"] != os.environ["HOME"]
        assert re.search(r"Max data size +2147483648 ", (place / "limits").read_text())


def test_a_browser_that_ends_is_one_sentence_and_another_goes_on(gallery, site):
    gallery.collect("/pages/4", scroll=False)
    for place in Path("/proc").glob("[0-9]*"):
        if "PIXELMILL_BROWSER" in variables(place) and os.getpid() in ancestors(place):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(place.name), signal.SIGKILL)
    with pytest.raises(InputError, match="The browser has ended before any page was opened: "):
        gallery.collect("/pages/3", scroll=False)
    gallery.collect("/pages/3", scroll=False)
    assert len(gallery.rows) == 4


def ancestors(place):
    """The processes above one, so that none but this test's own browser is ended."""
    found = []
    with contextlib.suppress(OSError):
        while place.name != "0":
            parent = (place / "stat").read_text().rpartition(")")[2].split()[1]
            place = place.with_name(parent)
            found.append(int(parent))
    return found


def variables(place):
    """The environment of a process; nothing where it has gone."""
    try:
        lines = (place / "environ").read_text(errors="replace").split("\0")
    except OSError:
        return {}
    return dict(line.partition("=")[::2] for line in lines if line)
