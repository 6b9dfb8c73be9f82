"""Names of persons: what is found, what is left alone, and what holds on any text."""

from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.pii import persons
from streams.core.pii.names import Lexicon, Names
from streams.core.pii.spans import PiiType
from streams.person_names import person_names
from tests.unit.core.hostile import is_quick

NAMES: Final = person_names()


def found(text: str, places: tuple[tuple[int, int], ...] = ()) -> list[str]:
    return [text[one.start : one.end] for one in persons.find(text, NAMES, places)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # titles
        ("Mme Kerbrat attend", ["Mme Kerbrat"]),
        ("mme kerbrat attend", ["mme kerbrat"]),
        ("M. et Mme Bouzid n'ont plus rien", ["M. et Mme Bouzid"]),
        ("rappelez mr dubois svp", ["mr dubois"]),
        ("Dr Le Floch, cabinet fermé", ["Dr Le Floch"]),
        ("Maître Odile Kerboul-Roy vous écrira", ["Maître Odile Kerboul-Roy"]),
        ("Mme de Beaulieu, votre interlocutrice", ["Mme de Beaulieu"]),
        ("Mme B. m'a raccroché au nez", ["Mme B"]),
        ("M. D. du service client", ["M. D"]),
        ("MME DUBOIS ATTEND DEPUIS LUNDI", ["MME DUBOIS"]),
        ("c'est mamie Lucienne", ["mamie Lucienne"]),
        ("mon papi Odilon Xertigny, 91 ans", ["papi Odilon Xertigny"]),
        ("c papi Lucien jarrive pas a capter", ["papi Lucien"]),
        ("mamie Lucienne cest urgent", ["mamie Lucienne"]),
        ("PLUS DE LIGNE !!! JEAN-YVES PETIT 4 APPELS", ["JEAN-YVES PETIT"]),
        ("ENCORE UNE PANNE DEPUIS MARDI ! JULIEN MARCHAND, SVP", ["JULIEN MARCHAND"]),
        ("PAS DE RESEAU ! KEVIN PETIT JOUR DE PANNE", ["KEVIN"]),
        ("merci Marine du support", ["Marine"]),
        ("rappelez mr da costeiro-belmirez", ["mr da costeiro-belmirez"]),
        ("mme el zahrouni-kerdrec attend", ["mme el zahrouni-kerdrec"]),
        # introductions
        ("je mappelle kelian et jai 17 ans", ["kelian"]),
        ("je m'apelle Jérémie Caussade", ["Jérémie Caussade"]),
        ("Mon nom est Nguyen Thi Lan, merci", ["Nguyen Thi Lan"]),
        ("nom kowalczyk dossier 12", ["kowalczyk"]),
        ("le nom sur la porte est Vuitrequin-Achabi", ["Vuitrequin-Achabi"]),
        ("Nom : PASQUIER Prénom : Loïc", ["PASQUIER", "Loïc"]),
        ("Je soussigné Fulgence Bazurier demande", ["Fulgence Bazurier"]),
        ("titulaire : ndeye coumba sarr", ["ndeye coumba sarr"]),
        ("au nom de Gisèle Pommereau", ["Gisèle Pommereau"]),
        ("de la part de Jean-Pierre Le Floc'h", ["Jean-Pierre Le Floc'h"]),
        # roles, greetings, what one does
        ("ma voisine Odile a la fibre", ["Odile"]),
        ("votre conseillère Prudence est venue", ["Prudence"]),
        ("le technicien Rachid est venu", ["Rachid"]),
        ("Salut Noël, merci encore", ["Noël"]),
        ("rose du support m'a dit non", ["rose"]),
        ("j'ai eu pierre, non : pierre m'a dit demain", ["pierre"]),
        ("mon ex-femme Laetitia Grosjean", ["Laetitia Grosjean"]),
        ("la ligne de la veuve Chauvin est coupée", ["Chauvin"]),
        ("plus rien chez les Dubourg depuis lundi", ["Dubourg"]),
        ("Constant, technicien, est venu", ["Constant"]),
        ("bonjour christiane moulin ma box est morte", ["christiane moulin"]),
        # by themselves
        ("2h avec ginette au tel", ["ginette"]),
        ("MARC HABITUELLEMENT SYMPA MAIS PAS AUJOURD'HUI", ["MARC"]),
        ("MERCI A BRIGITTE DU 3244, ENFIN QUELQU'UN", ["BRIGITTE"]),
        ("Hubert LACAZE / box HS", ["Hubert LACAZE"]),
        ("GUILLAUME-LE ROUX Tanguy, né ici", ["GUILLAUME-LE ROUX Tanguy"]),
        ("Édouard de Rochebrune d'Argental, lassé", ["Édouard de Rochebrune d'Argental"]),
        ("Le compte de Hugues De La Tour", ["Hugues De La Tour"]),
        ("Pieter Van den Berghe vous écrit", ["Pieter Van den Berghe"]),
        ("je suis Małgorzata Kowal", ["Małgorzata Kowal"]),
        ("Réclamation de P. Vandewalle", ["P. Vandewalle"]),
        ("signé J.-P. Quervilly, abonné", ["J.-P. Quervilly"]),
        ("le bon de M.-L. Quervilly", ["M.-L. Quervilly"]),
        ("le bon de J.M. Quervilly", ["J.M. Quervilly"]),
        ("le bon de Ph. Quervilly", ["Ph. Quervilly"]),
        ("avis de J.C QUERVILLY, de Ph. de Quervilly", ["J.C QUERVILLY", "Ph. de Quervilly"]),
        ("Mr J C Quervilly attend", ["Mr J C Quervilly"]),
        ("Mme Quervilly - Ostrobar attend", ["Mme Quervilly - Ostrobar"]),
        ("l'étiquette « Xeravitch-Monouko » est collée", ["Xeravitch-Monouko"]),
        ("JP Quervilly et J-P Quervilly", ["JP Quervilly", "J-P Quervilly"]),
        ("le colis de Xeravitch-Monouko", ["Xeravitch-Monouko"]),
        ("mr de la quervillard, mme d'ornessan", ["mr de la quervillard", "mme d'ornessan"]),
        ("COLIS REMIS A KEVIN QUERVILLOIT PAR ERREUR", ["KEVIN QUERVILLOIT"]),
        ("c'est pour Aziz M. encore", ["Aziz M"]),
        # names of which no list knows a first name
        ("la box de lê thị kim oanh clignote", ["lê thị kim oanh"]),
        ("au nom de Phạm Thị Bảo Lan", ["Phạm Thị Bảo Lan"]),
        ("dossier nguyen van phuoc bloqué", ["nguyen van phuoc"]),
        ("Tchibounda Makossi attend", ["Tchibounda Makossi"]),
        ("mamie Ainara Iribarrne maison en panne", ["mamie Ainara Iribarrne"]),
        ("pépé Fernand et mémé Yvonne", ["pépé Fernand", "mémé Yvonne"]),
        ("Milan, mon fils, est en panne", ["Milan"]),
        ("Garabed Ter-Xerossian attend", ["Garabed Ter-Xerossian"]),
        ("Cordialement, J. M.", ["J. M"]),
        # signatures
        ("Plus rien depuis un mois. Solveig", ["Solveig"]),
        ("Voyez ici\nMerci\nClément – Free", ["Clément"]),
        ("C'est réglé, bonne soirée. Aurore", ["Aurore"]),
        ("Toujours rien. Cordialement, Wassim Ben Ali", ["Wassim Ben Ali"]),
        # names that are words or places
        ("le contrat de Rose Petit", ["Rose Petit"]),
        ("je suis France Lambelin, cliente", ["France Lambelin"]),
        ("Florence Paris attend", ["Florence Paris"]),
        ("Tours, c'est mon nom", ["Tours"]),
        ("mon neveu Paris a dix ans", ["Paris"]),
        ("C'est Mr Toulouse qui écrit", ["Mr Toulouse"]),
        ("Pierre, 34 ans, sans internet", ["Pierre"]),
        ("Marine, Marseille, en rade", ["Marine"]),
        ("Clément de Clermont : pas de fibre", ["Clément"]),
        # names that things have too
        ("Mercedes Ortunio attend", ["Mercedes Ortunio"]),
        ("Merci Julien Renault, tout marche", ["Julien Renault"]),
        ("vu avec le vendeur de Darty, Zoé m'a dit oui", ["Zoé"]),
        ("papa de Léon et Zoé, sans internet", ["Léon", "Zoé"]),
        # what a name found brings along
        ("merci à Ingrid, Igor et Xandrine", ["Ingrid", "Igor", "Xandrine"]),
        ("Mon nom : Tchoupakov et pas Tchoupacov", ["Tchoupakov", "Tchoupacov"]),
        ("Genre Awa en 2021. Awa revenez", ["Awa", "Awa"]),
    ],
)  # fmt: skip
def test_names_are_found_whole(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Saint-Denis sans réseau, et Clermont pareil",
        "Freebox Pop ou Freebox Delta ?",
        "Rose, rouge, bleu : mon voyant fait le sapin de Noël",
        "La pierre est tombée sur le câble",
        "Marine Nationale et hôpital coupés",
        "merci Marine nationale, bravo Marine marchande",
        "IMPOSSIBLE DE JOINDRE LE SERVICE CLIENT DEPUIS LUNDI",
        "Bonjour Monsieur, bonjour Madame, je résilie",
        "Monsieur le Directeur, Madame la Médiatrice",
        "C'est clair et net. Parfait exemple de mépris.",
        "Plus belle la vie pixelise, Koh-Lanta coupe",
        "Mardi, Mercredi, Jeudi : trois lapins",
        "En Janvier on me dit Février",
        "Rendez-vous place Jean-Jaurès",
        "Panne rue Victor Hugo",
        "le lycée Jules-Ferry sans wifi",
        "Siri comprend mieux, Alexa aussi",
        "Honteux. Scandaleux. Lamentable.",
        "France 2 et France Inter sans son",
        "Je suis client, je suis déçu",
        "Un Grand Merci À Toute L'équipe Du Support, Problème Résolu",
        "Le père Noël passera avant vous",
        "m. le conseiller était sympa",
        "la gare de Xeravitch-Monouko",
        "Vu avec M.-C. du service client",
        "madame de la compta",
        "Sosh, Alice et Bouygues, même combat",
        "une Leon FR sans réseau",
        "Clio V et Peugeot 208",
        "Clio, Zoé, Dacia : aucune n'a le wifi",
        "Renault Zoé contre Peugeot, et la fibre ?",
        "ma Mégane est en panne comme la box",
        "Une Mercedes garée devant l'armoire",
        "Kiabi et Jules ont du réseau, pas moi",
        "mr le président, mme la cheffe",
        "mamie appelle, tata aussi",
        "Le nom affiché sur la box est Freebox-Pop",
        "Plan A. Vendredi, plan B.-C. Samedi",
        "Au nom de la loi, rendez-moi ma connexion",
        "Signé par qui ? Par un robot ?",
        "De la part de toute la résidence : merci",
        "Aurore boréale visible, réseau invisible",
        "le noir se marie mal avec la box",
        "COMMENT CHANGER LE NOM SUR MON DOSSIER",
        "bloc alim grillé, I want my line back",
        "@Karim_Benali merci, #Karim https://example.com/Karim",
        "merci [PER_1] et [PER_2]",
        "même Netflix rame",
        "Monsieur Propre a nettoyé mon débit, Madame Irma rit",
        "Roland-Garros en pixel, Coupe Davis aussi",
        "Grand Frais à Metz capte mieux que moi",
        "Call Of Duty demande 100 Go",
    ],
)
def test_what_is_no_name_stays(text: str) -> None:
    assert found(text) == []


