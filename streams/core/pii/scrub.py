"""One text in, the same text without its structured personal data out."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from schemas.taxonomy import KEPT_HANDLES
from streams.core.pii import cards, emails, handles, ibans, phones, spelled
from streams.core.pii.pseudonyms import Pseudonyms
from streams.core.pii.spans import Found, Scrubbed, Span, masked

Recogniser = Callable[[str], Iterable[Found]]

_LONG_NUMBER: Final = re.compile(r"[0-9](?:[ .\-/_()\u00a0\u2011\u202f]{0,3}[0-9Oo]){7}")
"""No phone, card or account number has fewer digits: the quick look that spares most tweets four searches."""

_OF_NUMBERS: Final[tuple[Recogniser, ...]] = (
    ibans.find,
    cards.find,
    phones.find,
    phones.find_foreign,
)
"""In this order: the longest shape first, for a piece of an IBAN looks like a phone."""


def scrub(text: str, kept_handles: frozenset[str] = KEPT_HANDLES, pseudonyms: Pseudonyms | None = None) -> Scrubbed:
    """Replaces phones, e-mails, IBANs, cards and private handles by typed, numbered placeholders.

    The same text gives the same result, a scrubbed text comes back as it is, and no string makes it raise. Service
    numbers, prices, dates and speeds stay.

    Args:
        text: as written; lone surrogates are let through.
        kept_handles: public handles, lower case; every other one is private.
        pseudonyms: the placeholders given so far, shared between a tweet and the one that it answers.
    """
    found = find(text, kept_handles)
    if not found:
        return Scrubbed(text)
    if pseudonyms is None:
        pseudonyms = Pseudonyms()
    parts: list[str] = []
    position = 0
    for one in found:
        parts.append(text[position : one.start])
        parts.append(pseudonyms.of(one.type, one.value, text=text))
        position = one.end
    parts.append(text[position:])
    return Scrubbed("".join(parts), tuple([Span(one.start, one.end, one.type, one.rule) for one in found]))


def find(text: str, kept_handles: frozenset[str]) -> list[Found]:
    """Returns what is personal in a text, in its order, without overlaps."""
    found: list[Found] = []
    rest = text
    recognisers = _worth_running(text)
    while recognisers:
        n_before = len(found)
        for recognise in recognisers:
            if new := list(recognise(rest)):
                found += new
                rest = masked(rest, new)
        if len(found) == n_before:  # a find can uncover another: a number glued to one, in the scrubbed text alone
            break
    if "@" in text:
        found += handles.find(rest, kept_handles)
    if len(found) > 1:
        found.sort(key=_start)
    return found


def _worth_running(text: str) -> list[Recogniser]:
    """Returns the recognisers that can find something, by looks that cost little."""
    lower = text.lower()
    recognisers: list[Recogniser] = []
    if "@" in text and emails.may_hold(text):
        recognisers.append(emails.find)
    if emails.may_be_obfuscated(text, lower):
        recognisers.append(emails.find_obfuscated)
    if spelled.may_hold(text, lower):
        recognisers.append(spelled.find)
    if _LONG_NUMBER.search(text):
        recognisers += _OF_NUMBERS
    return recognisers


def _start(found: Found) -> int:
    return found.start
