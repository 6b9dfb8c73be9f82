"""Names of programmes that are names of persons: "un épisode de Sam", "Joséphine, ange gardien"."""

from typing import Final

from streams.core.pii.name_reading import Reading

_WATCHED: Final = frozenset({
    "episode", "episodes", "saison", "saisons", "serie", "series", "feuilleton", "film", "films", "telefilm", "replay",
    "replays", "rediff", "rediffusion", "regarder", "regardais", "regardait", "regardions", "regardaient", "regardant",
    "mater", "matais", "matait", "regardes", "bande-annonce", "generique", "programme", "emission", "enregistrement",
    "enregistrements",
})  # fmt: skip
_WATCHES: Final = frozenset({"regarde", "mate", "regardons", "regardent"})
_WATCHERS: Final = frozenset({"je", "j'", "on", "elle", "il", "ils", "elles", "nous", "qui"})
_BETWEEN: Final = frozenset({"de", "d'", "la", "le", "les", "l'", "serie", "film", "sur", "du"})
_CHANNELS: Final = frozenset({
    "france", "tf1", "m6", "arte", "canal", "netflix", "disney", "tmc", "w9", "c8", "prime", "ocs", "hbo", "oqee",
    "rmc", "tf", "d8", "6play", "salto", "gulli", "cherie",
})  # fmt: skip
_BEHIND: Final = (
    ("ange", "gardien"), ("et", "images"), ("la", "brocante"), ("en", "replay"), ("en", "rediff"), ("en", "streaming"),
)  # fmt: skip
_MOST_BETWEEN: Final = 3


def is_show(r: Reading, start: int, end: int) -> bool:
    """Tells whether the words `start` to `end` name what is watched, by the words before and behind."""
    following = tuple(r.folded[end : end + 2])
    if following in _BEHIND:
        return True
    if len(following) > 1 and following[0] == "sur" and following[1] in _CHANNELS and r.is_joined(end):
        return True
    k = start - 1
    while k >= max(0, start - _MOST_BETWEEN) and (r.folded[k] in _BETWEEN or not r.folded[k]):
        k -= 1
    if k < 0 or not all(_is_near(r.gap(j)) for j in range(k + 1, start + 1)):
        return False
    if r.folded[k] in _WATCHED:
        return True
    return r.folded[k] in _WATCHES and r.before(k) in _WATCHERS


def _is_near(gap: str) -> bool:
    return gap.strip(" \u00ab\"\u201c'") == ""
