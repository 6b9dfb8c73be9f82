"""Dates of birth beside a person, an age or another date: what is marked goes, exactly, and all else stays."""

import pytest

from streams.core.pii.marked import parsed
from streams.core.pii.scrub import scrub
from tests.unit.core.hostile import is_quick

BESIDE = (
    "mamie, 81 ans (<DOB>07/09/43</DOB>), fixe coupé",
    "j'ai 47 ans, <DOB>02/11/77</DOB>, et plus de patience",
    "Mon fils Milo, <DOB>03/06/2011</DOB>, a une ligne",
    "ma fille zoé (<DOB>03.06.2011</DOB>) a une ligne",
    "Mme Tissot (<DOB>03/06/64</DOB>) attend",
    "Lise Tissot, <DOB>3 juin 1964</DOB>, rue barrée",
    "Tissot Lise du <DOB>03.06.1964</DOB>",
    "tissot lise du <DOB>03/06/1964</DOB> svp",
    "ddn : <DOB>4.8.91</DOB> <DOB>QUATRE AOUT 91</DOB> merci",
    "née un <DOB>9 avril 71</DOB>",
    "né en <DOB>79</DOB> le <DOB>9 avril</DOB>",
    "mon père, 71 ans le <DOB>9 avril</DOB>, attend",
    "elle fera 71 ans le <DOB>9 avril</DOB>",
)
FOR_CHECK = (
    "mon mail. <DOB>14 05 1968</DOB> si besoin",
    "<DOB>14/05/1968</DOB> pour vérification",
    "(<DOB>14.05.1968</DOB> pr verif)",
    "<DOB>14 05 1948</DOB>, si nécessaire",
)
NOT_BESIDE = (
    "dossier du 14 05 1988 si besoin",
    "facture jointe 14/05/2012 si besoin, rdv le 14 05 1988 pour vérif",
    "abonné depuis 11 ans (03/06/13)",
    "ça fait 11 ans le 9 avril que je paie",
    "ça fera 11 ans le 9 avril, fidèle",
    "rdv avec Lise Tissot, 03/06/2024, personne",
    "technicien Marc Tissot (03/06/24) absent",
    "technicien Marc Tissot (03/06/14) absent",
    "commande Freebox Pop, 03/06/2012, perdue",
    "facture de juin, 03/06/12, 45 euros",
    "Loi Informatique et Libertés du 6 janvier 1978",
    "ma fille, 03/06/2024, toujours rien",
    "Bonjour Madame, 03/06/2012, votre box est née",
    "panne du 12/03/1995, courrier du 12.03.2012",
)


@pytest.mark.parametrize("written", [*BESIDE, *FOR_CHECK, *NOT_BESIDE], ids=ascii)
def test_a_date_beside_a_person_goes_and_nothing_else(written: str) -> None:
    text, marks = parsed(written)
    result = scrub(text)
    found = [(text[span.start : span.end], span.type) for span in result.spans]
    assert found == [(text[mark.start : mark.end], mark.type) for mark in marks]
    assert scrub(result.text).text == result.text


@pytest.mark.parametrize(
    "piece", ["Mon fils Milo, 3/6/2011, ", "Ab Cd ", "ab du ", "47 ans ", "né en 79 le 9 avril ", "1 1 1911 pour "]
)
def test_hostile_texts_of_10_kb_take_no_square(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    assert is_quick(lambda: scrub(text))
