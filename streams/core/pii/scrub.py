"""One text in, the same text without its structured personal data out."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from msgspec.structs import replace

from schemas.taxonomy import KEPT_HANDLES
from streams.core.pii import cards, emails, handles, ibans, phones, profiles, spelled
from streams.core.pii.plain import INVISIBLE, past_marks, plain, squeezed
from streams.core.pii.pseudonyms import Pseudonyms
from streams.core.pii.separators import LONG_NUMBER
from streams.core.pii.spans import Found, Scrubbed, Span, masked, start_of

Recogniser = Callable[[str], Iterable[Found]]

_LONG_NUMBER: Final = re.compile(LONG_NUMBER)
"""The quick look that spares most tweets five searches."""

_OF_NUMBERS: Final[tuple[Recogniser, ...]] = (
    ibans.find,
    cards.find,
    phones.find,
    phones.find_pairs,
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
    rest = plain(text)
    while recognisers := _worth_running(rest, kept_handles):
        n_before = len(found)
        for recognise in recognisers:
            if new := _places(recognise, rest, text):
                found += new
                rest = masked(rest, new)
        if len(found) == n_before:  # a find can uncover another: a number glued to one, in the scrubbed text alone
            break
    if "@" in rest:
        found += _places(partial(handles.find, kept=kept_handles), rest, text)
    if len(found) > 1:
        found.sort(key=start_of)
    return found


def _places(recognise: Recogniser, rest: str, text: str) -> list[Found]:
    """Runs a recogniser: of numbers on the plain text, of words on the plain text without what is invisible.

    What is invisible separates digits and does not separate letters; the marks on a last character go with it.
    """
    if INVISIBLE not in rest:
        return list(recognise(rest))
    if recognise in _OF_NUMBERS:
        return [replace(one, end=past_marks(text, one.end)) for one in recognise(rest)]
    words, places = squeezed(rest)
    return [
        replace(one, start=places[one.start], end=past_marks(text, places[one.end - 1] + 1)) for one in recognise(words)
    ]


def _worth_running(text: str, kept_handles: frozenset[str]) -> list[Recogniser]:
    """Returns the recognisers that can find something, by looks that cost little."""
    recognisers: list[Recogniser] = []
    words = text.replace(INVISIBLE, "") if INVISIBLE in text else text
    lower = words.lower()
    if emails.may_hold(words):
        recognisers.append(emails.find)
    if emails.may_be_obfuscated(words, lower):
        recognisers.append(emails.find_obfuscated)
    if profiles.may_hold(lower):
        recognisers.append(partial(profiles.find, kept=kept_handles))
    if spelled.may_hold(words, lower):
        recognisers.append(spelled.find)
    if _LONG_NUMBER.search(text):
        recognisers += _OF_NUMBERS
    return recognisers
