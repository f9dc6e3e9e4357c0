"""Nothing private is reached: neither this machine nor the own network, nor through a proxy."""

import asyncio
import socket

import aiohttp
import pytest

from pixelmill.collection.addresses import public_socket
from pixelmill.collection.attempt import get
from pixelmill.collection.connections import open_session
from pixelmill.collection.memory import BytesInFlight
from pixelmill.collection.reasons import AttemptError
from pixelmill.parameters import CollectionParameters
from tests.collection.conftest import Place
from tests.collection.raw_server import answer

LOOPBACK = ["127.0.0.1", "127.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001",
            "0177.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "[::1]",
            "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "①②⑦.⓪.⓪.①",
            "127。0。0。1", "\uff1127.0.0.1", "0", "0.0", "me:pw@127.0.0.1"]  # fmt: skip


def test_this_machine_is_not_reached_however_it_is_spelled(place, server):
    port = server.url.rpartition(":")[2]
    urls = [f"http://{host}:{port}/photo/1.jpg" for host in LOOPBACK]
    came = place.download(*urls, private_addresses=False)
    assert server.asked.total() == 0
    reasons = [row.reason for row in came.rows]
    assert len(reasons) == len(LOOPBACK)
    refused = [reason for reason in reasons if "private_addresses=true" in reason]
    others = [reason for reason in reasons if reason not in refused]
    assert len(refused) >= 10
    usual = "is no address in its usual form, four numbers such as 192.0.2.1"
    assert all(why.startswith("no connection") or why.endswith(usual) for why in others), others
    assert f"127.1 {usual}" in others


@pytest.mark.parametrize(
    "place_of",
    ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://10.0.0.1/",
     "http://192.168.0.1/", "http://100.100.100.200/", "http://168.63.129.16/"],
)  # fmt: skip
def test_services_of_clouds_and_the_own_network_are_refused(place_of):
    parameters = CollectionParameters(timeout=2)
    problem = outcome(place_of, parameters)
    assert problem.reason.endswith(
        "is not a public address: set collection.private_addresses=true to download "
        "from servers of your own network"
    )
    assert problem.reached is None
    assert not problem.passing


def outcome(url, parameters, session=None):
    async def try_it():
        async with session() if session else open_session(parameters) as shared:
            await get(shared, url, parameters, BytesInFlight().body())

    with pytest.raises(AttemptError) as caught:
        asyncio.run(try_it())
    return caught.value


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_no_redirect_leads_to_this_machine(raw, server, host):
    """The sockets of the first server are let through, as if its address were public."""

    def as_if_public(info):
        first = info[4][1] == raw.server_address[1]
        return socket.socket(*info[:3]) if first else public_socket(info)

    def session():
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(socket_factory=as_if_public))

    port = server.url.rpartition(":")[2]
    location = f"Location: http://{host}:{port}/photo/1.jpg".encode()
    [url] = raw.urls([answer(location, status=b"302 Found")])
    problem = outcome(url, CollectionParameters(timeout=2), session)
    assert "is not a public address" in problem.reason
    assert server.asked.total() == 0


def test_a_list_of_private_addresses_keeps_no_other_image(raw, tmp_path):
    """They say nothing of the network: no host is given up for them."""
    urls = [f"http://10.0.{number}.1/" for number in range(50)]
    place = Place(tmp_path, raw.url)
    index = place.download(*urls, "good", retries=0)
    assert index.count == 51
    assert place.record["good"].status == "ok"


def test_a_proxy_is_asked_where_one_is_given(place, server):
    place.download("http://photos.example/photo/1.jpg", proxy=server.url, private_addresses=False)
    assert server.asked == {"http://photos.example/photo/1.jpg": 1}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "0x7f.1", "localhost", "intranet", "[::1]", "169.254.169.254", "10.0.0.1"],
)
def test_a_proxy_is_asked_for_nothing_private(raw, tmp_path, host):
    """Neither by a list nor by a redirect."""
    location = f"Location: http://{host}/inner".encode()
    raw.answers["http://photos.example/moved"] = answer(location, status=b"302 Found")
    raw.heads.clear()
    urls = [f"http://{host}/inner", "http://photos.example/moved"]
    came = Place(tmp_path, raw.url).download(*urls, proxy=raw.url, private_addresses=False)
    assert all("is not a public address" in row.reason for row in came.rows)
    assert [head.split()[1] for head in raw.heads] == [b"http://photos.example/moved"]
