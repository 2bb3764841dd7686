"""Which names are this machine's own, for a server that HOST does not tell its name.

A name of somebody else's that leads here may belong to a page that wants to read this server through its
visitor's browser (DNS rebinding).
"""

import socket
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit


@lru_cache(maxsize=256)
def is_own_name(host: str, listening_on: str | None) -> bool:
    """Whether this Host is served: on loopback its names only, else any IP address and the machine's names too.

    `listening_on` is None where another server than `flask start` listens.
    """
    name = _name(host)
    address, listener = _address(name), _address(listening_on or "")
    if is_loopback(host):
        return True
    if listener is not None and listener.is_loopback:
        return False
    return address is not None or name in machine_names()


def is_loopback(host: str) -> bool:
    """Whether this Host leads everybody to their own machine, and nobody to this one."""
    name = _name(host)
    address = _address(name)
    return name == "localhost" or name.endswith(".localhost") or (address is not None and address.is_loopback)


def _name(host: str) -> str:
    return (urlsplit(f"//{host}").hostname or "").removesuffix(".")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@cache
def machine_names() -> frozenset[str]:
    """The names of this machine, as its system knows them and as others in the same network do."""
    known = {name.lower() for name in (socket.gethostname(), socket.getfqdn())}
    short = {name.partition(".")[0] for name in known}
    return frozenset(known | short | {f"{name}.local" for name in short})
