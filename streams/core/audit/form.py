"""The form of one reply, read off its text: what it says and how it speaks to the customer."""

import re
from typing import Final

import msgspec

from schemas.audit import Register
from streams.core.noise import spoken
from streams.core.places.folding import fold

_APOLOGY: Final = re.compile(r"\b(?:desolee?s?|navree?s?|excus(?:e|es|ez|er|ons)|pardon|regrett(?:e|ons)|confuse?s?)\b")
_THANKS: Final = re.compile(r"\b(?:merci|remerci(?:e|er|ons|ements?))\b")
_PRIVATELY: Final = re.compile(
    r"\b(?:mp|dm|messenger|whatsapp|inbox|messages? prives?|messages? directs?|messagerie privee|en prive)\b"
)
_CLOSED: Final = re.compile(
    r"\b(?:plus|pas|pas encore|temporairement|actuellement) (?:disponibles?|possible|accessibles?)\b"
    r"|\bindisponibles?\b|\bimpossibles?\b"
)
"""What a sentence says of a way that customers cannot take: naming it sends nobody there."""
_SENTENCE: Final = re.compile(r"[.!?\n]+")
_LINK: Final = re.compile(r"(?:https?://|www\.)\S", re.IGNORECASE)
_VOUS: Final = re.compile(r"\b(?:vous|votre|vos)\b")
_TU: Final = re.compile(r"\b(?:tu|toi|te|tes|ta)\b|\bt'(?=[a-z])|(?<!\ble )(?<!\bun )(?<!\bdu )(?<!\bce )\bton\b")
"""« le ton » is how one speaks, no possessive."""
_HANDLE: Final = re.compile(r"(?<!\w)@(\w{3,30})")
_GREETING: Final = re.compile(r"\W*(?:re[ -])?(?:bonjour|bonsoir|hello|salut|coucou|bjr)\b")
_ADDRESS: Final = re.compile(r"[ \t]*((?:[\w'-]+[ \t]*){0,3})(?:[^\w\s'-]|\s*\n|\s*$)")
_WORD: Final = re.compile(r"[\w'-]+")
_NO_NAMES: Final = frozenset(
    {
        "a", "tous", "toutes", "tout", "le", "la", "les", "l", "monde", "cher", "chere", "chers", "cheres", "abonne",
        "abonnee", "abonnes", "client", "cliente", "clients", "madame", "monsieur", "mme", "mr", "m", "et", "merci",
        "bienvenue", "encore", "bonne", "journee", "desole", "desolee", "desoles", "nous", "je", "vous", "votre", "au",
        "aux", "de", "du", "des", "pour", "en", "ici", "c'est",
    }
)  # fmt: skip
"""Words behind a greeting that are no customer's name."""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What one text shows; `named`: its first line calls the customer by name or handle."""

    apology: bool
    thanks: bool
    redirection: bool
    link: bool
    named: bool
    register: Register


def form_of(text: str) -> Form:
    """Returns the form of a reply as it was written, mentions and links included.

    `redirection`: a sentence names a private channel (private messages, Messenger, WhatsApp) and does not say that
    customers cannot use it. `register` goes by pronouns and possessives, an imperative alone (« retrouvez-moi ») has
    none; « tu » wins where both stand, for « vous » may be several people. Never raises on any string.
    """
    words = fold(spoken(text))
    return Form(
        apology=_APOLOGY.search(words) is not None,
        thanks=_THANKS.search(words) is not None,
        redirection=_sends_to_private(words),
        link=_LINK.search(text) is not None,
        named=_names(text, words),
        register=_register_of(words),
    )


def without_greeting(words: str) -> str:
    """Returns a folded text behind its greeting and the name there: `bonjour max, la panne` gives ` la panne`."""
    greeting = _GREETING.match(words)
    if greeting is None:
        return words
    address = _ADDRESS.match(words, greeting.end())
    return words[address.end() if address else greeting.end() :]


def first_line(words: str) -> str:
    """Returns the first line that is not blank."""
    return words.lstrip().partition("\n")[0].rstrip()


def _sends_to_private(words: str) -> bool:
    return any(
        _PRIVATELY.search(sentence) and not _CLOSED.search(sentence)
        for sentence in _SENTENCE.split(words)
    )  # fmt: skip


def _register_of(words: str) -> Register:
    if _TU.search(words):
        return Register.TU
    return Register.VOUS if _VOUS.search(words) else Register.NONE


def _names(text: str, words: str) -> bool:
    """Whether the first line has a name behind its greeting, or repeats a handle that the text mentions."""
    line = first_line(words)
    greeting = _GREETING.match(line)
    address = greeting and _ADDRESS.match(line, greeting.end())
    if address and any(word not in _NO_NAMES for word in _WORD.findall(address[1])):
        return True
    handles = {fold(handle) for handle in _HANDLE.findall(text)}
    return not handles.isdisjoint(_WORD.findall(line))
