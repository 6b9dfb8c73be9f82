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
ZONES = (
    "<ADDRESS>ZI des Grands Saules, bâtiment 12</ADDRESS>, <LOC>59000</LOC> <LOC>Lille</LOC>",
    "atelier <ADDRESS>ZAC du Moulin 14 rue Ampère</ADDRESS>, <LOC>Dole</LOC>",
    "<ADDRESS>zone artisanale des Vignes, 3 impasse du Pressoir</ADDRESS>",
    "<ADDRESS>Parc d'activités de la Lande, bât C2</ADDRESS>, <LOC>Rennes</LOC>",
    "<ADDRESS>ZA Nord</ADDRESS>, <LOC>71100</LOC> <LOC>Chalon</LOC>",
    "<ADDRESS>za du bourg, lot 4</ADDRESS>",
)
NEAR_TOWNS = (
    "<ADDRESS>hameau des Granges</ADDRESS> près de <LOC>Dole</LOC>, 3 jours",
    "3 jours. <ADDRESS>Ferme du Grand Chêne</ADDRESS>, <LOC>Aurillac</LOC>. Rien",
    "<ADDRESS>Mas des Oliviers</ADDRESS>, <LOC>Nîmes</LOC> (<LOC>30</LOC>), mas perdu",
    "<ADDRESS>Kermoal, route de la mer</ADDRESS>, <LOC>Plouha</LOC> 2 fois",
    "<ADDRESS>12 rue Haute, rés. étud., appt 4</ADDRESS>",
    "<ADDRESS>12 rue Haute, résidence étud., chambre C31</ADDRESS>. 3 semaines",
    "du 4 au <ADDRESS>11 rue Pasteur</ADDRESS>, rien",
    "on est a 5 au <ADDRESS>6 place Carnot</ADDRESS>",
    "<ADDRESS>14 au 16 rue Pasteur</ADDRESS>, <LOC>Lyon</LOC>",
)
NOT_THERE = (
    "la ZAC des Tanneries est en panne, 3 jours",
    "toute la ZI de Vitrolles sans fibre ; zone industrielle de Brest, 3 km",
    "une ferme, 3 vaches. Ferme de bonne heure, Free ! Mas Perdu, Free, 3 jours",
    "je ferme la box 3 fois, au hameau aussi",
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


@pytest.mark.parametrize(
    "written", [*BEHIND, *BOXES, *LANDMARKS, *WORDED, *INSIDE_FIRST, *ZONES, *NEAR_TOWNS, *NOT_THERE], ids=ascii
)
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
        "ZA du Pré, ", "parc d'activités ", ". Mas Pré ", "hameau du Pré près ", "de 4 au 5 ", "rue A, résidence univ.",
    ],
)  # fmt: skip
def test_hostile_texts_of_10_kb_take_no_square(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    assert is_quick(lambda: scrub(text))
