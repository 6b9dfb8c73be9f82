"""URL: values in the address of a page that name somebody or let others in."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.spans import Found, PiiType, apart

_SURE: Final = (
    r"(?:(?:id|num|no?|ref|code)_?(?:abonn?e|client|compte|contrat|dossier|commande|ligne|user|customer|account)|(?:e-?)?mail(?:_?addr(?:ess)?)?|courriel|login|user(?:_?(?:name|id))?|uid|ident(?:ifiant)?|(?:id_?)?client(?:_?id)?"
    r"|customer(?:_?id)?|acc(?:oun)?t(?:_?id)?|compte|contrat|contract|(?:num_?)?abonn?e|subscriber(?:_?id)?"
    r"|(?:first|last|full|sur)?_?name|[fl]_?name|(?:pre)?nom|tel|(?:tele)?phone(?:_?number)?|mobile|portable|msisdn"
    r"|(?:[a-z]{1,12}_)?token|auth|api_?key|session(?:_?id)?|sid|otp|pwd|pass(?:word|wd)?|mdp|secret|signature|adresse"
    r"|address|addr|rue|street|dob|birth_?(?:day|date)?|naissance|ddn|iban|rib|nir|ssn|imei|iccid|rio|pto|recipient"
    r"|destinataire)"
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
_PATH: Final = re.compile(
    r"/(?:users?|clients?|customers?|comptes?|accounts?|abonn?es?|membres?|members?|contrats?|contracts?|commandes?|orders?|suivi"
    r"|tracking|track|colis|dossiers?|reset|confirm(?:ation)?|verify|activation|invit(?:e|ation)s?|factures?|invoices?|profil[es]?"
    r"|reclamations?|tickets?|rendez-vous|rdv|token|login|u|id)"
    r"/(?P<value>(?=(?:[\w.~\-]{0,40}?[0-9]){4})[\w.~\-]{5,}+)",
    re.IGNORECASE,
)
"""What an address of a page names in its path: `/client/1234567/factures`."""
_JWT: Final = re.compile(r"=(?P<value>eyJ[\w\-]{8,}(?:\.[\w\-]*){0,2})")
_DATE: Final = re.compile(r"(?:19|20)[0-9]{2}(?:[\-.][0-9]{2}){0,2}")
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
        or (text.count("/") > 3 * text.count("t.co/") and _PATH.search(text) is not None)
        or "%3D" in text
        or ("@" in text and _USER.search(text) is not None)
    )


def find(text: str) -> Iterator[Found]:
    """Finds the values alone, so that the page and its other parameters stay."""
    yield from apart([*_parameters(text), *_users(text), *_paths(text)])


def _parameters(text: str) -> Iterator[Found]:
    for match in _PARAMETER.finditer(text):
        group = "value" if match["loose"] is None else "loose"
        value = _TAIL.sub("", match[group])
        if group == "loose" and sum(map(str.isdecimal, value)) < _DIGITS:
            continue
        if len(value) >= _LEAST and value.lower() not in _PLAIN and not value.startswith("@"):
            start = match.start(group)
            yield Found(start, start + len(value), PiiType.URL, "url_parameter", value)


def _paths(text: str) -> Iterator[Found]:
    for match in _PATH.finditer(text):
        value = _TAIL.sub("", match["value"]).rstrip(".")
        if _DATE.fullmatch(value) is None:
            start = match.start("value")
            yield Found(start, start + len(value), PiiType.URL, "url_path", value)
    for match in _JWT.finditer(text):
        yield Found(*match.span("value"), PiiType.URL, "url_parameter", match["value"])


def _users(text: str) -> Iterator[Found]:
    for match in _USER.finditer(text) if "@" in text else ():
        yield Found(*match.span("value"), PiiType.URL, "url_user", match["value"])


_LEAST: Final = 3
"""Characters of a value that names anybody; `id=7` is a page."""
