"""What to look for in a text, in which order, and when to stop."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

from msgspec.structs import replace

from streams.core.pii import (
    account_shapes,
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
    repeats,
    spelled,
    urls,
)
from streams.core.pii.plain import INVISIBLE, divided, past_marks, plain, squeezed, unscored, unspoken
from streams.core.pii.separators import LONG_NUMBER
from streams.core.pii.spans import Found, masked, start_of

Recogniser = Callable[[str], Iterable[Found]]

_DIGIT: Final = re.compile(r"[0-9_](?:(?<=[0-9])(?<![0-9_].)|(?<=_)[0-9](?:[0-9]{4}|[0-9]{0,3}_[0-9]))")
"""A number: most tweets' only digits are those of `@free_1337` and of a short link."""
_SHORT_LINK: Final = re.compile(r"https?://t\.co/(?![A-Za-z0-9]{0,6}[0-9]{4})[A-Za-z0-9]{10}(?![\w@./?#%=&-])")
"""A link says nothing of anybody, unless it has the digits of a number."""
_LONG_NUMBER: Final = re.compile(LONG_NUMBER)
"""The quick look that spares most tweets five searches."""

_PROVED: Final[tuple[Recogniser, ...]] = (ibans.find, account_shapes.find_sims, nirs.find, cards.find)
_PHONES: Final[tuple[Recogniser, ...]] = (
    phones.find,
    phones.find_pairs,
    phones.find_foreign,
    phones.find_misread,
    phones.find_without_zero,
)
"""The longest shape first, for a piece of an IBAN looks like a phone; identifiers by a word go between the two."""
_OF_NUMBERS: Final = frozenset({*_PROVED, *_PHONES})


_LONG: Final = 1_000
_MOST_LOOKS, _MOST_AT_LONG = 16, 5
"""Of a text and of what is left of it, that give a find; real ones settle within three."""


class Looks:
    """Looks at a text, and how many more may give a find: so hostile texts take no longer than others."""

    __slots__ = ("_kept_handles", "_others", "n_left")

    def __init__(self, kept_handles: frozenset[str], others: Sequence[Recogniser], n_characters: int) -> None:
        self._kept_handles = kept_handles
        self._others = others
        self.n_left = _MOST_LOOKS if n_characters <= _LONG else _MOST_AT_LONG

    def at(self, text: str) -> list[Found]:
        """Returns what is personal in a text, in its order, without overlaps.

        A find can uncover another: a number that is glued to one, or to a name, stands free in the scrubbed text alone.
        So it is looked again until nothing new is found, or no look is left.
        """
        found: list[Found] = []
        rest = plain(text)
        if "_" in rest:
            rest = unscored(rest)

        def run(recognisers: Iterable[Recogniser]) -> bool:
            nonlocal rest
            n_before = len(found)
            for recognise in recognisers:
                if new := _places(recognise, rest, text):
                    found.extend(new)
                    rest = masked(rest, new)
            is_new = len(found) > n_before
            self.n_left -= is_new
            return is_new and self.n_left > 0

        mentions = (partial(handles.find, kept=self._kept_handles),)
        is_new = True
        while is_new:
            while run(_worth_running(rest, self._kept_handles)):
                pass
            if not self.n_left:
                break
            is_new = "@" in rest and run(mentions) and any(is_close(text, one) for one in found)
            is_new = (self.n_left > 0 and run(self._others)) or (is_new and self.n_left > 0)
            if not is_new and self.n_left and any(map(repeats.may_repeat, found)):
                is_new = run((partial(repeats.find, text=text, found=tuple(found)),))
        if len(found) > 1:
            found.sort(key=start_of)
        return found


def is_close(text: str, one: Found) -> bool:
    """Tells whether a find stands close to a number, or is glued to a word."""
    return _CLOSE_BEHIND.match(text, one.end) is not None or (one.start > 0 and not text[one.start - 1].isspace())


_CLOSE_BEHIND: Final = re.compile(r"\W{0,3}[0-9]|[^\s,.!?:;)]")


def _places(recognise: Recogniser, rest: str, text: str) -> list[Found]:
    """Runs a recogniser: of numbers on the plain text, of words on the plain text without what is invisible.

    What is invisible separates digits and does not separate letters; the marks on a last character go with it.
    """
    if recognise in _OF_NUMBERS:
        if "_" in rest or "%20" in rest:
            rest = divided(rest)
        if recognise in _PROVED:
            rest = unspoken(rest)
    if INVISIBLE not in rest:
        return list(recognise(rest))
    if recognise in _OF_NUMBERS:
        return [replace(one, end=past_marks(text, one.end)) for one in recognise(rest)]
    words, places = squeezed(rest)
    return [
        replace(one, start=places[one.start], end=past_marks(text, places[one.end - 1] + 1)) for one in recognise(words)
    ]


_CUES: Final = tuple((cue, cue.strip(" :")) for cue in (
    "chez ", " at ", "insta", "snap", "tiktok", "telegram", "discord", "pseudo", "twitter ", "facebook ", "bsky", "ig:",
    "fb:", "login", "identifiant", "mdp", "pto", "né ", "née ", "nee ", "né(e)", "o six", "o sept", "+33",
    "plus trente",
))  # fmt: skip
"""The beginnings of the words that some recognisers look for first, sought once for all of them."""


def _worth_running(text: str, kept_handles: frozenset[str]) -> list[Recogniser]:
    """Returns the recognisers that can find something, by looks that cost little."""
    recognisers: list[Recogniser] = []
    words = text.replace(INVISIBLE, "") if INVISIBLE in text else text
    if "://t.co/" in words:
        words = _SHORT_LINK.sub(" ", words)
    lower = words.lower()
    said = {word for cue, word in _CUES if cue in lower}
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
    if handles.may_be_named(lower, said):
        recognisers.append(partial(handles.find_named, kept=kept_handles))
    has_long_number = has_digit and (_LONG_NUMBER.search(text) is not None or "%20" in text or " puis " in lower)
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
        recognisers += [spelled.find_identifiers, spelled.find]
    if has_long_number:
        recognisers += _PHONES
    if has_identifier:
        recognisers.append(account_shapes.find_bare)
    return recognisers
