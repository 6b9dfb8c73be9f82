"""One text in, the same text without its structured personal data out."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

from msgspec.structs import replace

from schemas.taxonomy import KEPT_HANDLES
from streams.core.pii import (
    accounts,
    births,
    cards,
    dwellings,
    email_servers,
    emails,
    handles,
    ibans,
    ips,
    nirs,
    phones,
    profiles,
    spelled,
    urls,
)
from streams.core.pii.confidence import confidence_of
from streams.core.pii.plain import INVISIBLE, past_marks, plain, squeezed
from streams.core.pii.pseudonyms import Pseudonyms
from streams.core.pii.separators import LONG_NUMBER
from streams.core.pii.spans import Found, PiiType, Scrubbed, Span, masked, start_of

Recogniser = Callable[[str], Iterable[Found]]

_DIGIT: Final = re.compile(r"[0-9](?<![0-9_].)")
"""A number: most tweets' only digits are those of `@free_1337`."""
_LONG_NUMBER: Final = re.compile(LONG_NUMBER)
"""The quick look that spares most tweets five searches."""

_PROVED: Final[tuple[Recogniser, ...]] = (ibans.find, accounts.find_sims, nirs.find, cards.find)
_PHONES: Final[tuple[Recogniser, ...]] = (
    phones.find,
    phones.find_pairs,
    phones.find_foreign,
    phones.find_misread,
    phones.find_without_zero,
)
"""The longest shape first, for a piece of an IBAN looks like a phone; identifiers by a word go between the two."""
_OF_NUMBERS: Final = frozenset({*_PROVED, *_PHONES})


def scrub(
    text: str,
    kept_handles: frozenset[str] = KEPT_HANDLES,
    pseudonyms: Pseudonyms | None = None,
    others: Sequence[Recogniser] = (),
) -> Scrubbed:
    """Replaces what is personal by typed, numbered placeholders.

    The same text gives the same result, a scrubbed text comes back as it is, and no string makes it raise. Service
    numbers, prices, dates and speeds stay.

    Args:
        text: as written; lone surrogates are let through.
        kept_handles: public handles, lower case; every other one is private.
        pseudonyms: the placeholders given so far, shared between a tweet and the one that it answers.
        others: recognisers that need tables of their own (persons), run in turn on what all others left.
    """
    found = find(text, kept_handles, others)
    if not found:
        return Scrubbed(text)
    if pseudonyms is None:
        pseudonyms = Pseudonyms()
    scrubbed = _replaced(text, found, pseudonyms)
    while _may_uncover(text, found) and (more := find(scrubbed.text, kept_handles, others)):
        both = _joined(found, [_as_written(one, scrubbed) for one in more])
        if both == found:
            break
        found = both
        scrubbed = _replaced(text, found, pseudonyms)
    return scrubbed


def _replaced(text: str, found: Iterable[Found], pseudonyms: Pseudonyms) -> Scrubbed:
    parts: list[str] = []
    spans: list[Span] = []
    position = 0
    for one in found:
        placeholder = pseudonyms.of(one.type, one.value, text=text)
        parts.append(text[position : one.start])
        parts.append(placeholder)
        spans.append(Span(one.start, one.end, one.type, one.rule, confidence_of(one.rule), placeholder))
        position = one.end
    parts.append(text[position:])
    return Scrubbed("".join(parts), tuple(spans))


def _may_uncover(text: str, found: Iterable[Found]) -> bool:
    """Tells whether a scrubbed text deserves a second look: a placeholder is no filler, and can uncover a find.

    Most finds of most tweets are mentions with spaces around them: they uncover nothing, and cost nothing more.
    """
    return any(one.type is not PiiType.HANDLE or _is_close(text, one) for one in found)


def _is_close(text: str, one: Found) -> bool:
    """Tells whether a find stands close to a number, or is glued to a word."""
    return _CLOSE_BEHIND.match(text, one.end) is not None or (one.start > 0 and not text[one.start - 1].isspace())


_CLOSE_BEHIND: Final = re.compile(r"\W{0,3}[0-9]|[^\s,.!?:;)]")