def test_the_same_name_has_one_value_and_no_title() -> None:
    values = {one.value for one in persons.find("Mme LÉGER, pas Mme Leger. Cordialement, mme leger", NAMES)}
    assert values == {"leger"}


def test_finds_say_type_and_rule() -> None:
    (one,) = persons.find("je suis Mme Kerbrat", NAMES)
    assert (one.start, one.end, one.type, one.rule) == (8, 19, PiiType.PER, "person_title")


def test_a_word_in_a_place_is_a_name_only_when_something_says_so() -> None:
    text = "Chez Lourmel Plessis rien, et Mme Lourmel attend"
    place = (5, 20)
    assert found("Chez Firmin Lourmel rien") == ["Firmin Lourmel"]
    assert found("Chez Firmin Lourmel rien", ((5, 19),)) == []
    assert found(text, (place, (34, 41))) == ["Mme Lourmel"]


def test_without_lists_titles_still_count() -> None:
    assert [one.value for one in persons.find("Mme Kerbrat et karim", Names(Lexicon()))] == ["kerbrat"]


def test_the_memory_of_a_text_without_names_ends_with_its_places() -> None:
    names = Names(Lexicon(first_common=frozenset({"firmin"})))
    for places, n_found in (([(5, 11)], 0), ([], 1), ([(5, 11)], 0)):
        assert len(persons.find("Chez Firmin rien", names, places)) == n_found


