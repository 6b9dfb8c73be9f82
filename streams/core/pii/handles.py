"""HANDLE: mentions of private accounts on X, Mastodon and Bluesky, and accounts named behind a network."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.spans import Found, PiiType

_HANDLE: Final = re.compile(
    r"@(?:(\w+)"
    r"(?:\.[a-z0-9]\w*)*"  # Bluesky: @name.bsky.social; Instagram: @name.75
    r"(?:@[\w-]++(?:\.[\w-]++)+)?"  # Mastodon: @name@server.tld
    r"|(?<!\w@)[ ](?P<apart>[A-Za-z_](?=\w*[a-z]{3})(?=\w*(?:[a-z]{3}[0-9]{2}|\w_\w))\w{4,29})(?!\w))"  # @ name_75
)
_NOT_A_NAME: Final = re.compile(r"u[1-9][0-9]?|_+|[0-9]{1,2}|[0-9]{1,2}[hH](?:[0-9]{2})?")
"""Our own placeholder; `@_@`; "rdv @ 14h30" or "@14" written without a space."""
_NETWORK: Final = (
    r"(?:insta(?:gram)?|ig|snap(?:chat)?|tik\s?tok|telegram|discord|pseudo|twitter|facebook|fb|threads"
    r"|mastodon|twitch|psn"
    r"|gamertag|skype|bsky|bluesky)"
)
_NAMED: Final = re.compile(
    rf"(?<![\w@./\-]){_NETWORK}\s?(?:(?:c'?\s?est|est|je\ssuis|chui|moi|[:=\u2192]|->|\()\s?){{0,2}}(?<=[\s:=>\u2192(])"
    rf"(?P<name>(?!{_NETWORK}\b)(?=[\w.\-]*[A-Za-z]{{3}})[A-Za-z_](?:[\w\-]|\.(?=[\w])){{3,29}}(?:\#[0-9]{{4}})?)(?![\w@])"
    r"|(?P<bluesky>[A-Za-z0-9](?<![\w@./\-].)[\w\-]{1,30}\.bsky\.social)(?!\w)",
    re.IGNORECASE,
)
_OF_AN_ACCOUNT: Final = re.compile(r"[^\W_]{2,}(?:[_\-][0-9]|_\w|\.[a-z0-9]|[0-9])|_\w", re.IGNORECASE)
_THING: Final = re.compile(
    r"(?:i?phone|i?pad|galaxy|pixel|redmi|xiaomi|samsung|android|freebox|windows|ios|ipv[46]"
    r"|version)|.*\.(?:com|fr|net|org|gg|me)$",
    re.IGNORECASE,
)


def may_be_named(lower: str, said: set[str]) -> bool:
    """Tells quickly whether an account can be named behind its network; `said` are the words in `lower`."""
    if said.isdisjoint(NETWORKS):
        return False
    return said != {"insta"} or lower.count("insta") > sum(map(lower.count, ("instal", "instab", "instan")))


NETWORKS: Final = frozenset(
    network + sign
    for network in (
        "insta", "instagram", "ig", "snap", "snapchat", "tiktok", "tik", "telegram", "discord", "pseudo", "twitter",
        "facebook", "fb", "threads", "mastodon", "twitch", "psn", "gamertag", "skype", "bsky", "bluesky",
    )
    for sign in ("", ":", "=", "->")
)  # fmt: skip


def find(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Finds handles whose name, lower case, is not in `kept`.

    A mention glued to a word ("merci@someone") counts: where it is no address, it names somebody. So does one that is
    glued to a name that stays ("@free@someone.social").
    """
    position = 0
    while match := _HANDLE.search(text, position):
        name = match[1] or match["apart"]
        if name.lower() in kept or _NOT_A_NAME.fullmatch(name):
            position = match.end(1) if match[1] else match.end()
            continue
        position = match.end()
        yield Found(match.start(), position, PiiType.HANDLE, "handle", match[0].replace(" ", "").lower())


def find_named(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Finds `insta : name_75` and its kin: a name has a digit, an underscore or a dot within, for a word has none."""
    for match in _NAMED.finditer(text):
        if match["bluesky"]:
            yield Found(*match.span(), PiiType.HANDLE, "handle_named", f"@{match['bluesky'].lower()}")
            continue
        name = match["name"]
        if name.lower() not in kept and _OF_AN_ACCOUNT.search(name) and _THING.match(name) is None:
            yield Found(*match.span("name"), PiiType.HANDLE, "handle_named", f"@{name.lower()}")