def _as_written(one: Found, scrubbed: Scrubbed) -> Found:
    start, end = scrubbed.original_span(one.start, one.end)
    return replace(one, start=start, end=end)


def _joined(found: Sequence[Found], more: Iterable[Found]) -> list[Found]:
    """Returns the finds in the order of the text; a new one takes in those that it touches."""
    joined: list[Found] = list(found)
    for one in more:
        inside = [other for other in joined if other.start < one.end and one.start < other.end]
        if inside:
            one = replace(
                one, start=min(one.start, *(i.start for i in inside)), end=max(one.end, *(i.end for i in inside))
            )
        joined = [other for other in joined if other not in inside]
        joined.append(one)
    return sorted(joined, key=start_of)


def find(text: str, kept_handles: frozenset[str], others: Sequence[Recogniser] = ()) -> list[Found]:
    """Returns what is personal in a text, in its order, without overlaps.

    A find can uncover another: a number that is glued to one, or to a name, stands free in the scrubbed text alone. So
    it is looked again until nothing new is found.
    """
    found: list[Found] = []
    rest = plain(text)

    def run(recognisers: Iterable[Recogniser]) -> bool:
        nonlocal rest
        n_before = len(found)
        for recognise in recognisers:
            if new := _places(recognise, rest, text):
                found.extend(new)
                rest = masked(rest, new)
        return len(found) > n_before

    mentions = (partial(handles.find, kept=kept_handles),)
    is_new = True
    while is_new:
        while run(_worth_running(rest, kept_handles)):
            pass
        is_new = "@" in rest and run(mentions) and any(_is_close(text, one) for one in found)
        is_new = run(others) or is_new
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


_CUES: Final = (
    "chez ", " at ", "insta", "snap", "tiktok", "telegram", "discord", "pseudo", "twitter ", "facebook ", "ig:", "fb:",
    "login", "identifiant", "mdp", "pto", "né ", "née ", "nee ", "né(e)", "o six", "o sept", "+33", "plus trente",
)  # fmt: skip
"""The beginnings of the words that some recognisers look for first, sought once for all of them."""


def _worth_running(text: str, kept_handles: frozenset[str]) -> list[Recogniser]:
    """Returns the recognisers that can find something, by looks that cost little."""
    recognisers: list[Recogniser] = []
    words = text.replace(INVISIBLE, "") if INVISIBLE in text else text
    lower = words.lower()
    said = {cue.strip(" :") for cue in _CUES if cue in lower}
    has_digit = _DIGIT.search(words) is not None or "bx_" in lower
    if urls.may_hold(words):
        recognisers.append(urls.find)
    if emails.may_hold(words):
        recognisers.append(emails.find)
    if emails.may_be_obfuscated(words, lower):
        recognisers += [emails.find_letter_by_letter, emails.find_obfuscated]
    if email_servers.may_hold(words, lower, said):
        recognisers.append(email_servers.find)
    if profiles.may_hold(lower):
        recognisers.append(partial(profiles.find, kept=kept_handles))
    if handles.may_be_named(said):
        recognisers.append(partial(handles.find_named, kept=kept_handles))
    has_long_number = _LONG_NUMBER.search(text) is not None
    if has_long_number:
        recognisers += _PROVED
    elif has_digit and ("2a" in lower or "2b" in lower):  # a number of Corsica has a letter in its middle
        recognisers.append(nirs.find)
    if has_digit and ips.may_hold(words, lower):
        recognisers.append(ips.find)
    if (has_digit or "mille" in lower) and births.may_hold(lower, said):
        recognisers.append(births.find)
    if dwellings.may_hold(lower, has_digit=has_digit):
        recognisers.append(dwellings.find)
    has_identifier = has_digit and accounts.may_hold(words, lower, said)
    if has_identifier:
        recognisers.append(accounts.find)
    if spelled.may_hold(words, lower, said):
        recognisers.append(spelled.find)
    if has_long_number:
        recognisers += _PHONES
    if has_identifier:
        recognisers.append(accounts.find_bare)
    return recognisers
