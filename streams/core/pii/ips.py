"""IP: addresses of machines (IPv4, IPv6, MAC), told from the numbers of versions."""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from streams.core.pii.spans import Found, PiiType, apart

_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_DOT: Final = r"(?:\.|[\[(]\.[\])]|\s\.\s|\spoint\s)"
_ABOUT: Final = r"(?:[ ,\-_]|\s?[,;:]\s?)"
"""Between the octets of an address that the word "ip" announces."""
_V4: Final = re.compile(
    rf"(?=[0-9])(?<![\w@.,])(?<![0-9]\s\.\s)(?<!point\s)(?P<ip>{_OCTET}(?:{_DOT}{_OCTET}){{3}})"
    r"(?![\w@]|[.,][0-9]|\s(?:\.|point)\s[0-9])(?:/[0-9]{1,2}(?![\w/.]))?"
)
_PART: Final = re.compile(
    r"[0-9](?:(?:\.|[\[(]\.[\])]|\s\.\s|\spoint\s)[0-9A-Fa-f]{1,4}(?:\.|[\[(]|\s\.|\spoint)"
    r"|[0-9A-Fa-f]{0,3}\.[0-9A-Fa-f]{4}(?:\.|(?!\w))|[A-Fa-f][0-9A-Fa-f]{2}|(?<=[A-Fa-f]{2}.)[0-9A-Fa-f]{4}"
    r"|[ ._][0-9A-F]{2}[ ._])"
)
"""The quick look: octets, groups of hexadecimal digits, bytes in pairs."""
_COLONS: Final = re.compile(r":[0-9A-Fa-f]{0,4}:")
_DASHES: Final = re.compile(r"-[0-9A-Fa-f]{1,3}-[0-9A-Fa-f]{1,3}-")
_BARE_MAC: Final = re.compile(
    r"[0-9A-Fa-f](?<![\w@#/.\-=&?+].)(?:[0-9A-F]{11}|[0-9a-f]{11}|[0-9A-Fa-f]{5}-[0-9A-Fa-f]{6}"
    r"|[0-9A-F](?P<sign>[ ._])(?:[0-9A-F]{2}(?P=sign)){4}[0-9A-F]{2}"
    r"|[0-9a-f](?P<low>[._])(?:[0-9a-f]{2}(?P=low)){4}[0-9a-f]{2})(?![\w@/]|[.\-][0-9A-Za-z])"
)
_NETWORKED: Final = re.compile(
    r"(?<![\w@.\-])(?:mac|wi-?fi|box|freebox|server|serveur|player|r[\u00e9e]p[\u00e9e]teurs?|routeur"
    r"|bssid|ssid|ethernet"
    r"|adresse physique|appareils?|bail|baux|dhcp|d[\u00e9e]codeur|imprimante|pop|delta|ultra|ont|switch"
    r"|arp|lan|wlan)(?!\w)",
    re.IGNORECASE,
)
_NOT_A_MACHINE: Final = re.compile(
    r"(?:hash|md5|sha\w*|commit|erreur|error|code|build|version|r[\u00e9e]f\w*|commande|colis|suivi"
    r"|tracking|ticket|dossier"
    r"|contrat|client|facture|s[\u00e9e]rie|serial|s/n|sn|imei|mod[\u00e8e]le)[\s:n\u00b0#=]{1,6}\Z",
    re.IGNORECASE,
)
_REVERSE: Final = re.compile(
    rf"(?<![0-9])(?<![0-9][.\-]){_OCTET}(?:-{_OCTET}){{3}}(?=(?:\.[a-z0-9\-]{{1,30}}){{0,4}}\.(?:net|com"
    rf"|fr|org|eu)(?!\w))",
    re.IGNORECASE,
)
_ANNOUNCED: Final = re.compile(
    rf"(?<![\w@.\-])(?:ip|ipv4|adresse ip|dns|passerelle)\s?(?:(?:fixe|est|c'est|publique|:|=)\s?){{0,3}}"
    rf"(?P<ip>{_OCTET}(?P<between>{_ABOUT}){_OCTET}(?:(?P=between){_OCTET}){{2}})(?![\w@]|[.,\- ][0-9])",
    re.IGNORECASE,
)
_V6: Final = re.compile(
    r"(?<![\w@.])(?<![^\w@][0-9A-Fa-f]{4}:)(?<![^\w@][0-9A-Fa-f]{3}:)(?<![^\w@][0-9A-Fa-f]{2}:)"
    r"(?<![^\w@][0-9A-Fa-f]:)(?<!::)"
    r"(?P<ip>(?:[0-9A-Fa-f]{1,4}|(?=::))(?::[0-9A-Fa-f]{0,4}+){2,7}+(?:\.[0-9]{1,3}){0,3}+)(?![\w@]|:[0-9A-Fa-f:])"
    r"(?:%[A-Za-z0-9]{1,10}(?!\w))?(?:/[0-9]{1,3}(?![\w/.]))?"
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
_NEVER_OF_ONE: Final = frozenset({0, 127, 255})
"""Begin no address, the machine's own and masks."""
_OF_EVERYBODY: Final = frozenset({
    *(f"192.168.{network}.{host}" for network in (0, 1) for host in (0, 1, 254, 255)), "10.0.0.1", "192.168.27.14",
    "1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220",
    "212.27.40.240", "212.27.40.241", "212.27.38.253", "80.67.169.12", "80.67.169.40",
    "2606:4700:4700::1111", "2606:4700:4700::1001", "2001:4860:4860::8888", "2001:4860:4860::8844", "2620:fe::fe",
    "fe80::1", "ff02::1",
})  # fmt: skip
"""The addresses of boxes at home, and of the servers of names that all may ask."""
_LEAST_HEX: Final = 4
"""Hexadecimal digits of an IPv6 address that is somebody's: `::1` is everybody's."""


def may_hold(text: str, lower: str) -> bool:
    """Tells quickly whether an address can be there; `lower` is the text in lower case."""
    return (
        _PART.search(text) is not None
        or (":" in text and _COLONS.search(text) is not None)
        or ("-" in text and _DASHES.search(text) is not None)
        or "mac" in lower
        or ("ip " in lower and _ANNOUNCED.search(text) is not None)
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
            yield Found(*match.span(), PiiType.IP, rule, ".".join(_OCTETS.findall(match["ip"])))
    if "-" in text:
        for match in _REVERSE.finditer(text):
            yield Found(*match.span(), PiiType.IP, "ip_cue", match[0].replace("-", "."))
    for match in _ANNOUNCED.finditer(text):
        value = ".".join(_OCTETS.findall(match["ip"]))
        if value not in _OF_EVERYBODY and not value.startswith(("0.", "127.", "255.")):
            yield Found(*match.span("ip"), PiiType.IP, "ip_cue", value)


def _macs(text: str) -> Iterator[Found]:
    for match in _MAC.finditer(text):
        if "-" not in match[0] or _LETTER.search(match[0]):  # pairs of decimals with dashes are a phone, or two dates
            yield Found(*match.span(), PiiType.IP, "ip_mac", _NOT_HEX.sub("", match[0].lower()))
    for match in _MAC_NAMED.finditer(text) if _MAC_WORD.search(text) else ():
        if ":" not in match["mac"]:
            yield Found(*match.span("mac"), PiiType.IP, "ip_cue", _NOT_HEX.sub("", match["mac"].lower()))
    for match in _BARE_MAC.finditer(text):
        n_letters = len(_LETTER.findall(match[0]))
        if (
            _LEAST_OF_EITHER <= n_letters <= _HEXES - _LEAST_OF_EITHER
            and _NOT_A_MACHINE.search(text, max(match.start() - _BEFORE, 0), match.start()) is None
            and (match["sign"] or match["low"] or _NETWORKED.search(text))
        ):
            yield Found(*match.span(), PiiType.IP, "ip_cue", _NOT_HEX.sub("", match[0].lower()))


_HEXES, _LEAST_OF_EITHER, _BEFORE = 12, 2, 16


def _v6s(text: str) -> Iterator[Found]:
    for match in _V6.finditer(text):
        written = match["ip"]
        hexes = _NOT_HEX.sub("", written.lower())
        if len(hexes) < _LEAST_HEX or not any(map(str.isdecimal, hexes)):
            continue
        try:
            value = IPv6Address(written)
        except AddressValueError:
            continue
        if value.compressed not in _OF_EVERYBODY:
            yield Found(*match.span(), PiiType.IP, "ip_v6", value.compressed)


def _rule(text: str, match: "re.Match[str]", *, has_version: bool, has_address: bool) -> str | None:
    near = text[max(match.start() - _NEAR, 0) : match.start()]
    if has_version and _IS_VERSION.search(near):
        return None
    octets = [int(octet) for octet in _OCTETS.findall(match["ip"])]
    if octets[0] in _NEVER_OF_ONE or ".".join(map(str, octets)) in _OF_EVERYBODY:
        return None
    if max(octets) >= _LEAST_LONG or octets[0] >= _LEAST_OF_ADDRESS or octets[0] == _PRIVATE:
        return "ip_v4"
    return "ip_cue" if has_address and _IS_ADDRESS.search(near) else None
