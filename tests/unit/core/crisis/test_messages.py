"""Alerts in words: text, mail, Slack and Teams."""

import json
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from schemas.alert import PlaceEvidence
from schemas.notice import AlertMessage, Step
from streams.core.crisis.messages import headline, mail, slack, teams, text
from tests.integration.notifier_rig import alert

STEPS = (Step(id="look", text="Look at <them> & *say* [so](http://x)"), Step(id="call", text="Call"))
PLACES = tuple(PlaceEvidence(department=f"{n:02}", n=n, expected=0.1) for n in range(9, 1, -1))


def message(**changes: Any) -> AlertMessage:
    values: dict[str, Any] = {
        "key": "k/1", "kind": "confirmed", "seq": 1, "procedure": "network-national", "steps": STEPS,
        "alert": alert(("open", "national"), places=PLACES, example_ids=("179", "180"), peak=19),
    }  # fmt: skip
    return AlertMessage(**values | changes)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "ALERT network, whole country: 41 complaints, 3.2 expected"),
        ({"kind": "reopened"}, "ALERT AGAIN network, whole country: 41 complaints, 3.2 expected"),
        ({"kind": "escalated"}, "ESCALATED network, whole country: 41 complaints, 3.2 expected"),
        ({"is_test": True}, "TEST, no alert: ALERT network, whole country: 41 complaints, 3.2 expected"),
        (
            {"kind": "widened", "alert": alert(("open", "local"), area_kind="department", area_code="67")},
            "WIDER network, department 67: 41 complaints, 3.2 expected",
        ),
        (
            {"kind": "closed", "alert": alert(("closed", "unknown"), verdict="benign")},
            "OVER network, place unknown, benign: 41 complaints, 3.2 expected",
        ),
    ],
)
def test_headlines(changes: Any, line: str) -> None:
    assert headline(message(**changes)) == line


def test_text_and_mail() -> None:
    found = text(message())
    assert found.splitlines()[2:] == [
        "Alert: network-FR-20260302T1100Z",
        "First complaint: 2026-03-02 13:00",
        "Complaints: 41 of 38 authors, 3.2 expected",
        "Most in 10 minutes: 19",
        "Departments: 09 9, 08 8, 07 7, 06 6, 05 5",
        "Read first: 179 180",
        "Procedure: network-national",
        "",
        "Steps:",
        "1. Look at <them> & *say* [so](http://x) (look)",
        "2. Call (call)",
        "",
        "Sign one: dallosh crisis sign network-FR-20260302T1100Z STEP",
    ]
    assert mail(message()).subject == f"[dallosh] {headline(message())}"
    assert "Steps" not in text(message(kind="closed"))


def test_slack_is_escaped() -> None:
    found = slack(message())
    assert found["text"] == headline(message())
    texts = [block["text"]["text"] for block in found["blocks"]]
    assert texts[2] == "1. Look at &lt;them&gt; &amp; *say* [so](http://x) (look)"
    assert {block["text"]["type"] for block in found["blocks"]} == {"mrkdwn"}
    hostile = slack(message(alert=alert(("open", "national"), topic="<!channel> & <@U1>")))
    assert "<!" not in json.dumps(hostile)
    assert "&lt;!channel&gt; &amp; &lt;@U1&gt;" in hostile["text"]


def test_teams_is_escaped() -> None:
    found = teams(message())
    (attachment,) = found["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    body = attachment["content"]["body"]
    assert [part["type"] for part in body] == ["TextBlock", "FactSet", "TextBlock", "TextBlock"]
    assert body[2]["text"] == r"1. Look at <them\> & \*say\* \[so\]\(http://x\) \(look\)"
    assert body[1]["facts"][0] == {"title": "Alert", "value": r"network\-FR\-20260302T1100Z"}


@pytest.mark.parametrize("render", [slack, teams, text])
def test_what_a_record_says_is_bounded_and_cannot_move_a_cursor(render: Any) -> None:
    evil = "\x1b[2J\u202e\r\n" + "x" * 5_000
    steps = tuple(Step(id=f"s{n}", text="&" * 500) for n in range(40))
    places = (PlaceEvidence(department=evil, n=1, expected=1),)
    one = replace(alert(("open", "national"), topic=evil, places=places, example_ids=(evil,) * 10), id=evil)
    found = render(message(alert=one, steps=steps))
    written = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    assert "\x1b" not in written
    assert "\u202e" not in written
    assert "x" * 200 not in written
    assert len(msgspec.json.encode(found)) < 1 << 20
    if render is slack:
        assert len(found["blocks"]) <= 50
        assert all(len(block["text"]["text"]) <= 3_000 for block in found["blocks"])
