"""URL: values in the address of a page that name somebody or let others in."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.spans import Found, PiiType, apart

_SURE: Final = (
    r"(?:e-?)?mail(?:_?addr(?:ess)?)?|courriel|login|user(?:_?(?:name|id))?|uid|ident(?:ifiant)?|(?:id_?)?client(?:_?id)?"
    r"|customer(?:_?id)?|acc(?:oun)?t(?:_?id)?|compte|contrat|contract|(?:num_?)?abonn?e|subscriber(?:_?id)?"
    r"|(?:first|last|full|sur)?_?name|[fl]_?name|(?:pre)?nom|tel|(?:tele)?phone(?:_?number)?|mobile|portable|msisdn"
    r"|(?:[a-z]{1,12}_)?token|auth|api_?key|session(?:_?id)?|sid|otp|pwd|pass(?:word|wd)?|mdp|secret|signature|adresse"
    r"|address|addr|rue|street|dob|birth_?(?:day|date)?|naissance|ddn|iban|rib|nir|ssn|imei|iccid|rio|pto|recipient"
    r"|destinataire"
)
"""Parameters that name somebody or let others in."""
_WITH_DIGIT: Final = (
    r"id|u_id|ligne|line|numero|num|key|sig|hash|ticket|dossier|order(?:_?id)?|commande|ref(?:erence)?|facture|invoice|card"
    r"|carte|cb|ip|to|cc|code"
)
"""Parameters that may also name a page or a campaign: a value counts with three digits in it."""
_SIGN: Final = r"[^\s&;#\"'<>\[\]()|,"
_PARAMETER: Final = re.compile(
    rf"[?;#&](?:amp;)?(?:(?:{_SURE})(?:=|%3D)(?P<value>{_SIGN}]{{3,}}+)"
    rf"|(?:{_WITH_DIGIT})(?:=|%3D)(?P<loose>{_SIGN}@]{{3,}}+))",
    re.IGNORECASE,
)
"""A mention in a loose value would become `@u1`, which has a digit: it ends the value."""
_DIGITS: Final = 3
_USER: Final = re.compile(r"://(?P<value>[^\s/@:?#\[\]]{1,64}(?::[^\s/@?#\[\]]{0,64})?@)(?=[\w-]+\.)")
_TAIL: Final = re.compile(r"[.!?:\u2026»]+$")
_PLAIN: Final = frozenset(
    {"true", "false", "null", "none", "home", "twitter", "facebook", "sms", "email", "web", "app"}
)


def may_hold(text: str) -> bool:
    """Tells quickly whether a parameter can be there."""
    return (
        ("=" in text and ("?" in text or "&" in text or "#" in text or ";" in text))
        or "%3D" in text
        or ("@" in text and _USER.search(text) is not None)
    )


def find(text: str) -> Iterator[Found]:
    """Finds the values alone, so that the page and its other parameters stay."""
    yield from apart([*_parameters(text), *_users(text)])


def _parameters(text: str) -> Iterator[Found]:
    for match in _PARAMETER.finditer(text):
        group = "value" if match["loose"] is None else "loose"
        value = _TAIL.sub("", match[group])
        if group == "loose" and sum(map(str.isdecimal, value)) < _DIGITS:
            continue
        if len(value) >= _LEAST and value.lower() not in _PLAIN and not value.startswith("@"):
            start = match.start(group)
            yield Found(start, start + len(value), PiiType.URL, "url_parameter", value)


def _users(text: str) -> Iterator[Found]:
    for match in _USER.finditer(text) if "@" in text else ():
        yield Found(*match.span("value"), PiiType.URL, "url_user", match["value"])


_LEAST: Final = 3
"""Characters of a value that names anybody; `id=7` is a page."""