def test_the_memory_of_words_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.core.pii.names.MAX_REMEMBERED", 2)
    names = Names(Lexicon(first_common=frozenset({"karim"})))
    text = "merci Karim, pas de souci avec Karim"
    other = Names(Lexicon(first_common=frozenset({"karim"})))
    assert len(persons.find(text, other)) == 2
    assert persons.find(text, names) == persons.find(text, names) == persons.find(text, other)


PIECES: Final = st.sampled_from(
    [
        "Mme", "M.", "Karim", "karim", "KARIM",
        "Rose", "Le", "Goff", "de", "d'", "van", "Van", "den", "nom", "est",
        "mon", "je", "m'appelle", "signé", "Paris", "technicien", "et", ",", ".", "B.", "[PER_1]", "]]]", "@free",
        "pas", "Carim", "avec", "un", "X", "(", ")", "\n", "12", "🙏", "é", "\u2019", "c'", "Mai", "France", "Lambelin",
        "cordialement",
    ]
)  # fmt: skip
TEXTS: Final = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=14).map(" ".join))


@given(TEXTS, st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=3))
def test_on_any_text_finds_are_in_order_and_hold_letters(text: str, places: list[tuple[int, int]]) -> None:
    end = 0
    for one in persons.find(text, NAMES, places):
        assert end <= one.start < one.end <= len(text)
        assert any(sign.isalpha() for sign in text[one.start : one.end])
        assert one.value
        end = one.end


