"""Redirects: the host that one leads to is asked as politely as if the list had named it."""

import os

import pytest

from tests.collection.conftest import Place
from tests.collection.photo_server import picture
from tests.collection.raw_server import RawServer, answer


def span(server):
    """Seconds between the first and the last request."""
    moments = [moment for each in server.moments.values() for moment in each]
    return max(moments) - min(moments)


def test_the_robots_txt_of_the_target_is_obeyed(place, server, elsewhere):
    server.robots = 200, "User-agent: *\nDisallow: /photo/forbidden-at-home"
    elsewhere.robots = 200, "User-agent: *\nDisallow: /photo/2"
    place.download("elsewhere/photo/1.jpg", "elsewhere/photo/2.jpg", robots=True)
    assert place.content("elsewhere/photo/1.jpg") == picture(1)
    assert place.reason("elsewhere/photo/2.jpg") == "robots.txt forbids it"
    assert place.record["elsewhere/photo/2.jpg"].final_url == f"{elsewhere.url}/photo/2.jpg"
    assert elsewhere.asked == {"/robots.txt": 1, "/photo/1.jpg": 1}


def test_a_redirect_within_a_host_obeys_its_robots_txt(place, server):
    server.robots = 200, "User-agent: *\nDisallow: /photo/"
    place.download("moved/1.jpg", "other/1.jpg", robots=True)
    assert place.reason("moved/1.jpg") == "robots.txt forbids it"
    assert "/photo/7.jpg" not in server.asked


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        ("/to?x=%2f&y=a%7Eb+c", "/to?x=%2f&y=a%7Eb+c"),  # a signature stays valid
        ("to?x=%2f#part", "/a/to?x=%2f"),
        ("../../to/%2e%2Fb", "/to/%2e%2Fb"),
        ("/to a", "/to%20a"),
        ("/to/\u00e9", "/to/%C3%A9"),
        ("/to/\udce9", "/to/%E9"),  # in Latin-1
        ("/to|?x=%2f%41&y=a%7Eb+c d", "/to%7C?x=%2f%41&y=a%7Eb+c%20d"),
        ("/%zz", "/%zz"),
    ],
)
def test_the_url_of_a_redirect_is_requested_unchanged(raw, tmp_path, location, asked):
    raw.answers["/a/b"] = answer(os.fsencode(f"Location: {location}"), status=b"302 Found")
    place = Place(tmp_path, raw.url)
    raw.heads.clear()
    place.download("a/b")
    assert place.content("a/b") == picture(1)
    assert [head.split()[1].decode() for head in raw.heads] == ["/a/b", asked]


def test_robots_txt_is_compared_with_the_path_that_is_sent(place, server, tmp_path):
    server.robots = 200, "User-agent: *\nDisallow: /private/"
    (tmp_path / "l.csv").write_text(
        f"url,kind\n{server.url}/pri\tvate/1.jpg,cat\n{server.url}/photo/1.jpg,dog\n"
    )
    place.index(tmp_path / "l.csv", robots=True)
    assert place.content("photo/1.jpg") == picture(1)
    assert [row.reason for row in place.record.values()] == ["robots.txt forbids it", None]
    assert server.asked == {"/robots.txt": 1, "/photo/1.jpg": 1}


@pytest.mark.parametrize(("share", "seconds"), [(1, 0.99), (2, 1.99)])
def test_the_target_is_asked_no_more_often_than_is_allowed(
    place, server, elsewhere, share, seconds
):
    """Tasks that run at the same time share the pace of a host that no list names."""
    urls = [f"elsewhere/photo/{number}.jpg" for number in range(11)]
    place.download(*urls, requests_per_second=10, per_host=1, share=share)
    assert span(elsewhere) > seconds
    assert {row.status for row in place.record.values()} == {"ok"}


def test_the_crawl_delay_of_the_target_is_kept(place, server, elsewhere):
    elsewhere.robots = 200, "User-agent: *\nCrawl-delay: 0.3"
    place.download(*(f"elsewhere/photo/{number}.jpg" for number in range(4)), robots=True)
    assert span(elsewhere) > 0.89


def test_a_busy_target_is_left_alone_as_long_as_it_asks(place, server, elsewhere):
    place.download("elsewhere/busy/1.jpg")
    assert place.content("elsewhere/busy/1.jpg") == picture(1)
    assert place.record["elsewhere/busy/1.jpg"].attempts == 2
    asked, again = elsewhere.moments["/busy/1.jpg"]
    assert again - asked > 0.99


def test_the_connections_to_the_target_are_bounded(place, server, elsewhere):
    elsewhere.delay = 0.05
    place.download(*(f"elsewhere/photo/{number}.jpg" for number in range(20)), per_host=3)
    assert elsewhere.most_at_once == 3


def test_the_time_of_all_redirects_together_is_limited(place, server, elsewhere):
    server.delay = elsewhere.delay = 0.4
    place.download("elsewhere/moved/1.jpg", timeout=1, retries=0)
    assert place.reason("elsewhere/moved/1.jpg") == "not finished within 1 s"


@pytest.fixture
def raw():
    server = RawServer()
    yield server
    server.shutdown()
    server.server_close()


def test_credentials_stay_with_their_origin(raw, place, server, elsewhere):
    host = raw.url.removeprefix("http://")
    here, there = raw.urls([
        answer(b"Location: /good", status=b"302 Found"),
        answer(b"Location: " + f"http://localhost:{host.rpartition(':')[2]}/good".encode(),
               status=b"302 Found"),
    ])  # fmt: skip
    place.download(here.replace("//", "//me:pw@"), there.replace("//", "//me:pw@"), per_host=1)
    sent = [(head.split()[1], b"uthorization" in head) for head in raw.heads]
    assert sorted(sent) == sorted([
        (here.removeprefix(raw.url).encode(), True), (b"/good", True),
        (there.removeprefix(raw.url).encode(), True), (b"/good", False),
    ])  # fmt: skip
