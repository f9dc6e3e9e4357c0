"""Addresses that downloads may connect to: public ones, unless the user allows more.

A list of URLs is a stranger's text, and the machine that reads it sees more than the stranger does:
itself, its network, and the service that gives a cloud machine its credentials. The address is
checked at the one place through which all connections go, when the socket for it is made. By then
the spelling of the host, the look-up of its name and the redirects lie behind, and no other look-up
follows that could name another address.
"""

import ipaddress
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aiohttp import AddrInfoType

REMEDY: Final = (
    ": set collection.private_addresses=true to download from servers of your own network"
)
REFUSED: Final = f"is not a public address{REMEDY}"
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Python counts these as global.
_SERVICES = (
    ipaddress.IPv4Network("168.63.129.16/32"),  # Azure's, within its machines
    ipaddress.IPv4Network("192.0.0.0/24"),  # protocols; Oracle's metadata
    ipaddress.IPv4Network("192.88.99.0/24"),  # relays between IPv4 and IPv6
)


class PrivateAddressError(OSError):
    """A host has an address that is not public.

    Attributes:
        address: Address as text.
    """

    def __init__(self, address: str) -> None:
        # The same sentence for each address of a host: the libraries below then raise it as it is.
        super().__init__(REFUSED)
        self.address = address


def is_public(address: str) -> bool:
    """Return whether an address is one of the public internet, reached by unicast.

    An IPv6 address that embeds one of IPv4 (mapped, 6to4, NAT64) is public where that is.

    Args:
        address: As a socket takes it; what is no address in its usual form is not public.

    Example:
        >>> [is_public(one) for one in ("93.184.215.14", "127.0.0.1", "::ffff:10.0.0.1", "0x7f.1")]
        [True, False, False, False]
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(known, ipaddress.IPv6Address):
        inner = known.ipv4_mapped or known.sixtofour or _behind_nat64(known)
        if inner is None:
            return known in _GLOBAL_UNICAST and known.is_global
        known = inner
    service = any(known in network for network in _SERVICES)
    return known.is_global and not known.is_multicast and not service


def public_socket(info: "AddrInfoType") -> socket.socket:
    """Make the socket for a connection.

    Args:
        info: Family, type, protocol, name and address, as of `socket.getaddrinfo`.

    Raises:
        PrivateAddressError: The address is not public.
    """
    family, kind, protocol, _, place = info
    if not is_public(str(place[0])):
        raise PrivateAddressError(str(place[0]))
    return socket.socket(family, kind, protocol)


def may_be_public(host: str) -> bool:
    """Return whether a host may have a public address, as far as its name shows.

    A proxy looks names up itself, so that their addresses are not known here.

    Args:
        host: A name, or an address in any of the forms that C programs read, such as 0x7f.1.

    Example:
        >>> [may_be_public(one) for one in ("example.org", "intranet", "localhost.", "0x7f.1")]
        [True, False, False, False]
    """
    name = host.rstrip(".").lower()
    if ":" in name:
        return is_public(name)
    try:
        return is_public(socket.inet_ntoa(socket.inet_aton(name)))
    except (OSError, ValueError):
        return "." in name and not name.endswith((".localhost", ".local", ".internal"))


def _behind_nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(address) % 2**32) if address in _NAT64 else None
