"""robots.txt: its rules, and how the downloads keep to them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelmill.collection.robots import LARGEST, RobotsCache, opted_out, parse, text_of
from tests.collection.conftest import Place
from tests.collection.photo_server import picture
from tests.collection.raw_server import answer

RULES = """
User-agent: other
Disallow: /

User-agent: pixelmill  # and another
User-Agent: third
Crawl-delay: 2
Disallow: /private
Allow: /private/open
Disallow: /*.gif$
Disallow: /caf%C3%A9

User-agent: *
Disallow: /all
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/private", False),
        ("/private/x.jpg", False),
        ("/private/open/x.jpg", True),
        ("/a/b.gif", False),
        ("/a/b.gif?x", True),
        ("/café/1.jpg", False),
        ("/caf%c3%a9/1.jpg", False),
        ("/all", True),
    ],
)
def test_the_longest_rule_counts(path, allowed):
    assert parse(RULES, "pixelmill/1.0").allows(path) is allowed


def test_the_group_of_the_program_counts_else_that_of_all():
    assert parse(RULES, "Third").delay == 2
    assert not parse(RULES, "unknown/7").allows("/all/1")
    assert parse(RULES, "unknown/7").delay is None
    assert not parse(RULES, "other").allows("/1")


@pytest.mark.parametrize(
    "text", ["", "Disallow: /", "User-agent: *\nDisallow:", "\0\xff", "<html>"]
)
def test_a_file_without_rules_allows_all(text):
    assert parse(text, "pixelmill").allows("/1.jpg")


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_is_read(text, path):
    assert parse(f"User-agent: *\nDisallow: {text}", "pixelmill").allows(path) in (True, False)


@given(st.lists(st.sampled_from("ab/*"), max_size=10).map("".join))
def test_a_pattern_matches_what_it_means(pattern):
    """The path that has nothing in the place of each wildcard."""
    rules = parse(f"User-agent: *\nDisallow: /{pattern}$", "pixelmill")
    assert not rules.allows("/" + pattern.replace("*", ""))


def test_a_hostile_file_takes_no_time():
    rules = parse("User-agent: *\n" + ("Disallow: /" + "*a" * 900 + "b$\n") * 280, "pixelmill")
    long = parse("User-agent: *\n" + "Disallow: /x*y*z$\n" * 28_000, "pixelmill")
    began = time.monotonic()
    for number in range(20):
        assert long.allows(f"/{'a' * 1000}/{number}")
        rules.allows(f"/{'a' * 1000}/{number}")
    parse(f"User-agent: *\nDisallow: /a{' ' * 500_000}b", "pixelmill")
    assert time.monotonic() - began < 2


def test_thousands_of_rules_all_count():
    lines = "".join(f"Disallow: /shop/{number}/\n" for number in range(15_000))
    rules = parse(f"User-agent: *\n{lines}Allow: /shop/14999/open", "pixelmill")
    paths = ("/shop/0/a", "/shop/14999/a", "/shop/14999/open/a", "/shop/15000/a", "/shop")
    began = time.monotonic()
    assert [rules.allows(path) for path in paths] == [False, False, True, True, True]
    assert all(rules.allows(f"/photo/{number}.jpg") for number in range(1000))
    assert time.monotonic() - began < 2


def test_what_is_shortened_allows_no_more():
    long = "b" * 3000
    rules = parse(f"User-agent: *\nDisallow: /{long}\nDisallow: /c\nAllow: /c{'*x' * 20}", "x")
    assert not rules.allows(f"/{long}")
    assert not rules.allows("/c" + "x" * 15)


def test_names_without_letters_are_not_each_other():
    text = "User-agent: *\nDisallow: /a\n\nUser-agent: {}\nAllow: /\n"
    for other, own in [("99bot", "007bot/1"), ("(x)", "(y)"), ("bot9", "bot7/1")]:
        assert not parse(text.format(other), own).allows("/a")
    assert parse(text.format("007bot"), "007bot/1").allows("/a")


def test_the_rules_of_many_hosts_take_bounded_memory():
    cache, rules = RobotsCache(limit=100_000), parse("User-agent: *\n" + "Disallow: /a\n" * 50, "x")
    for number in range(1000):
        cache.keep(f"http://{number}.example", "x", rules)
        cache.find("http://0.example", "x")
    assert cache.size <= 100_000
    assert cache.find("http://0.example", "x") == rules  # it was asked for all the time
    assert cache.find("http://999.example", "x") == rules
    assert cache.find("http://1.example", "x") is None
    assert cache.find("http://999.example", "another") is None


def test_rules_are_asked_for_again_after_their_time():
    cache = RobotsCache(lifetime=0.01)
    cache.keep("http://a.example", "x", parse("", "x"))
    time.sleep(0.02)
    assert cache.find("http://a.example", "x") is None


def test_a_robots_txt_that_fails_is_not_asked_for_by_each_url(place, server):
    server.robots = 500, "oops"
    place.download(*(f"photo/{number}.jpg" for number in range(50)), robots=True, retries=2)
    assert server.asked["/robots.txt"] <= 13
    assert {row.status for row in place.record.values()} == {"failed"}
    assert all(row.retryable for row in place.record.values())


def test_a_host_that_asks_for_a_day_is_left_alone(place, server):
    urls = [f"tomorrow/{number}.jpg" for number in range(40)]
    place.download(*urls, per_host=2)
    assert server.asked.total() <= 3
    assert all(row.retryable for row in place.record.values())
    assert all(row.final_url in (None, row.url) for row in place.record.values())


def test_what_is_said_to_another_program_does_not_hold():
    assert opted_out("noai, otherbot: noindex", "pixelmill/1") == {"noai"}
    assert opted_out("pixelmill: noai", "pixelmill/1") == {"noai"}
    assert "noai" in opted_out("unavailable_after: 25 Jun 2030, NoAI", "pixelmill/1")


def test_each_header_of_several_speaks_of_its_own_program(raw, tmp_path):
    tags = [[b"googlebot: nofollow", b"noai"], [b"pixelmill: noai", b"otherbot: all"],
            [b"otherbot: noai", b"all"]]  # fmt: skip
    urls = raw.urls(
        answer(*(b"X-Robots-Tag: " + tag for tag in lines), body=picture(1)) for lines in tags
    )
    place = Place(tmp_path, raw.url)
    place.download(*urls)
    assert [row.status for row in place.record.values()] == ["failed", "failed", "ok"]
    assert [row.x_robots_tag for row in place.record.values()] == [
        "googlebot: nofollow, noai", "pixelmill: noai, otherbot: all", "otherbot: noai, all",
    ]  # fmt: skip


def test_what_robots_txt_forbids_is_not_asked_for(place, server):
    server.robots = 200, "User-agent: *\nDisallow: /missing"
    place.download("photo/1.jpg", "missing/1.jpg", robots=True)
    assert place.reason("missing/1.jpg") == "robots.txt forbids it"
    assert server.asked == {"/robots.txt": 1, "/photo/1.jpg": 1}


def test_a_host_without_robots_txt_allows_all(place, server):
    server.robots = 404, "no"
    place.download("photo/1.jpg", robots=True)
    assert place.record["photo/1.jpg"].status == "ok"


@pytest.mark.parametrize("status", [500, 501, 507, 520, 530, 999])
def test_a_host_that_cannot_say_allows_nothing_for_now(place, server, status):
    server.robots = status, "oops"
    place.download("photo/1.jpg", robots=True, retries=0)
    assert place.reason("photo/1.jpg").startswith(f"robots.txt cannot be read: HTTP {status}")
    assert place.record["photo/1.jpg"].retryable
    assert server.asked == {"/robots.txt": 1}


def test_what_is_too_much_of_a_robots_txt_is_left_out(place, server):
    rules = "User-agent: *\nDisallow: /missing\n"
    often = -(-LARGEST // len("Disallow: /b\n"))
    server.robots = 200, rules + "Disallow: /b\n" * often + "Disallow: /photo\n"
    place.download("photo/1.jpg", "missing/1.jpg", robots=True)
    assert place.reason("missing/1.jpg") == "robots.txt forbids it"
    assert place.record["photo/1.jpg"].status == "ok"
    assert server.asked == {"/robots.txt": 1, "/photo/1.jpg": 1}


def test_a_rule_that_is_cut_is_none(place, server):
    rule = "Disallow: /photo/1234\n"
    text = f"User-agent: *\n{'#' * LARGEST}"[: LARGEST - len(rule) + 5]
    server.robots = 200, f"{text}\n{rule}"
    place.download("photo/1.jpg", robots=True)
    assert place.record["photo/1.jpg"].status == "ok"


def test_half_a_rule_is_none_wherever_the_file_is_read():
    lines = b"User-agent: *\nDisallow: /\n"
    data = lines + b"#" * (LARGEST - len(lines) - 10) + b"\nAllow: /x"
    assert not parse(text_of(data[:LARGEST]), "x").allows("/x")
    assert parse(text_of(lines + b"Allow: /x"), "x").allows("/x")


def test_a_crawl_delay_is_kept(place, server):
    server.robots = 200, "User-agent: pixelmill\nCrawl-delay: 0.3"
    began = time.monotonic()
    place.download(*(f"photo/{number}.jpg" for number in range(4)), robots=True)
    assert max(map(max, server.moments.values())) - began > 0.89  # three pauses, whoever is late


def test_one_host_is_asked_no_more_often_than_is_allowed(place, server):
    urls = [f"photo/{number}.jpg" for number in range(12)]
    began = time.monotonic()
    place.download(*urls, requests_per_second=10, per_host=2)
    assert max(map(max, server.moments.values())) - began > 0.99  # 2 at once, and 10 a second


def test_images_that_their_server_reserves_are_not_kept(place):
    place.download("reserved/ai/1", "reserved/other/1", "reserved/tdm/1")
    assert place.reason("reserved/ai/1") == "the server reserves the image (noai)"
    assert place.reason("reserved/tdm/1") == "the server reserves the image (tdm-reservation)"
    row = place.record["reserved/tdm/1"]
    assert (row.tdm_reservation, row.tdm_policy) == ("1", "http://a.org/p?…")
    assert place.record["reserved/other/1"].x_robots_tag == "otherbot: noai"
    assert place.record["reserved/other/1"].status == "ok"
    place.download("reserved/ai/1", "reserved/tdm/1", opt_outs=())
    assert {row.status for row in place.record.values()} == {"ok"}
