"""What must become of a record that was sent, by what it is."""

from enum import StrEnum
from typing import Final

from schemas.topics import DEAD_LETTER, NOISE, OFFICIAL, RAW_DEAD_LETTER
from streams.core.sample.mixture import Kind

SERVICE: Final = "service"
"""Any of the service topics."""


class Sort(StrEnum):
    """What a record is, as far as its place depends on it."""

    CUSTOMER = "customer"
    REPLY = "reply"
    OFFICIAL = "official"
    NOISE = "noise"
    NEAR_DUPLICATE = "near_duplicate"
    GARBAGE = "garbage"
    LARGE = "large"


SORT_OF: Final[dict[Kind, Sort]] = {
    Kind.CUSTOMER: Sort.CUSTOMER, Kind.REPLY: Sort.REPLY, Kind.OFFICIAL: Sort.OFFICIAL, Kind.RETWEET: Sort.NOISE,
    Kind.EMPTY: Sort.NOISE, Kind.DUPLICATE: Sort.CUSTOMER, Kind.NEAR_DUPLICATE: Sort.NEAR_DUPLICATE,
    Kind.GARBAGE: Sort.CUSTOMER,
}  # fmt: skip
"""A duplicate is one of the records with a customer's id; what breaks a line of a file breaks no record."""

PLACES_OF: Final[dict[Sort, frozenset[str]]] = {
    Sort.CUSTOMER: frozenset({SERVICE, NOISE}),
    Sort.REPLY: frozenset({SERVICE, NOISE}),
    Sort.OFFICIAL: frozenset({OFFICIAL}),
    Sort.NOISE: frozenset({NOISE}),
    Sort.NEAR_DUPLICATE: frozenset({SERVICE, NOISE}),
    Sort.GARBAGE: frozenset({RAW_DEAD_LETTER}),
    Sort.LARGE: frozenset({SERVICE, RAW_DEAD_LETTER, DEAD_LETTER}),
}
"""Of the records with one customer's id, one must be at a service; the others are noise. Two replies of one author may
say the same; the marks by which near-duplicates are known are lost with Redis."""
