"""The record that is kept of a command: every filter and bound, and nobody's name."""

from schemas.taxonomy import Stage
from schemas.topics import FALLBACK_BERT
from streams.core.canary import CanaryOrder, Outcome
from streams.core.letters import WHERE_NAMES, Wanted
from streams.core.record_id import RecordId
from streams.core.replay_order import Correction, Order, ReplayReport, command_of
from streams.core.replay_plan import planned
from streams.core.where_parser import parse
from tests.unit.core.letter_records import NOW, buried


def test_all_that_was_asked_for_is_kept() -> None:
    wanted = Wanted(stage=Stage.GPU, where=parse('value.author == "sesame"', WHERE_NAMES))
    order = Order(
        command_id="c1", who="me", why="case 14", wanted=wanted, to=FALLBACK_BERT, max_letters=9, letters_per_s=2.5,
        parked=True, canary=CanaryOrder(n_letters=5, timeout_s=30.0, max_failed_share=0.2), verb="unpark",
    )  # fmt: skip
    report = ReplayReport(stopped="2 of 5 letters of the canary failed")
    letter, record = buried(None, key=None)
    report.histogram.add(planned(letter, record))
    report.outcomes = [Outcome("p", "1:1", "tweets.noise", ""), Outcome("p", "1:2", None, "no outcome in time")]
    command = command_of(order, report, n_records=5, now=NOW, outcome="failed")
    assert command.arguments == {
        "where": "value.author == ?", "stage": "gpu", "to": FALLBACK_BERT, "max": "9", "rate": "2.5", "parked": "True",
        "canary": "5", "canary_timeout_s": "30.0", "canary_failures": "0.2", "canary_failed": "1 of 2", "left": "1",
        "stopped": "2 of 5 letters of the canary failed",
    }  # fmt: skip
    assert (command.id, command.at, command.who, command.verb) == ("c1", NOW, "me", "dlq unpark")
    assert (command.why, command.n_records, command.outcome) == ("case 14", 5, "failed")


def test_an_edit_names_its_letter_and_fields_and_not_what_they_hold() -> None:
    correction = Correction(key=b"15", value=b'{"text":"sesame"}', fields=("text", "author"))
    place = RecordId("tweets.parked", 0, 3)
    order = Order(
        command_id="c1", who="me", why="x", verb="edit", places=frozenset([place]), correction=correction
    )  # fmt: skip
    command = command_of(order, ReplayReport(), n_records=1, now=NOW)
    assert (command.verb, command.outcome) == ("dlq edit", "done")
    assert command.arguments == {"places": "tweets.parked:0:3", "edited": "text,author"}


def test_of_many_places_the_first_hundred_are_kept() -> None:
    places = frozenset(RecordId("tweets.dead-letter", 0, offset) for offset in range(130))
    order = Order(command_id="c1", who="me", why="x", verb="discard", places=places)
    said = command_of(order, ReplayReport(), n_records=130, now=NOW).arguments["places"]
    assert said.endswith(" and 30 more")
    assert said.count("tweets.dead-letter:") == 100
