"""Places in invented tweets: spoken forms, homonyms, traps, and what holds for every string."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.tweet import Place
from streams.core.places.find import find_places
from streams.core.places.vocabulary import FIRST_NAMES
from streams.gazetteer import gazetteer
from streams.person_names import load_lexicon


def found(text: str) -> list[tuple[str, str, str | None, str | None]]:
    return [(one.text, one.kind, one.insee, one.department) for one in places(text)]


def places(text: str) -> tuple[Place, ...]:
    return find_places(text, gazetteer())


SPOKEN = (
    ("plus rien dans le 77 depuis hier", [("77", "department", None, "77")]),
    ("panne sur tout le 78 ?", [("78", "department", None, "78")]),
    ("le 93 est encore coupé", [("93", "department", None, "93")]),
    ("rien ne marche 77nord", [("77", "department", None, "77")]),
    ("coupure dans le 2A et le 2B", [("2A", "department", None, "2A"), ("2B", "department", None, "2B")]),
    ("panne dans le 31, 32 et 82", [("31", "department", None, "31"), ("32", "department", None, "32"),
                                   ("82", "department", None, "82")]),
    ("dept 974 sans réseau", [("974", "department", None, "974")]),
    ("toujours rien à Saint Pol", [("Saint Pol", "commune", "29259", "29")]),
    ("coupé à st-denis 93", [("st-denis", "commune", "93066", "93"), ("93", "department", None, "93")]),
    ("coupé à St Denis 974", [("St Denis", "commune", "97411", "974"), ("974", "department", None, "974")]),
    ("panne Marseille 13e", [("Marseille 13e", "arrondissement", "13213", "13")]),
    ("panne à Paris 15", [("Paris 15", "arrondissement", "75115", "75")]),
    ("fibre HS Lyon 3ème", [("Lyon 3ème", "arrondissement", "69383", "69")]),
    ("Lyon 3ème arrondissement coupé", [("Lyon 3ème arrondissement", "arrondissement", "69383", "69")]),
    ("dans le 3e arrondissement de Lyon", [("3e arrondissement", "arrondissement", "69383", "69"),
                                           ("Lyon", "commune", "69123", "69")]),
    ("le 18ème arrondissement est coupé", [("18ème arrondissement", "arrondissement", "75118", "75")]),
    ("plus rien Paris XVe", [("Paris XVe", "arrondissement", "75115", "75")]),
    ("plus rien à Lyon IIIe", [("Lyon IIIe", "arrondissement", "69383", "69")]),
    ("XIIIe à Marseille", [("XIIIe", "arrondissement", "13213", "13"), ("Marseille", "commune", "13055", "13")]),
    ("dans le 13e à Marseille", [("13e", "arrondissement", "13213", "13"), ("Marseille", "commune", "13055", "13")]),
    ("pas à Paris, mais dans le 3e arrondissement de Lyon", [
        ("Paris", "commune", "75056", "75"), ("3e arrondissement", "arrondissement", "69383", "69"),
        ("Lyon", "commune", "69123", "69")]),
    ("panne à Paris (15e)", [("Paris (15e)", "arrondissement", "75115", "75")]),
    ("panne à Paris, 15ème", [("Paris, 15ème", "arrondissement", "75115", "75")]),
    ("panne à Paris dans le 15e", [("Paris dans le 15e", "arrondissement", "75115", "75")]),
    ("panne à Paris 15 depuis hier", [("Paris 15", "arrondissement", "75115", "75")]),
    ("panne à Paris 15 : rien", [("Paris 15", "arrondissement", "75115", "75")]),
    ("PARIS XVE SANS FIBRE", [("PARIS XVE", "arrondissement", "75115", "75")]),
    ("LA VIE À LYON", [("LYON", "commune", "69123", "69")]),
    ("panne à Paris 15, rue Vide", [("Paris 15", "arrondissement", "75115", "75")]),
    ("panne à Paris 15 4 rue Vide", [("Paris 15", "arrondissement", "75115", "75")]),
    ("panne à Marseille (13)", [("Marseille", "commune", "13055", "13"), ("13", "department", None, "13")]),
    ("panne à Marseille 13", [("Marseille", "commune", "13055", "13"), ("13", "department", None, "13")]),
    ("Lyon 2-1 Marseille", [("Lyon", "commune", "69123", "69"), ("Marseille", "commune", "13055", "13")]),
    ("Lyon 2 - Marseille 1", [("Lyon", "commune", "69123", "69"), ("Marseille", "commune", "13055", "13")]),
    ("panne à Nice", [("Nice", "commune", "06088", "06")]),
    ("Nice est coupé depuis hier", [("Nice", "commune", "06088", "06")]),
    ("Bonjour. Tours toujours sans fibre", [("Tours", "commune", "37261", "37")]),
    ("rien aux Lilas", [("Lilas", "commune", "93045", "93")]),
    ("à Lens et liévin", [("Lens", "commune", "62498", "62"), ("liévin", "commune", "62510", "62")]),
    ("à Cergy/Pontoise", [("Cergy", "commune", "95127", "95"), ("Pontoise", "commune", "95500", "95")]),
    ("dans tout le 07", [("07", "department", None, "07")]),
    ("départements du Lot (46) et de l'Aveyron (12)", [
        ("Lot", "department", None, "46"), ("46", "department", None, "46"),
        ("Aveyron", "department", None, "12"), ("12", "department", None, "12")]),
    ("Le Havre sans réseau", [("Le Havre", "commune", "76351", "76")]),
    ("la boutique du Havre", [("Havre", "commune", "76351", "76")]),
    ("en panne au Havre", [("Havre", "commune", "76351", "76")]),
    ("rien aux Sables d'Olonne", [("Sables d'Olonne", "commune", "85194", "85")]),
    ("je suis a besancon", [("besancon", "commune", "25056", "25")]),
    ("PANNE A CLERMONT FERRAND", [("CLERMONT FERRAND", "commune", "63113", "63")]),
    ("#Bordeaux #Free", [("Bordeaux", "commune", "33063", "33")]),
    ("#ParisOuest en panne", [("Paris", "commune", "75056", "75")]),
    ("encore #clermontferrand", [("clermontferrand", "commune", "63113", "63")]),
    ("toute la Haute-Garonne", [("Haute-Garonne", "department", None, "31")]),
    ("coupure en haute garonne", [("haute garonne", "department", None, "31")]),
    ("dans la Gironde", [("Gironde", "department", None, "33")]),
    ("panne en bretagne", [("bretagne", "region", None, None)]),
    ("panne en PACA", [("PACA", "region", None, None)]),
    ("toute l'IDF", [("IDF", "region", None, None)]),
    ("dans les Hauts de France", [("Hauts de France", "region", None, None)]),
    ("j'habite La Réunion", [("La Réunion", "department", None, "974")]),
    ("13290 Aix", [("13290", "postcode", "13001", "13"), ("Aix", "commune", "13001", "13")]),
    ("à Bordeaux (33000)", [("Bordeaux", "commune", "33063", "33"), ("33000", "postcode", "33063", "33")]),
    ("13120 Gardanne", [("13120", "postcode", "13041", "13"), ("Gardanne", "commune", "13041", "13")]),
    ("75017 Paris", [("75017", "postcode", "75117", "75"), ("Paris", "commune", "75056", "75")]),
    ("Nancy, quartier Boudonville", [("Nancy", "commune", "54395", "54"), ("Boudonville", "district", "54395", "54")]),
    ("près de Vandœuvre-lès-Nancy", [("Vandœuvre-lès-Nancy", "commune", "54547", "54")]),
    ("coupé à Be\u0301ziers", [("Be\u0301ziers", "commune", "34032", "34")]),
    ("à Lomme toujours rien", [("Lomme", "commune", "59355", "59")]),
    ("panne à Nouméa", [("Nouméa", "commune", "98818", "988")]),
)  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SPOKEN, ids=[text for text, _ in SPOKEN])
def test_a_place_is_found_as_people_say_it(text: str, expected: list[tuple[str, str, str | None, str | None]]) -> None:
    assert found(text) == expected


NO_ARRONDISSEMENT = (
    "à Paris, le 15 au soir", "à Paris depuis le 14", "depuis Paris le 14", "à Paris le 14 et le 15", "à Paris le 1er",
    "à Paris, le 1er mars", "à Paris 1er mars", "à Paris 14 juillet", "à Paris 14/07", "à Paris le 14.07",
    "à Paris (12 appels)", "à Paris 12 jours sans rien", "à Paris, 2 box", "à Paris 3 techniciens", "à Paris 3 fois",
    "à Paris, 2e panne", "à Paris 3e fois", "à Paris le 2e technicien", "à Paris 3h de coupure", "à Paris 3 h",
    "à Paris, 9h", "à Paris 20:45", "à Paris 10 €", "à Paris 10e par mois", "à Paris 3 %", "à Paris 3.5 Mb/s",
    "à Paris 2/10", "à Paris 21e", "à Paris 24", "à Paris au XIXe siècle", "la vie à Paris", "à Paris -3 degrés",
    "fac de Paris 8", "université de Paris 3", "la 3e à Paris", "Paris vie chère", "à Paris 2 : 1",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_ARRONDISSEMENT)
def test_a_day_an_hour_or_a_count_behind_paris_is_no_arrondissement(text: str) -> None:
    assert found(text) == [("Paris", "commune", "75056", "75")]


def test_a_number_alone_is_believed_less_than_an_ordinal() -> None:
    assert places("à Paris 15")[0].confidence < places("à Paris 15e")[0].confidence


HOMONYMS = (
    ("à Saint-Denis, 93200", "93066"),
    ("à Saint-Denis dans le 974", "97411"),
    ("à Valence (26)", "26362"),
    ("à Valence dans le Tarn-et-Garonne", "82186"),
    ("à Vienne depuis ce matin", "38544"),
    ("à Beaumont 63110", "63032"),
    ("boutique de Villefranche, 31290", "31582"),
)


@pytest.mark.parametrize(("text", "insee"), HOMONYMS)
def test_a_homonym_is_told_by_postcode_department_or_size(text: str, insee: str) -> None:
    assert insee in [one.insee for one in places(text)]


def test_the_department_and_the_town_of_one_name_are_told_by_the_preposition() -> None:
    assert found("panne dans la Vienne") == [("Vienne", "department", None, "86")]
    assert found("panne à Vienne") == [("Vienne", "commune", "38544", "38")]


NO_PLACE = (
    "Aucun réseau sur ma ligne depuis deux jours",
    "Orange et Bouygues marchent, pas Free",
    "je passe chez Orange demain",
    "je retourne à Orange dès lundi",
    "France 2 et TF1 ne passent plus",
    "La France entière est en panne",
    "en vacances à Londres puis à Bruxelles",
    "Mr Toulouse n'est pas venu",
    "Mme Irma Montlouis attend toujours",
    "Monsieur Albert, rappelez-moi",
    "je m'appelle Vierzon",
    "signé Antoine de Montaigu",
    "Kevin LENS",
    "il n'y en aura jamais",
    "rue de Paris, au numéro 4",
    "avenue de Toulouse",
    "match du Paris Saint-Germain ce soir",
    "contre Lens ce soir",
    "Koh-Lanta commence",
    "Nice, le nouveau menu !",
    "Nice est joli, ce menu",
    "nice est coupé",
    "Les tours sont coupées",
    "Salon coupé du wifi",
    "Port en panne",
    "Orange est en panne",
    "Tampon HS",
    "je fais la queue depuis une heure",
    "rendez-vous le 12, puis le 20",
    "coupé depuis le 22 septembre",
    "rdv le 31/03 au matin",
    "débit de 10 sur les 78 promis",
    "la chaîne 84 est brouillée",
    "remboursez mes 78 euros",
    "ticket 33000, toujours rien",
    "15000 abonnés en colère",
    "écrivez à jean.paris@exemple.fr",
    "@Lyon_Fibre répondez",
    "https://exemple.fr/Bordeaux/33000",
    "appelez le 3244 ou le 1044",
    "joignable au 06 39 98 00 12",
    "Paris 2024 approche",
    "Lyon 2031, on y sera",
    "un petit bourg sans fibre",
    "dans le nord de la maison",
    "il gare sa voiture au port",
    "[PHONE_1] [IBAN_1]",
)


@pytest.mark.parametrize("text", NO_PLACE)
def test_what_only_looks_like_a_place_is_none(text: str) -> None:
    assert found(text) == []


def test_a_common_word_is_a_place_with_evidence_alone() -> None:
    assert found("ma fibre à Orange (84100)")[0] == ("Orange", "commune", "84087", "84")
    assert found("44850 Ligné toujours coupé")[1] == ("Ligné", "commune", "44082", "44")


def test_first_names_are_those_that_the_scrubber_knows() -> None:
    assert load_lexicon().first_common >= FIRST_NAMES


def test_confidence_is_less_where_the_name_is_borne_by_many() -> None:
    sure, unsure = places("à Strasbourg")[0], places("à Beaumont")[0]
    assert 0 < unsure.confidence < sure.confidence <= 1


PIECES = st.sampled_from(
    ["St ", "Paris", "15e", "à ", "le 93", "Lyon 3", "XVe", "(3e)", ", le 1er", "(69)", "69003", "saint",
     "Denis", "-", " ", ", ", "#", "@", "La ",
     "Le Havre", "du ", "quartier ", "Vieux Port", "77nord", "\u0301", "\u200b", "œ", "İ", "13, ", "dans le ", "974",
     "Réunion"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=14).map("".join)))
def test_offsets_fit_places_are_in_order_and_those_of_a_kind_apart(text: str) -> None:
    one_reading = places(text)
    assert all(text[one.start : one.end] == one.text and one.text for one in one_reading)
    assert list(one_reading) == sorted(one_reading, key=lambda one: (one.start, one.end))
    for kind in {one.kind for one in one_reading}:
        of_kind = [one for one in one_reading if one.kind == kind]
        assert all(before.end <= after.start for before, after in pairwise(of_kind))
    assert all(0 < one.confidence <= 1 for one in one_reading)
    assert places(text) == one_reading


@given(st.text(alphabet=st.characters(categories=["Cs", "Mn", "Cf", "L", "Nd"]), max_size=60))
def test_no_string_makes_it_raise(text: str) -> None:
    assert isinstance(places(f"à {text} Lyon {text}"), tuple)
