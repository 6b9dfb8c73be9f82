"""Texts made to be slow: 10 kB of whatever makes a rule look again are read in time."""

import pytest

from streams.core.places.find import find_places
from streams.gazetteer import gazetteer
from tests.unit.core.hostile import is_quick

SIZE = 10_000

HOSTILE = (
    "saint ", "Saint-", "st ", "Paris ", "Paris 15 ", "à Saint-Denis 93 ", "le 78, ", "78,", "le 78 le 78,", "(92) ",
    "33000 ", "dans le ", "quartier A", "quartier Abc De La ", "Quartier Abc-Abc-", "#ParisOuest", "#pP", "@a ", "a.b@",
    "https://", "département du ", "e\u0301", "\u200b", "œ", "É", "1", "1 ", "12.", "a", " ", "\n", "-", "'", "l'",
    "la ", "martin ", "Saint-Martin-", "M. ", "rue de la ", "Le ", "é", "\ud800", "😀", "𝐏𝐚𝐫𝐢𝐬 ", "code postal ",
    "Paris 15e ", "XVe ", "Paris, ", "15e arr ", "est ",
    "à Lens et ", "La Réunion ", "villers ", "Villers-sur-", "n° ", "7 5 0 1 7 ",
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_is_read_in_time(piece: str) -> None:
    text = (piece * SIZE)[:SIZE]
    assert is_quick(lambda: find_places(text, gazetteer()))
