"""Addresses without a number in digits before a street: what is marked goes, exactly, and all else stays."""

import pytest

from streams.core.pii.marked import PLACE, parsed
from streams.core.pii.scrub import scrub
from tests.unit.core.hostile import is_quick

BEHIND = (
    "<ADDRESS>courée Dubreuil n°4</ADDRESS>, <LOC>Roubaix</LOC>",
    "j'habite <ADDRESS>béguinage Sainte-Anne, n° 12</ADDRESS>",
    "<ADDRESS>straed an Iliz 4</ADDRESS>, <LOC>Plouha</LOC>",
    "<ADDRESS>carrer de la Font 5</ADDRESS>, <LOC>Céret</LOC>",
    "<ADDRESS>3 carrer del Sol</ADDRESS>, <LOC>Céret</LOC>",
    "<ADDRESS>chasse des Pins 8</ADDRESS>, <LOC>Granville</LOC>",
    "<ADDRESS>Hauptstrasse 14</ADDRESS>, <LOC>67500</LOC> <LOC>Haguenau</LOC>",
    "j'habite <ADDRESS>Kirchgasse 7</ADDRESS>, <LOC>Colmar</LOC>",
    "<ADDRESS>rue Pasteur, au n° 8</ADDRESS>",
    "<ADDRESS>rue Pasteur (n° 8</ADDRESS>)",
    "<ADDRESS>camping du Lac, parcelle 45</ADDRESS>",
)
BOXES = (
    "facture à la SCI Roc, <ADDRESS>BP 212</ADDRESS>",
    "Mon adresse : <ADDRESS>BP 1204</ADDRESS>",
    "<ADDRESS>boîte postale 45</ADDRESS>, <LOC>Nouméa</LOC>",
    "<ADDRESS>BP 380</ADDRESS> - <LOC>98600</LOC> <LOC>Wallis</LOC>",
)
LANDMARKS = (
    "<LOC>Bellegarde</LOC>, <ADDRESS>hameau de Coz-le-Haut</ADDRESS>. Rien",
    "<LOC>Nantes</LOC>, <ADDRESS>ferme de la Borde</ADDRESS>, plus de fixe",
    "j'habite section <ADDRESS>Morne Vent, case verte derrière le stade</ADDRESS>.",
    "au <LOC>Gosier</LOC>, <ADDRESS>section Dampierre, maison rouge en face de l'école</ADDRESS>, rien",
    "<ADDRESS>chemin Bois-Noir, portail bleu</ADDRESS>",
    "<LOC>Le Lorrain</LOC> (<LOC>Martinique</LOC>) ; <LOC>Trinité</LOC>, <ADDRESS>habitation Beau Site</ADDRESS>.",
    "<ADDRESS>péniche L'Aurore, quai de la Loire</ADDRESS>",
)
WORDED = (
    "<ADDRESS>quarante-six rue Basse</ADDRESS>, <LOC>Dax</LOC>",
    "<ADDRESS>vingt-trois bis avenue Foch</ADDRESS>",
    "<ADDRESS>cent douze boulevard Voltaire</ADDRESS>",
    "<ADDRESS>quatre-vingt-dix-huit rue de la Paix</ADDRESS>",
    "je suis au <ADDRESS>douze de la rue pasteur</ADDRESS>",
)
INSIDE_FIRST = (
    "chez nous, <ADDRESS>3e gauche, 12 rue Pasteur</ADDRESS>",
    "<ADDRESS>3 ALL DES LILAS</ADDRESS>",
)
NOT_THERE = (
    "la station BP 24h/24, le BP 12 de l'action",
    "à deux rue de la mairie, trois rues plus loin, deux allée et retour",
    "les quatre chemins de Pantin, deux route barrées",
    "la section Assistance, après la mise à jour, plante",
    "dans la section Mon Compte, rien",
    "place Vendôme, 3 jours sans box ; cours en visio 3, merci ; chasse au bug 3",
    "la maison mère, après le rachat, ne répond plus",
    "rang 3, passage du technicien 3, rien",
    "Paris, quartier Latin. Rien",
)


@pytest.mark.parametrize("written", [*BEHIND, *BOXES, *LANDMARKS, *WORDED, *INSIDE_FIRST, *NOT_THERE], ids=ascii)
def test_an_address_without_a_number_before_goes_and_nothing_else(written: str) -> None:
    text, marks = parsed(written)
    result = scrub(text)
    found = [(text[span.start : span.end], span.type) for span in result.spans]
    assert found == [(text[mark.start : mark.end], mark.type) for mark in marks if mark.type != PLACE]
    assert scrub(result.text).text == result.text


@pytest.mark.parametrize(
    "piece",
    [
        "quatre-vingt-", "cent deux ", "deux rue ", "Dax, hameau de ",
        "section Morne A, maison bleue ", "Hauptstrasse ",
        ", derrière l'école ", "BP 12, ", "morne De ", "rang Coq ", "bât. C, ",
    ],
)  # fmt: skip
def test_hostile_texts_of_10_kb_take_no_square(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    assert is_quick(lambda: scrub(text))
