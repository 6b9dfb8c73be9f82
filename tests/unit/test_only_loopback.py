"""The guard of the whole suite: nothing leaves this machine."""

import socket

import pytest

from tests.conftest import OutsideLoopbackError, is_this_machine


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "", None, "0.0.0.0"])
def test_this_machine(host: str | None) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.org", "127.0.0.1.example.org"])
def test_elsewhere(host: str) -> None:
    assert not is_this_machine(host)


def test_a_connection_elsewhere_is_refused_before_it_starts() -> None:
    with socket.socket() as probe, pytest.raises(Exception, match=r"connect to 192\.0\.2\.1") as caught:
        probe.connect(("192.0.2.1", 80))
    assert type(caught.value).__name__ == OutsideLoopbackError.__name__


def test_a_look_up_elsewhere_is_refused() -> None:
    with pytest.raises(Exception, match=r"look-up of 'example\.org'"):
        socket.getaddrinfo("example.org", 80)
