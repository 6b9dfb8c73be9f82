"""How sure each rule is: what a checksum proved is surer than a shape, a shape surer than a number beside a word."""

from typing import Final

CONFIDENCE: Final[dict[str, float]] = {
    # proved by a checksum or by a grammar that nothing else follows
    "iban_checksum": 0.99, "card_luhn": 0.99, "iban_rib": 0.97, "nir_key": 0.99, "email": 0.99, "handle": 0.99,
    # an unmistakable shape
    "phone_fr": 0.98, "phone_international": 0.95, "phone_spelled": 0.95, "handle_in_address": 0.95,
    "ip_v6": 0.98, "ip_mac": 0.97, "ip_v4": 0.95, "account_shape": 0.95, "iban_shape": 0.93, "nir_shape": 0.93,
    "address_street": 0.93, "email_obfuscated": 0.9,
    # a looser shape with a word that says what it is
    "nir_cue": 0.9, "card_cue": 0.85, "birth_date": 0.9, "url_parameter": 0.9, "url_user": 0.9, "url_path": 0.85,
    "handle_named": 0.9, "ip_cue": 0.85, "account_cue": 0.85,
    "address_part": 0.8, "birth_near": 0.75, "account_bare": 0.7,
    # a name of a person: announced, or by lists and writing
    "person_title": 0.95, "person_introduced": 0.93, "person_claimed": 0.9, "person_spelt": 0.9, "person_full": 0.9,
    "person_initial": 0.85, "person_role": 0.85, "person_signature": 0.85, "person_listed": 0.8, "person_foreign": 0.75,
    "person_again": 0.8, "person_beside": 0.8, "person_double": 0.85, "person_asian": 0.85,
    "person_acting": 0.75, "person_family": 0.8, "wholesale": 0.5,
}  # fmt: skip
"""Rule -> confidence, 0 to 1. By judgement, in the order that the marked tweets bear out; no probabilities."""

UNKNOWN: Final = 0.5
"""Of a rule that is not listed."""


def confidence_of(rule: str) -> float:
    """Returns a rule's confidence."""
    return CONFIDENCE.get(rule, UNKNOWN)
