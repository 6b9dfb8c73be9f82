"""Names at doors, behind ranks and in titles of programmes, and what looks like them."""

from typing import Final

import pytest

from streams.core.pii import persons
from streams.person_names import person_names
from tests.unit.core.hostile import is_quick

NAMES: Final = person_names()


def found(text: str) -> list[str]:
    return [text[one.start : one.end] for one in persons.find(text, NAMES)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Demain, interphone Kerbrat svp", ["Kerbrat"]),
        ("sonnette : Kerbrat", ["Kerbrat"]),
        ("sonnez chez Kerbrat", ["Kerbrat"]),
        ("une boîte aux lettres Kerbrat", ["Kerbrat"]),
        ("il y a une dame Kerbrat au 3e", ["Kerbrat"]),
        ("ma mère loge chez Kerbrat", ["Kerbrat"]),
        ("sonnette Ring en panne, interphone Legrand, BAL Gmail pleine", []),
        ("interphone cassé, sonnette HS, dame nature, la dame SFR", []),
        ("le dossier de Sœur Odile-Marie traîne", ["Sœur Odile-Marie"]),
        ("ma sœur Odile attend", ["Odile"]),
        ("le colonel Kerbrat attend", ["Kerbrat"]),
        ("Colonel Kerbrat, à la retraite", ["Colonel Kerbrat"]),
        ("métro du Colonel Fabien, quai du Commandant Cousteau", []),
        ("Capitaine Marleau, le père Noël et le Père Lachaise", []),
        ("dossier FSL, dossier MDPH, client VIP", []),
        ("le dossier Kerbrat", ["Kerbrat"]),
        ("Mon père Jacques attend", ["Jacques"]),
        ("titulaire de la ligne : Kerbrat", ["Kerbrat"]),
        ("titulaire du contrat depuis 2012", []),
        ("c au nom de kerbrat", ["kerbrat"]),
        ("vs pouvez maider ossi", []),
        ("merci Maider", ["Maider"]),
    ],
)  # fmt: skip
def test_names_at_doors_and_behind_ranks(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "jai vu Joséphine ange gardien", "je regardais Camille et Images", "un épisode de Sam", "le replay de « Clem »",
        "Nina sur France 2", "la saison 3 de Caïn", "je rate Candice Renoir",
    ],
)  # fmt: skip
def test_names_of_programmes_stay(text: str) -> None:
    assert found(text) == []


def test_a_person_who_watches_goes() -> None:
    assert found("merci Sandrine pour le film") == ["Sandrine"]
    assert found("Mme Kerbrat regarde la saison 3") == ["Mme Kerbrat"]
    assert found("la conseillère Sandrine m'a dit de regarder") == ["Sandrine"]


@pytest.mark.parametrize("piece", ["interphone ", "sonnez chez Kerbrat ", "Sœur Odile ", "épisode de la ", "Sam « "])
def test_hostile_texts_of_10_kb_take_no_square(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    assert is_quick(lambda: persons.find(text, NAMES))
