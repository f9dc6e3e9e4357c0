"""The browser's way to the network: public addresses alone, each request to its own host."""

import asyncio

import aiohttp
import pytest

from pixelmill.galleries.courtesy import Courtesy
from pixelmill.galleries.errors import PageError
from pixelmill.galleries.proxy import PublicProxy
from pixelmill.parameters.galleries import Politeness

PRIVATE = ("127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]")


def through(proxy, *urls):
    """Status and text of what is asked for, one after the other."""

    async def ask():
        async with proxy, aiohttp.ClientSession() as session:
            answers = []
            for url in urls:
                async with session.get(url, proxy=proxy.url) as response:
                    answers.append((response.status, await response.text()))
            return answers

    return asyncio.run(ask())


@pytest.mark.parametrize("host", PRIVATE)
def test_no_private_address_is_reached_however_it_is_spelled(site, host):
    begun = site.asked.copy()
    [(status, text)] = through(PublicProxy(), f"http://{host}:{site.port}/blue/")
    assert (status, site.asked) == (403, begun)
    assert "is not a public address" in text


def test_a_connection_is_passed_on_to_no_private_address(site):
    async def connect():
        async with PublicProxy() as proxy:
            reader, writer = await asyncio.open_connection(*proxy.url[7:].split(":"))
            writer.write(f"CONNECT localhost:{site.port} HTTP/1.1\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            return answer

    assert asyncio.run(connect()).startswith(b"HTTP/1.1 403")


def test_each_connection_answers_one_request(site):
    """A second request on it might be meant for another host."""

    async def connect():
        async with PublicProxy(private_addresses=True) as proxy:
            reader, writer = await asyncio.open_connection(*proxy.url[7:].split(":"))
            one = f"GET {site.url}/robots.txt HTTP/1.1\r\nHost: x\r\n\r\n"
            writer.write(one.encode() * 2)
            answer = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            return answer

    asked = site.asked["/robots.txt"]
    answer = asyncio.run(connect())
    assert answer.count(b"Disallow: /private/") == 1
    assert b"\r\nConnection: close\r\n" in answer
    assert site.asked["/robots.txt"] == asked + 1


def test_what_a_page_brings_is_bounded(site):
    proxy = PublicProxy(private_addresses=True)
    proxy.left = 1000
    with pytest.raises(aiohttp.ClientError):
        through(proxy, f"{site.url}/photo/blue/blue.jpg?w=800")


def test_hints_without_an_answer_end(monkeypatch):
    monkeypatch.setattr("pixelmill.galleries.proxy.SILENCE", 0.5)

    async def hint(_, writer):
        while not writer.is_closing():
            writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
            await asyncio.sleep(0.1)

    async def ask():
        server = await asyncio.start_server(hint, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        limit = aiohttp.ClientTimeout(5)
        session, proxy = aiohttp.ClientSession(timeout=limit), PublicProxy(private_addresses=True)
        async with server, proxy, session:
            await session.get(f"http://127.0.0.1:{port}/", proxy=proxy.url)

    with pytest.raises(aiohttp.ServerDisconnectedError):
        asyncio.run(ask())


def test_another_proxy_is_asked_for_everything_public(site):
    """It looks names up itself, and is given the user's own login."""
    heads = []

    async def upstream(reader, writer):
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi")
        await writer.drain()
        await reader.read()
        writer.close()

    async def ask():
        server = await asyncio.start_server(upstream, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        proxy = PublicProxy(upstream=f"http://me:p%40w@127.0.0.1:{port}")
        async with server, proxy, aiohttp.ClientSession() as session:
            for host in ("example.org", "intranet"):
                async with session.get(f"http://{host}/a", proxy=proxy.url) as response:
                    yield response.status, await response.text()

    async def collect():
        return [one async for one in ask()]

    (first, text), (second, _) = asyncio.run(collect())
    assert (first, text, second) == (200, "hi", 403)
    [head] = heads
    assert head.startswith("GET http://example.org/a HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic bWU6cEB3\r\n" in head


def test_robots_txt_that_cannot_be_read_forbids_everything(site, monkeypatch):
    async def check(url):
        async with PublicProxy(private_addresses=True) as proxy:
            await Courtesy(Politeness(), proxy).check(url)

    asyncio.run(check(f"{site.url}/blue/"))
    with pytest.raises(PageError, match="txt forbids it") as forbidden:
        asyncio.run(check(f"{site.url}/private/x"))
    assert forbidden.value.forbidden
    site.down.add("/robots.txt")
    try:
        with pytest.raises(PageError, match=r"its robots\.txt answers HTTP 503"):
            asyncio.run(check(f"{site.url}/blue/"))
    finally:
        site.down.clear()


def test_pauses_between_the_pages_of_a_host(site):
    async def turns():
        async with PublicProxy(private_addresses=True) as proxy:
            courtesy = Courtesy(Politeness(delay=0.1), proxy)
            clock = asyncio.get_running_loop().time
            began = clock()
            for _ in range(3):
                await courtesy.turn(f"{site.url}/blue/")
            return clock() - began

    assert 0.2 <= asyncio.run(turns()) < 5
