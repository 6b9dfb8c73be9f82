"""What a reply says and how, on invented replies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.audit import Register
from streams.core.audit.form import form_of
from streams.core.audit.openings import REPEATS, Openings, opening_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@max_lune Nous sommes désolés pour cette coupure.", True),
        ("Je suis navrée, un technicien passe mardi", True),
        ("Toutes nos excuses pour l'attente", True),
        ("Nous regrettons cette erreur de facture", True),
        ("Votre box redémarre, patientez dix minutes", False),
        ("Voir https://exemple.fr/pardon", False),  # a link says nothing
        ("@pardon_max votre ligne est rétablie", False),  # nor does a handle
    ],
)
def test_apology(text: str, expected: bool) -> None:
    assert form_of(text).apology is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Merci pour ce signalement", True),
        ("Nous vous remercions de votre patience", True),
        ("La panne est réparée", False),
        ("Mercier & fils n'est pas notre sous-traitant", False),
    ],
)
def test_thanks(text: str, expected: bool) -> None:
    assert form_of(text).thanks is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Écrivez-nous en MP avec votre numéro de ligne", True),
        ("Envoyez un message privé à nos équipes", True),
        ("Rejoignez Messenger : https://exemple.fr/m", True),
        ("Poursuivons en privé !", True),
        ("Les DM sont indisponibles ce matin.", False),
        ("La messagerie privée n'est plus disponible.", False),
        ("L'envoi de DM est impossible aujourd'hui", False),
        ("La messagerie privée n'est plus disponible. Passez par WhatsApp.", True),
        ("Appelez le service au 3900", False),
    ],
)
def test_redirection(text: str, expected: bool) -> None:
    assert form_of(text).redirection is expected


@pytest.mark.parametrize(
    ("text", "register"),
    [
        ("Pouvez-vous redémarrer la box ?", Register.VOUS),
        ("Votre facture est corrigée", Register.VOUS),
        ("Tu peux redémarrer la box ?", Register.TU),
        ("On s'occupe de ta ligne", Register.TU),
        ("Ça t'arrive souvent ? Dis-nous vous deux", Register.TU),
        ("Le ton de ce message nous surprend", Register.NONE),
        ("Désolé pour le temps d'attente et la tension", Register.NONE),
        ("Redémarrez la box", Register.NONE),  # no word of address
        ("@vous la panne est finie", Register.NONE),
    ],
)
def test_register(text: str, register: Register) -> None:
    assert form_of(text).register is register


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@max_lune Bonjour Max, la panne est finie", True),
        ("Bonjour Max Lune !\nLa panne est finie", True),
        ("Bonsoir Madame Lune,\nla panne est finie", True),
        ("@max_lune Bonjour,\nla panne est finie", False),
        ("Bonjour à tous,\nla panne est finie", False),
        ("Bonjour Madame,\nla panne est finie", False),
        ("Bonjour la panne de ce matin est finie", False),
        ("@max_lune C'est réparé max_lune, bonne soirée", True),
        ("@max_lune C'est réparé\nBonne soirée max_lune", False),  # not in the first line
    ],
)
def test_named(text: str, expected: bool) -> None:
    assert form_of(text).named is expected


def test_link() -> None:
    assert form_of("Suivez https://exemple.fr/etat").link
    assert form_of("Suivez www.exemple.fr").link
    assert not form_of("Suivez nos annonces http").link


@given(st.text())
def test_any_text_has_a_form_and_an_opening(text: str) -> None:
    form_of(text)
    opening_of(text)


def test_openings_are_equal_behind_mention_greeting_case_and_accents() -> None:
    plain = opening_of("@max_lune Nos équipes réparent le réseau en ce moment.")
    assert plain.words == "nos equipes reparent le reseau en"
    assert opening_of("@eva_sol Bonjour Eva,\n\nNOS EQUIPES réparent le réseau en urgence").words == plain.words
    assert opening_of("Bonjour, nos équipes réparent le réseau en ville").words == plain.words


def opened(texts: list[str], text: str) -> tuple[bool, bool]:
    openings = Openings()
    for one in [*texts, text]:
        openings.add("Marque", opening_of(one))
    judgement = openings.judge("Marque", opening_of(text))
    return judgement.template, judgement.named_at_end


def test_what_an_account_repeats_is_a_template() -> None:
    again = "@max_lune Nos équipes réparent le réseau en ce moment. Dossier {}"
    texts = [again.format(n) for n in range(REPEATS - 2)]
    assert opened(texts, again.format("x")) == (False, False)
    assert opened([*texts, again.format("y")], again.format("x")) == (True, False)


def test_another_accounts_repeats_are_none_of_its_own() -> None:
    openings, opening = Openings(), opening_of("Nos équipes réparent le réseau en ce moment")
    for n in range(REPEATS):
        openings.add(f"Marque{n}", opening)
    assert not openings.judge("Marque0", opening).template
    assert openings.most_frequent() == []


def test_a_known_line_and_a_word_more_calls_by_name() -> None:
    line = "Nos équipes réparent le réseau en ce moment{}\nBonne journée"
    texts = [line.format("") for _ in range(REPEATS)]
    assert opened(texts, line.format(" Max")) == (True, True)
    assert opened(texts, line.format("")) == (True, False)
    assert opened(texts[1:], line.format(" Max")) == (True, False)  # the line itself is not known yet
    assert opened([*texts, *[line.format(" Max")] * REPEATS], line.format(" Max"))[1] is False  # it repeats as it is


def test_what_says_nothing_is_no_template() -> None:
    assert opened(["@max_lune https://exemple.fr"] * 9, "@max_lune https://exemple.fr") == (False, False)