@given(TEXTS)
def test_a_text_with_placeholders_in_place_of_names_has_none(text: str) -> None:
    scrubbed, position = "", 0
    for number, one in enumerate(persons.find(text, NAMES), 1):
        scrubbed += f"{text[position : one.start]}[PER_{number}]"
        position = one.end
    assert persons.find(scrubbed + text[position:], NAMES) == []


@pytest.mark.parametrize(
    "piece",
    [
        "Mme ", "M. et ", "Karim ", "van ", "Van den ", "de la De La ", "Le ", "A. ", "d'", "-a", "nom : ",
        "c'est mon nom ", "A", "Karim/", "Carim, Karin, ", "]", "@", "je m'appelle ", "mon fils ", "Jean-", "É",
        "[PER_1] ", "pas Dupond ",
        "Nguy\u1ec5n ", "Th\u1ecb B\u1ea3o ", "nguyen van ",
        "Abcde Fghij attend ", "Abcde ", "Abcde, mon fils, ", "A. B. ",
        "avec un ", "Zoé. ", "'\u2019",
    ],
)  # fmt: skip
def test_hostile_texts_of_10_kb_take_no_square(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    persons.find(text, NAMES, [(0, 5)])
    assert is_quick(lambda: persons.find(text, NAMES, [(0, 5)]))


@pytest.mark.parametrize(
    "text", ["Cdlt, Ghislain]e Pruvost", "Cdlt, ]]]]e Pruvost", "Mme [PER_1]e Roux", "merci ]Karim Roux"]
)
def test_what_stands_for_a_find_is_part_of_no_name(text: str) -> None:
    finds = persons.find(text, NAMES, ())
    assert all("]" not in text[one.start : one.end] for one in finds)
    assert all(one.end <= other.start for one, other in pairwise(finds))
