"""A chunk that ends in time: what has begun is finished, and the rest waits for another pass."""

import time

from pixelmill.collection.downloading import download_all
from pixelmill.collection.files import url_id
from pixelmill.collection.results import UrlRequest
from pixelmill.collection.writing import ImageWriter
from pixelmill.storage import open_storage


def passes(place, urls, **parameters):
    """Rows of each pass over the URLs, until none is left."""
    given = place.parameters(**parameters)
    wanted = {url_id(place.absolute(url)): place.absolute(url) for url in urls}
    while wanted:
        asked = [UrlRequest(url, name) for name, url in wanted.items()]
        came = download_all(asked, ImageWriter(open_storage(given.folder), given), given)
        rows = [row for part in came for row in part]
        for row in rows:
            del wanted[row.url_id]
        yield rows


def test_each_url_is_asked_for_once_in_several_passes(place, server):
    server.delay = 0.1
    urls = [f"photo/{number}.jpg" for number in range(12)]
    began = time.monotonic()
    first, *others = passes(place, urls, chunk_seconds=0.45, per_host=1)
    assert 1 <= len(first) < 12
    assert sum(map(len, others)) == 12 - len(first)
    assert set(server.asked.values()) == {1}
    assert time.monotonic() - began > 1.1
    assert {row.status for rows in (first, *others) for row in rows} == {"ok"}


def test_a_url_is_finished_however_short_the_time(place, server):
    server.delay = 0.3
    counts = [len(rows) for rows in passes(place, ["photo/1.jpg", "photo/2.jpg"], per_host=1,
                                           chunk_seconds=0.01)]  # fmt: skip
    assert counts == [1, 1]


def test_a_slow_host_of_many_urls_keeps_no_other_host_waiting(place, server, elsewhere):
    server.delay = 1.5
    urls = [*(f"photo/{number}.jpg" for number in range(5_000)), f"{elsewhere.url}/photo/1.jpg"]
    rows = next(passes(place, urls, chunk_seconds=0.1, per_host=1))
    assert f"{elsewhere.url}/photo/1.jpg" in [row.url for row in rows]


def test_a_retry_is_no_beginning(place, server):
    """A URL that waits to be asked again is asked again by the same pass."""
    [rows] = passes(place, ["photo/1.jpg", "busy/1.jpg"], chunk_seconds=0.2)
    assert [row.attempts for row in sorted(rows, key=lambda row: row.attempts)] == [1, 2]


def test_the_next_pass_comes_no_earlier_than_the_host_allows(place, server):
    server.robots = 200, "User-agent: *\nCrawl-delay: 1"
    urls = [f"photo/{number}.jpg" for number in range(3)]
    assert len([*passes(place, urls, robots=True, chunk_seconds=1.3)]) > 1
    first, _, third = sorted(server.moments[f"/{url}"][0] for url in urls)
    assert third - first > 1.98
