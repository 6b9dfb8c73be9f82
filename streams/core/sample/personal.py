"""Personal data of nobody: numbers reserved for fiction, example domains, test cards, made-up accounts."""

from random import Random
from typing import Final

_PHONES: Final = ("01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98")
"""Ranges that Arcep keeps for works of fiction."""
_CARDS: Final = ("4111111111111111", "4242424242424242", "5555555555554444", "4000056655665556", "5105105105105100")
"""Test numbers that payment providers publish."""
_STREETS: Final = ("rue des Lilas", "avenue de la Gare", "impasse du Moulin", "chemin des Vignes", "place du Marché",
                   "boulevard Voltaire", "rue de l'Église", "allée des Tilleuls", "route de la Plage")  # fmt: skip
_LOCAL_PARTS: Final = ("contact", "famille", "bureau", "client", "maison", "abonne", "atelier", "cabinet", "jardin")


def phone(rng: Random) -> str:
    """Makes a phone number that is nobody's, written in one of the usual ways."""
    digits = f"{rng.choice(_PHONES)} {rng.randrange(100):02} {rng.randrange(100):02}"
    match rng.randrange(5):
        case 0:
            return digits.replace(" ", "")
        case 1:
            return digits.replace(" ", ".")
        case 2:
            return f"+33 {digits[1:]}"
        case _:
            return digits


def email(rng: Random) -> str:
    """Makes an address of a domain that exists for examples only."""
    local_part = f"{rng.choice(_LOCAL_PARTS)}{rng.choice(('.', '_', '-'))}{rng.randrange(1000)}"
    return f"{local_part}@example.{rng.choice(('com', 'org'))}"


def iban(rng: Random) -> str:
    """Makes a French IBAN of a bank that does not exist, with right check digits (RIB key, then ISO 7064)."""
    bank, branch, account = 99_999, rng.randrange(1, 100_000), rng.randrange(1, 10**11)
    key = 97 - (89 * bank + 15 * branch + 3 * account) % 97
    body = f"{bank:05}{branch:05}{account:011}{key:02}"
    check = 98 - int(f"{body}152700") % 97  # FR is 15 27
    whole = f"FR{check:02}{body}"
    return " ".join(whole[i : i + 4] for i in range(0, 27, 4)) if rng.random() < 0.7 else whole


def card(rng: Random) -> str:
    """Returns a test card's number."""
    digits = rng.choice(_CARDS)
    return " ".join(digits[i : i + 4] for i in range(0, 16, 4)) if rng.random() < 0.7 else digits


def account(rng: Random) -> str:
    """Makes a subscriber's identifier."""
    return f"fbx{rng.randrange(10**7, 10**8)}"


def address(rng: Random) -> str:
    """Makes a street address without a town."""
    return f"{rng.randrange(1, 180)}{rng.choice(('', '', ' bis', ' ter'))} {rng.choice(_STREETS)}"


def personal_data(rng: Random) -> str:
    """Returns a sentence in which somebody gives away more than they should."""
    match rng.choices(range(6), weights=(40, 20, 8, 6, 18, 8))[0]:
        case 0:
            return rng.choice(("Joignable au {}", "mon numéro {}", "tel {}", "rappelez-moi au {} svp")).format(
                phone(rng)
            )
        case 1:
            return rng.choice(("mon mail {}", "Écrivez-moi à {}", "mail : {}")).format(email(rng))
        case 2:
            return rng.choice(("IBAN {}", "mon compte {}", "prélevé sur {}")).format(iban(rng))
        case 3:
            return rng.choice(("carte {}", "payé avec la carte {}")).format(card(rng))
        case 4:
            return rng.choice(("identifiant {}", "mon compte abonné {}", "réf {}")).format(account(rng))
        case _:
            return rng.choice(("J'habite {}", "au {}", "adresse : {}")).format(address(rng))
