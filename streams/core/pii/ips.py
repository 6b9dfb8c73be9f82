"""IP: addresses of machines (IPv4, IPv6, MAC), told from the numbers of versions."""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from streams.core.pii.spans import Found, PiiType, apart

_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_DOT: Final = r"(?:\.|[\[(]\.[\])])"
_V4: Final = re.compile(rf"(?=[0-9])(?<![\w@.,]){_OCTET}(?:{_DOT}{_OCTET}){{3}}(?![\w@]|[.,][0-9])")
_DOTTED: Final = re.compile(r"[0-9](?:\.|[\[(]\.[\])])[0-9A-Fa-f]{1,4}(?:\.|[\[(])")
_COLONS: Final = re.compile(r":[0-9A-Fa-f]{0,4}:")
_DASHES: Final = re.compile(r"-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-")
_V6: Final = re.compile(
    r"(?<![\w@.])(?<![^\w@][0-9A-Fa-f]{4}:)(?<![^\w@][0-9A-Fa-f]{3}:)(?<![^\w@][0-9A-Fa-f]{2}:)(?<![^\w@][0-9A-Fa-f]:)(?<!::)"
    r"(?:[0-9A-Fa-f]{1,4}|(?=::))(?::[0-9A-Fa-f]{0,4}+){2,7}+(?:\.[0-9]{1,3}){0,3}+(?![\w@]|:[0-9A-Fa-f:])"
)
_MAC: Final = re.compile(
    r"(?<![\w@.\-])(?<![^\w@][0-9A-Fa-f]{2}:)(?:"
    r"[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})"
    r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}"
    r")(?![\w@]|[:\-][0-9A-Fa-f])"
)
_MAC_NAMED: Final = re.compile(
    r"(?<![\w@])(?:mac)\b[^\w@\[\]]{0,4}"
    r"(?:(?:du|de|la|le|box|player|est|c'est|=)[^\w@\[\]]{1,3}){0,4}"
    r"(?P<mac>[0-9A-F]{12}|[0-9A-F]{2}(?: [0-9A-F]{2}){5}|[0-9A-F]{6}-[0-9A-F]{6})(?![\w@])",
    re.IGNORECASE,
)
_MAC_WORD: Final = re.compile(r"[mM][aA][cC]")
_LETTER: Final = re.compile(r"[A-Fa-f]")
_NOT_HEX: Final = re.compile(r"[^0-9a-f]")
_VERSION: Final = (
    r"(?<![\w@.\-])(?:v|versions?|firmwares?|fw|maj|màj|mises?\s[àa]\sjour|builds?|ios|android|kernel|noyau"
    r"|release|logiciel|update|patch|os|freebox\sos|soft|bios|driver|pilote)\b"
)
_ADDRESS: Final = (
    r"(?<![\w@.\-])(?:ip|ips|ipv4|dns|ping|pings?|adresse|passerelle|gateway|h[ôo]te|host|hop|traceroute"
    r"|blacklist\w{0,3}|ptr|rdns|spamhaus|vpn|wan|lan)\b"
)
_ANY_VERSION: Final = re.compile(_VERSION, re.IGNORECASE)
_ANY_ADDRESS: Final = re.compile(_ADDRESS, re.IGNORECASE)
_IS_VERSION: Final = re.compile(rf"{_VERSION}[^\[\]@\n]{{0,12}}$", re.IGNORECASE)
_IS_ADDRESS: Final = re.compile(rf"{_ADDRESS}[^\[\]@\n]{{0,24}}$", re.IGNORECASE)
_NEAR: Final = 40
_OCTETS: Final = re.compile(r"[0-9]+")
_LEAST_LONG: Final = 100
"""No part of a version is as high."""
_LEAST_OF_ADDRESS: Final = 20
"""A first number below it begins versions too."""
_PRIVATE: Final = 10
"""Begins private networks."""
_LEAST_HEX: Final = 4
"""Hexadecimal digits of an IPv6 address that is somebody's: `::1` is everybody's."""


def may_hold(text: str, lower: str) -> bool:
    """Tells quickly whether an address can be there; `lower` is the text in lower case."""
    return (
        _DOTTED.search(text) is not None
        or (":" in text and _COLONS.search(text) is not None)
        or ("-" in text and _DASHES.search(text) is not None)
        or "mac" in lower
    )


def find(text: str) -> Iterator[Found]:
    """Finds the addresses of each kind."""
    yield from apart([*_macs(text), *_v6s(text), *_v4s(text)])


def _v4s(text: str) -> Iterator[Found]:
    found = list(_V4.finditer(text))
    has_version = bool(found) and _ANY_VERSION.search(text) is not None
    has_address = bool(found) and _ANY_ADDRESS.search(text) is not None
    for match in found:
        if rule := _rule(text, match, has_version=has_version, has_address=has_address):
            yield Found(*match.span(), PiiType.IP, rule, re.sub(r"[\[\]()]", "", match[0]))


def _macs(text: str) -> Iterator[Found]:
    for match in _MAC.finditer(text):
        if "-" not in match[0] or _LETTER.search(match[0]):  # pairs of decimals with dashes are a phone, or two dates
            yield Found(*match.span(), PiiType.IP, "ip_mac", _NOT_HEX.sub("", match[0].lower()))
    for match in _MAC_NAMED.finditer(text) if _MAC_WORD.search(text) else ():
        if ":" not in match["mac"]:
            yield Found(*match.span("mac"), PiiType.IP, "ip_cue", _NOT_HEX.sub("", match["mac"].lower()))


def _v6s(text: str) -> Iterator[Found]:
    for match in _V6.finditer(text):
        written = match[0]
        hexes = _NOT_HEX.sub("", written.lower())
        if len(hexes) < _LEAST_HEX or not any(map(str.isdecimal, hexes)):
            continue
        try:
            value = IPv6Address(written)
        except AddressValueError:
            continue
        yield Found(*match.span(), PiiType.IP, "ip_v6", value.compressed)


def _rule(text: str, match: "re.Match[str]", *, has_version: bool, has_address: bool) -> str | None:
    near = text[max(match.start() - _NEAR, 0) : match.start()]
    if has_version and _IS_VERSION.search(near):
        return None
    octets = [int(octet) for octet in _OCTETS.findall(match[0])]
    if max(octets) >= _LEAST_LONG or octets[0] >= _LEAST_OF_ADDRESS or octets[0] == _PRIVATE:
        return "ip_v4"
    return "ip_cue" if has_address and _IS_ADDRESS.search(near) else None
