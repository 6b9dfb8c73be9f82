"""Our side of `make bench-pii`: `python -m tests.bench.pii.ours PLAN structured|persons|whole`."""

import sys

from streams.core.pii import persons
from streams.core.pii.scrub import scrub
from streams.core.redaction import redact
from streams.person_names import person_names
from streams.tables import tables
from tests.bench.pii.task import Finds, play

NAMES = person_names()


def structured(text: str) -> Finds:
    """Finds what has a shape."""
    return [(span.start, span.end) for span in scrub(text).spans]


def names(text: str) -> Finds:
    """Finds names of persons alone."""
    return [(found.start, found.end) for found in persons.find(text, NAMES)]


def whole(text: str) -> Finds:
    """Finds both, and places, as the scrubber does."""
    return [(span.start, span.end) for span in redact(text, tables()).scrubbed.spans]


if __name__ == "__main__":
    play({"structured": structured, "persons": names, "whole": whole}[sys.argv[2]])
