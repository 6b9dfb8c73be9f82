"""HANDLE: names of private accounts in the addresses of their pages and posts."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.spans import Found, PiiType

_PAGE: Final = re.compile(
    r"(?<![\w-])(?:"
    r"(?:twitter|x|nitter|(?:fx|vx)twitter|fixupx|instagram|facebook|threads)\.(?:com|net)/(?:#!/)?"
    r"|t\.me/|snapchat\.com/add/|linkedin\.com/in/|bsky\.app/profile/|facebook\.com/people/|linktr\.ee/|twitch\.tv/"
    r")(?P<name>\w[\w.-]*(?<![.-]))"
    r"|[?&](?:screen_name|via|related)=(?P<asked>\w+)",
    re.IGNORECASE,
)
_NOT_A_NAME: Final = frozenset({
    "i", "home", "search", "hashtag", "explore", "intent", "share", "settings", "messages", "notifications", "compose",
    "login", "signup", "tos", "privacy", "about", "p", "reel", "reels", "stories", "tv", "groups", "events", "watch",
    "pages", "people", "story.php", "permalink.php", "profile.php", "photo", "photo.php", "photos", "sharer",
    "sharer.php", "help", "marketplace", "gaming", "public", "download", "jobs", "joinchat", "s",
})  # fmt: skip


def may_hold(lower: str) -> bool:
    """Tells quickly whether the address of a page can be there; `lower` is the text in lower case."""
    is_page = "/" in lower and (
        ".com/" in lower
        or ".net/" in lower
        or "t.me/" in lower
        or "bsky.app/" in lower
        or "linktr.ee/" in lower
        or "twitch.tv/" in lower
    )
    return is_page or ("=" in lower and ("screen_name=" in lower or "via=" in lower or "related=" in lower))


def find(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Finds the name alone, so that `https://twitter.com/@u1/status/1` is left of an address."""
    for match in _PAGE.finditer(text):
        group = "asked" if match["name"] is None else "name"
        name = match[group].lower()
        if name not in kept and name not in _NOT_A_NAME:
            yield Found(*match.span(group), PiiType.HANDLE, "handle_in_address", f"@{name}")
