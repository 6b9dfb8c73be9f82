"""Names and places side by side: which of the two a word is, and that twice is once."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.redaction import redact
from streams.tables import tables
from tests.unit.core.hostile import is_quick


@pytest.mark.parametrize(
    "text",
    [
        "Luc, Var, rien ne marche",
        "Léon c'est dans les Landes, en Gascogne",
        "Léon (40550) sans 4G",
        "Léon coupé, les voisins aussi",
        "Léon est toujours en panne",
        "Alban, Tarn : aucune barre",
        "en panne à Florence",
    ],
)
def test_a_town_that_is_a_first_name_stays_where_the_text_says_that_it_is_one(text: str) -> None:
    assert redact(text, tables()).scrubbed.text == text


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("Léon m'a dit que le 40 rien ne va", "[PER_1] m'a dit que le 40 rien ne va"),
        ("Merci Léon du support", "Merci [PER_1] du support"),
        ("Lorraine Meunier attend sa box", "[PER_1] attend sa box"),
        ("Karim coupé au milieu de la phrase", "[PER_1] coupé au milieu de la phrase"),
        ("Plus rien depuis lundi. Luc, Var", "Plus rien depuis lundi. [PER_1], Var"),
        ("M. Léon, Landes, attend", "[PER_1], Landes, attend"),
    ],
)
def test_a_person_called_like_a_town_goes(text: str, scrubbed: str) -> None:
    assert redact(text, tables()).scrubbed.text == scrubbed


PIECES: Final = st.sampled_from(
    [
        "Léon", "coupé", "Landes", ",", "en panne", "Clio", "Zoé", "Renault", "mamie", "Ph.", "J.-P.", "Roy", "JP",
        "mr", "da", "le", "Xera-Vitch", "XERAVITCH", "KARIM", "pour", "est", "nom", "[PER_1]", "\n", "c'est", "dans",
        "la", "de", "d'", "H.", "-", "Jules", "et", "Zara", "ma", "MERCI", "RIEN", "NE", "VA",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map(" ".join))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text, tables()).scrubbed.text
    assert redact(once, tables()).scrubbed.text == once


@pytest.mark.parametrize(
    "piece",
    [
        "Clio, ",
        "M. ",
        "résidence ",
        "lieu-dit ",
        "Mme Roy ",
        "Jules et ",
        "A.-",
        "J-P ",
        "mr da ",
        "le nom sur ",
        "Xera-Vitch-",
        "Léon est ",
        "Ph. ",
        "KARIM ABCDE ",
    ],
)
def test_hostile_texts_of_10_kb_take_no_square(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    redact(text, tables())
    assert is_quick(lambda: _redact_afresh(text))


def _redact_afresh(text: str) -> None:
    tables().names.nothing_in = None
    redact(text, tables())
