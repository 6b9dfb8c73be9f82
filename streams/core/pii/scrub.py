"""One text in, the same text without its structured personal data out."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from schemas.taxonomy import KEPT_HANDLES
from streams.core.pii.confidence import confidence_of
from streams.core.pii.looks import Looks, Recogniser, is_close
from streams.core.pii.plain import plain
from streams.core.pii.pseudonyms import Pseudonyms
from streams.core.pii.spans import FILLER, Found, PiiType, Scrubbed, Span, masked, start_of


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
    looks = Looks(kept_handles, others, len(text))
    found = looks.at(text)
    if not found:
        return Scrubbed(text)
    if pseudonyms is None:
        pseudonyms = Pseudonyms()
    scrubbed = _replaced(text, found, pseudonyms)
    while looks.n_left and _may_uncover(text, found) and (more := looks.at(scrubbed.text)):
        found = _joined(found, _as_written(more, scrubbed))
        scrubbed = _replaced(text, found, pseudonyms)
    return scrubbed if looks.n_left else _wholesale(text, found, looks, pseudonyms)


def _wholesale(text: str, found: list[Found], looks: "Looks", pseudonyms: Pseudonyms) -> Scrubbed:
    """Masks every word with a digit or an `@` of a text that never settles, and all of it where that does not help.

    People write no such text; whoever makes one must neither hide a number in it nor keep the scrubber busy.
    """
    rest = _PLACEHOLDER.sub(lambda held: FILLER * len(held[0]), masked(plain(text), found))
    words = [Found(*word.span(), PiiType.ACCOUNT, "wholesale", "") for word in _NUMBERED.finditer(rest)]
    scrubbed = _replaced(text, sorted([*found, *words], key=start_of), pseudonyms)
    looks.n_left = 1
    if not looks.at(scrubbed.text):
        return scrubbed
    return _replaced(text, [Found(0, len(text), PiiType.ACCOUNT, "wholesale", "")], pseudonyms)


_NUMBERED: Final = re.compile(r"(?<![^\s\[\]])[^\s\[\]0-9@]*+[0-9@][^\s\[\]]*")
_PLACEHOLDER: Final = re.compile(rf"\[(?:{'|'.join(PiiType)})_[0-9]{{1,4}}\]|@u[0-9]{{1,2}}(?!\w)")


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

    Most finds of most tweets are mentions and names with spaces around them: they uncover nothing.
    """
    return any(one.type not in _STANDING_ALONE or is_close(text, one) for one in found)


_STANDING_ALONE: Final = frozenset({PiiType.HANDLE, PiiType.PER})


def _as_written(more: Iterable[Found], scrubbed: Scrubbed) -> list[Found]:
    """Returns finds in a scrubbed text, in its order, as finds in the text as written; one walk along its spans."""
    moved: list[Found] = []
    spans = scrubbed.spans
    place = shift = 0
    for one in more:
        while (
            place < len(spans) and (behind := spans[place].start - shift + len(spans[place].placeholder)) <= one.start
        ):
            shift = spans[place].end - behind
            place += 1
        start = one.start + shift
        if place < len(spans) and spans[place].start < start:
            start = spans[place].start
        last, at = shift, place
        end = one.end + last
        while at < len(spans) and spans[at].start < end:
            behind = spans[at].start - last + len(spans[at].placeholder)
            last = spans[at].end - behind
            end = max(one.end + last, spans[at].end)
            at += 1
        moved.append(replace(one, start=start, end=end))
    return moved


def _joined(found: Iterable[Found], more: Iterable[Found]) -> list[Found]:
    """Returns the finds in the order of the text; a new one takes in those that it touches."""
    joined: list[Found] = []
    is_last_new = False
    for one, is_new in sorted([*((one, False) for one in found), *((one, True) for one in more)], key=_start_of_first):
        if not joined or joined[-1].end <= one.start:
            joined.append(one)
            is_last_new = is_new
            continue
        last = joined[-1]
        kept = one if is_new and not is_last_new else last
        joined[-1] = replace(kept, start=last.start, end=max(last.end, one.end))
        is_last_new = is_last_new or is_new
    return joined


def _start_of_first(one: tuple[Found, bool]) -> int:
    return one[0].start
