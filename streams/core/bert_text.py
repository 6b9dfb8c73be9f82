"""The text that the small model reads: one function for training and serving, or it is fed what it never saw."""

import html
import re
from typing import Final

MAX_CHARS: Final = 1_200
"""Longest text, in characters, that is looked at: the model itself stops after its first `max_length` tokens."""

OPERATOR_HANDLES: Final = frozenset(
    {
        "free", "freebox", "free_1337", "freemobile", "free_mobile", "groupeiliad", "oqeebyfree", "univfreebox",
        "xavier75", "orange", "orange_france", "sfr", "sfr_sav", "redbysfr", "sosh_fr", "bouyguestelecom", "arcep",
    }
)  # fmt: skip
"""Handles that carry meaning for the model, lower case. Part of the model: to change it is to train again."""

_EMOJI: Final = {
    "😡": "🤬🤮🤢🖕",
    "😢": "🥺",
    "🎉": "🥳",
    "❤": "🤍",
    "👎": "💩🚮🗑",
}
"""Emoji that the vocabulary lacks, under a like one that it has. Part of the model: to change it is to train again."""

_KNOWN_EMOJI: Final = {ord(char): known for known, chars in _EMOJI.items() for char in chars}

_SURROGATE = re.compile("[\ud800-\udfff]")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}")
_HANDLE = re.compile(r"@(\w{1,30})")
_PRIVATE_RUN = re.compile(r"(?:@user\s+){2,}")
_LONG_NUMBER = re.compile(r"(?<!\w)(?:(?:\+33 ?|0)[1-9](?:[ .-]?\d\d){4}|\d{8,})(?!\w)")
_STRETCHED = re.compile(r"(\w|[!?])\1{2,}", re.IGNORECASE)
_BLANK = re.compile(r"(?:\s|\\n)+")


def model_text(text: str) -> str:
    """Gives the text as the model reads it.

    Links become `http`, e-mails `email`, phones and runs of 8 digits `numero`, handles `@user`
    except the operators', emoji that the vocabulary lacks a like one; stretched letters shrink to two, white space
    to one blank. The result never holds a lone surrogate. It never raises.

    >>> model_text("@Free_1337 @jeanne  merciii 👏 https://t.co/x")
    '@free_1337 @user mercii 👏 http'
    """
    text = _SURROGATE.sub(" ", text[:MAX_CHARS])
    text = html.unescape(text).replace("’", "'")
    text = _SURROGATE.sub(" ", text)
    text = _URL.sub(" http ", text)
    text = _EMAIL.sub(" email ", text)
    text = _HANDLE.sub(_handle, text)
    text = _LONG_NUMBER.sub(" numero ", text)
    text = text.translate(_KNOWN_EMOJI)
    text = _STRETCHED.sub(r"\1\1", text)
    text = _BLANK.sub(" ", text)
    return _PRIVATE_RUN.sub("@user ", text).strip()


def model_input(text: str, context: str | None) -> tuple[str, str | None]:
    """Gives the two segments of one tweet: itself, and the tweet that it replies to where that is known."""
    if not context:
        return model_text(text), None
    return model_text(text), model_text(context) or None


def _handle(match: re.Match[str]) -> str:
    name = match.group(1).lower()
    return f"@{name}" if name in OPERATOR_HANDLES else "@user"
