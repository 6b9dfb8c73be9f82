"""Ports of 127.0.0.1 for the daemons that Dallosh starts itself, and what else is this machine."""

import ipaddress
import random
import socket
from typing import Final

from streams.errors import FatalError

HOST: Final = "127.0.0.1"
FIRST_PORT: Final = 20_000
LAST_PORT: Final = 31_999
"""Below every system's range of ephemeral ports: while a daemon is down, no client's socket can sit on its port."""


def free_ports(n_ports: int) -> list[int]:
    """Returns different ports of 127.0.0.1 that nothing listens on, below the ephemeral range."""
    rng = random.SystemRandom()
    found: list[int] = []
    for _ in range(10_000):
        port = rng.randint(FIRST_PORT, LAST_PORT)
        if port not in found and is_free(port):
            found.append(port)
        if len(found) == n_ports:
            return found
    raise FatalError(f"no {n_ports} free ports between {FIRST_PORT} and {LAST_PORT}", remedy="End what holds them")


def is_loopback(host: str) -> bool:
    """Whether a host's name or address (IPv6 without brackets) is this machine by itself; no name is looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
        return True
