"""What operators ask beside the detector."""

from datetime import UTC, datetime

import pytest

from schemas.operations import Command
from streams.core.crisis.orders import order_of
from streams.core.crisis.requests import RESEND, SIGN, Resend, Signature, resend_of, signatures

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def command(verb: str, why: str = "", **arguments: str) -> Command:
    return Command(id="c1", at=NOW, who="ana", verb=verb, why=why, arguments=arguments)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (command(RESEND, alert="a", seq="3", channel="mail"), Resend("c1", "a", 3, "mail")),
        (command(RESEND, alert="a", seq="³", channel="mail"), None),
        (command(RESEND, alert="a", seq="-1", channel="mail"), None),
        (command(RESEND, alert="a", seq="9" * 30, channel="mail"), None),
        (command(RESEND, alert="a", seq="3"), None),
        (command(RESEND, seq="3", channel="mail"), None),
        (command(SIGN, alert="a", seq="3", channel="mail"), None),
    ],
)
def test_resends(said: Command, meant: Resend | None) -> None:
    assert resend_of(said) == meant
    assert order_of(said) is None


def test_signatures() -> None:
    said = [
        command(SIGN, alert="a", step="look", why="seen"), command(SIGN, alert="b", step="look"),
        command("crisis ack", alert="a"), command(SIGN, alert="a"),
    ]  # fmt: skip
    assert signatures(said, "a") == [Signature("look", "ana", NOW, "seen")]
