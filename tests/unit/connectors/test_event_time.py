"""Dates as sources write them."""

from datetime import UTC, datetime

import pytest

from streams.connectors.event_time import instant_of
from streams.errors import RejectedError

NOON = datetime(2021, 5, 14, 10, 56, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2021-05-14 12:56:22 +02:00",
        "2021-05-14T12:56:22+02:00",
        "2021-05-14T10:56:22Z",
        "2021-05-14 10:56:22 Z",
        "2021-05-14 10:56:22 UTC",
        "2021-05-14 10:56:22",
        "2021-05-14 12:56:22 +0200",
        "2021-05-14 05:56:22 -05:00",
        "Fri May 14 10:56:22 +0000 2021",
        "  2021-05-14T10:56:22+00:00  ",
    ],
)
def test_a_date_becomes_the_same_utc_instant_in_every_form(text: str) -> None:
    found = instant_of(text)
    assert found == NOON
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hier soir",
        "2021-13-14 12:56:22 +02:00",
        "null",
        "0001-01-01 00:00:00 +02:00",
        "1620989782",
        "14/05/2021",
        "-",
    ],
)
def test_what_is_no_date_is_rejected_without_quoting_it(text: str) -> None:
    with pytest.raises(RejectedError) as caught:
        instant_of(text)
    assert str(caught.value) == "the date cannot be read"
