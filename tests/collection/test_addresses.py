"""Which addresses are the public internet's, however they are written."""

import socket
from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.collection.addresses import (
    PrivateAddressError,
    is_public,
    may_be_public,
    public_socket,
)

PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8",
          "64:ff9b::808:808", "2002:808:808::1"]  # fmt: skip
PRIVATE = [
    "127.0.0.1", "127.255.255.254", str(IPv4Address(0)), "0.1.2.3", "10.1.2.3", "172.16.0.1",
    "192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200",
    "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.251", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "168.63.129.16", "192.88.99.1",
    "::1", "::", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001::1",
    "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "100::1",
]  # fmt: skip
NO_ADDRESS = ["", "localhost", "0x7f000001", "2130706433", "127.1", "0177.0.0.1", "①②⑦.⓪.⓪.①",
              "127.0.0.1.", "127.0.0.1 ", "[::1]", "::1\0"]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address(address):
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE + NO_ADDRESS)
def test_any_other_address_gets_no_socket(address):
    assert not is_public(address)
    with pytest.raises(PrivateAddressError) as caught:
        public_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 80)))
    assert caught.value.address == address


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_an_address_is_as_public_as_its_mapped_form(address):
    public = is_public(str(address))
    assert is_public(f"::ffff:{address}") == public
    assert is_public(f"64:ff9b::{address}") == public


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "a.localhost", "intranet", "printer.local", "x.internal.", "127.1",
     "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.0.0.1.", "::1", "10.0.0.1", ""],
)  # fmt: skip
def test_a_host_that_cannot_be_public_by_its_name(host):
    assert not may_be_public(host)


@pytest.mark.parametrize("host", ["example.org", "example.org.", "8.8.8.8", "134744072", "a.b.c"])
def test_a_host_that_may_be_public(host):
    assert may_be_public(host)
