"""How customers write: greeting, order, case, accents, abbreviations, slips of the pen, mentions, emoji."""

import re
import unicodedata
from collections.abc import Callable
from random import Random
from typing import Final

from schemas.taxonomy import Sentiment, Topic
from streams.core.sample.scenes import Scene

ABBREVIATIONS: Final[dict[str, str]] = {
    "vous": "vs", "toujours": "tjs", "problème": "pb", "quelqu'un": "qqn", "beaucoup": "bcp", "parce que": "pcq",
    "rendez-vous": "rdv", "pour": "pr", "tout": "tt", "tous": "ts", "c'est": "c", "j'ai": "jai", "bonjour": "bjr",
    "bonsoir": "bsr", "salut": "slt", "depuis": "dps", "même": "mm", "aujourd'hui": "ajd", "maintenant": "mtn",
    "combien": "cb", "jours": "j", "minutes": "min", "semaines": "sem",
}  # fmt: skip
_WORDS: Final = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, ABBREVIATIONS), key=len, reverse=True)) + r")\b")
_LONG_WORD: Final = re.compile(r"[^\W\d_]{8,}")

GREETINGS: Final = ("bonjour", "bonjour", "bonsoir", "salut", "hello", "alors", "dites", "coucou", "bon", "au secours")
MENTIONS: Final = ("@free", "@Freebox", "@Free_1337", "@freemobile", "@free @Freebox", "@Freebox @Free_1337")
_EMOJI: Final[dict[Sentiment, tuple[str, ...]]] = {
    Sentiment.NEGATIVE: (
        "😡",
        "🤬",
        "😤",
        "🙄",
        "😭",
        "😢",
        "👎",
        "🤦",
        "💩",
        "!!!",
        "!!!!",
        "...",
        "?!",
        "grrr",
        "#freebox",
    ),
    Sentiment.NEUTRAL: ("🙂", "🤔", "👀", "🙏", "😅", "☕", "📶", "📺", "...", "#Free", "👋"),
    Sentiment.POSITIVE: ("😍", "👏", "🙏", "🎉", "👍", "😊", "🚀", "💪", "❤️", "!!", "#merci"),
}


def voiced(opening: str, detail: str, ending: str, scene: Scene, rng: Random) -> str:
    """Puts the parts together as somebody would write them."""
    said = _joined(opening, detail, ending, rng)
    said = rng.choices(_STYLES, weights=_STYLE_WEIGHTS)[0](said, rng)
    if rng.random() < 0.4:
        said = f"{said} {rng.choice(_EMOJI[scene.sentiment])}"
    if rng.random() < (0.3 if scene.topic is Topic.OTHER else 0.85):
        mention = rng.choice(MENTIONS)
        said = f"{mention} {said}" if rng.random() < 0.6 else f"{said} {mention}"
    if rng.random() < 0.03:
        said = f"{said} https://t.example/{rng.getrandbits(40):x}"
    return said


def _joined(opening: str, detail: str, ending: str, rng: Random) -> str:
    lead = f"{rng.choice(GREETINGS)}{rng.choice((', ', ' ', ' ! '))}" if rng.random() < 0.45 else ""
    after = " " if opening.endswith("?") else rng.choice((", ", ". ", " : ", " et "))
    before = rng.choice((". ", ", ", "\n", " - "))
    return f"{lead}{opening}{after}{detail}{before}{ending}"


def _neat(said: str, _rng: Random) -> str:
    said = said[0].upper() + said[1:]
    said = re.sub(r"([.!?]\s|\n)(\w)", lambda match: match[1] + match[2].upper(), said)
    return said if said.endswith(("?", "!", ".")) else f"{said}."


def _plain(said: str, _rng: Random) -> str:
    return said


def _bare(said: str, _rng: Random) -> str:
    """Without accents."""
    return "".join(mark for mark in unicodedata.normalize("NFD", said.lower()) if not unicodedata.combining(mark))


def _short(said: str, _rng: Random) -> str:
    return _WORDS.sub(lambda match: ABBREVIATIONS[match[0]], said)


def _hasty(said: str, rng: Random) -> str:
    """Drops or doubles a letter inside one long word; never touches a digit or a short word."""
    words = list(_LONG_WORD.finditer(said))
    if not words:
        return said
    word = rng.choice(words)
    place = rng.randrange(word.start() + 1, word.end() - 1)
    return said[:place] + said[place + 1 :] if rng.random() < 0.5 else said[: place + 1] + said[place:]


def _loud(said: str, _rng: Random) -> str:
    head, mark, rest = said.partition(" ")
    return head.upper() + mark + rest + " !"


_STYLES: Final[tuple[Callable[[str, Random], str], ...]] = (_neat, _plain, _bare, _short, _hasty, _loud)
_STYLE_WEIGHTS: Final = (40, 22, 10, 12, 12, 4)
