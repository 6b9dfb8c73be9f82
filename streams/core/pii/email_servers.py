"""EMAIL: addresses without a sign of their own, told by the company that carries mail: `jean.d chez icloud.com`."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.spans import Found, PiiType

AROBASE: Final = r"(?:arr?oba(?:se?|z)|[a\u00e0]\scommercial)"
"""Part of a pattern: the sign in words."""
ONLY_MAIL: Final = (
    r"(?:g(?:oogle)?mail|hotmail|outlook|yahoo|ymail|icloud|laposte|wanadoo|aol|gmx|proton(?:mail)?"
    r"|aliceadsl|club-internet"
    r"|neuf|numericable|bbox|live|msn|cegetel|tuta(?:nota|mail)?|mailo|zaclys|posteo|riseup|fastmail|caramail"
    r"|libertysurf|9online|mailfence|zoho)"
)
"""Nobody speaks of them but for mail; live and msn are said with their domain."""
_ALSO_OPERATOR: Final = r"(?:free|orange|sfr|bouyguestelecom|bouygtel|noos|skynet)"
MAILERS: Final = rf"(?:{ONLY_MAIL}|{_ALSO_OPERATOR})"
"""Part of a pattern: whose customers have an address."""
_DOT: Final = r"(?:\s?\.\s?|\s{1,2}(?:point|dot|pt)\s{1,2})"
_END: Final = r"(?:com|fr|net|org|eu|be|ch|co\.uk)(?![\w@])"
_SERVER: Final = re.compile(
    rf"""
    (?: \s{{1,2}}(?P<word>chez|at|sur|[a\u00e0]|@)\s{{1,2}}
      | (?P<glued>AT|@) | \s{{1,2}}(?P<sign>@) | (?P<none>\s{{1,2}}) )
    (?: (?P<only>{ONLY_MAIL}) (?P<end>{_DOT}{_END}|(?<=proton){_DOT}me(?![\w@])|\s(?:com|fr|net)(?![\w@]))?
      | {_ALSO_OPERATOR} (?P<end_also>{_DOT}{_END})?
      | (?P<other>[a-z0-9][a-z0-9\-]{{1,30}}\.(?:fr|com|net|org|me|eu|be|ch)(?![\w@])) )
    (?![\w@]|[.\-]\w)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LOCAL: Final = re.compile(r"(?<![\w.+%@/\[\]\-])(?:[^\W_][\w.+\-]{1,62})(?<![.\-])\Z")
_OF_AN_ADDRESS: Final = re.compile(
    r"(?=[A-Za-z\u00c0-\u00ff._+\-]{0,40}[A-Za-z\u00c0-\u00ff]{3})[^\W\d_]"
    r"(?:[\w\-]*(?:\w\.(?!(?<=[a-z\u00e0-\u00ff]\.)[A-Z\u00c0-\u00dd])|[_+]|[0-9])[\w.+\-]*)"
)
"""A dot, an underscore or a digit within, and three letters on end."""
_THING: Final = re.compile(
    r"(?:i?phone|i?pad|galaxy|pixel|redmi|xiaomi|samsung|android|freebox|box|windows|ios|fibre|forfait"
    r"|ipv|wifi|http|www)",
    re.IGNORECASE,
)
_SAID: Final = re.compile(
    r"(?:e-?mails?|courriel|adresse(?:\s\w{2,8})?|@)\s?(?:[:=\u2192>-]{1,2}|c'?\s?est|est)\s{0,2}(?:le\s)?\Z",
    re.IGNORECASE,
)
_MAX_LOCAL: Final = 64
_NEAR: Final = 30


def may_hold(text: str, lower: str, said: set[str]) -> bool:
    """Tells quickly whether such an address can be there; `lower` is the text in lower case, `said` its words."""
    return (
        ("mail" in lower and ("gmail" in lower or "hotmail" in lower or "ymail" in lower or "tonmail" in lower))
        or "icloud" in lower
        or "yahoo" in lower
        or (said and not said.isdisjoint(OF_SERVERS) and _BEHIND.search(lower) is not None)
        or ("@" in text and _GLUED.search(lower) is not None)
    )


OF_SERVERS: Final = frozenset({"at", "chez", "@"})
_BEHIND: Final = re.compile(
    rf"(?:chez|at|@)\s{{1,2}}(?:{ONLY_MAIL}|[\w\-]{{2,30}}{_DOT}(?:com|fr|net|org|me|eu|be|ch))"
)
_GLUED: Final = re.compile(rf"@(?<=\w@)(?:{_ALSO_OPERATOR}|outlook|laposte|wanadoo|live|msn|neuf)(?!\w)")


def find(text: str) -> Iterator[Found]:
    """Finds `name.x chez server.fr`, `name12 at server`, `name12 server.com`, and `name@server` without an end."""
    previous = 0
    for match in _SERVER.finditer(text):
        local = _LOCAL.search(text, max(previous, match.start() - _MAX_LOCAL), match.start())
        if local is None or not _is_address(text, local, match):
            continue
        previous = match.end()
        written = _SPACES.sub("", text[local.start() : match.start()] + "@" + text[match.start() : previous])
        yield Found(local.start(), previous, PiiType.EMAIL, "email_obfuscated", written.lower())


def _is_address(text: str, local: "re.Match[str]", match: "re.Match[str]") -> bool:
    """Tells whether the words before and behind make an address, by what each of them is used for besides."""
    name, is_mail, has_end = (
        local[0],
        match["only"] is not None,
        bool(match["end"] or match["end_also"] or match["other"]),
    )
    is_of_address = _OF_AN_ADDRESS.fullmatch(name) is not None and _THING.match(name) is None
    if match["glued"]:
        is_sure = is_mail or is_of_address
        return is_sure and ((match["glued"] == "@" and not match["other"]) or (match["glued"] == "AT" and has_end))
    word = (match["word"] or match["sign"] or "").lower()
    if word not in OF_SERVERS:
        return is_of_address and is_mail and has_end
    if is_of_address:
        return is_mail or has_end
    if word == "at" and is_mail and has_end:
        return len(name) >= _LEAST and name.lower() not in _NOT_A_NAME
    return is_mail and has_end and _SAID.search(text, max(local.start() - _NEAR, 0), local.start()) is not None


_NOT_A_NAME: Final = frozenset({"mail", "email", "compte", "adresse", "look"})
_LEAST: Final = 4
_SPACES: Final = re.compile(r"\s+")
