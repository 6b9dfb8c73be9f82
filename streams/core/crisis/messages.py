"""A transition of an alert in words: as text, as a mail, and in the forms that Slack and Teams take.

Words are made of numbers, codes and names of the configuration; whatever comes from the record is cleaned, and escaped
for the form that it goes into.
"""

import re
from typing import Any, Final, NamedTuple

from schemas.alert import Alert
from schemas.notice import AlertMessage, NoticeKind
from streams.core.crisis.calendar import french

MAX_WORD: Final = 120
MAX_TEXT: Final = 2_900
"""Slack takes 3,000 characters a block, and 50 blocks."""
_PLACES: Final = 5
_EXAMPLES: Final = 5
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]()#~>|!-])")
_HEAD: Final[dict[NoticeKind, str]] = {
    "confirmed": "ALERT", "reopened": "ALERT AGAIN", "escalated": "ESCALATED", "widened": "WIDER", "closed": "OVER",
}  # fmt: skip

Json = dict[str, Any]


class Mail(NamedTuple):
    """Subject and plain text."""

    subject: str
    body: str


def headline(message: AlertMessage) -> str:
    """Returns one line: `ALERT network, department 67: 41 complaints, 3.2 expected`."""
    alert, kind = message.alert, _HEAD[message.kind]
    test = "TEST, no alert: " if message.is_test else ""
    verdict = f", {alert.verdict}" if message.kind == "closed" and alert.verdict else ""
    counts = f"{alert.observed} complaints, {alert.expected:g} expected"
    return f"{test}{kind} {_clean(alert.topic)}, {where(alert)}{verdict}: {counts}"


def where(alert: Alert) -> str:
    """Returns how far an alert reaches in words: `department 67`, `whole country`, `place unknown`."""
    match alert.scope:
        case "national":
            return "whole country"
        case "local" | "regional":
            return f"{alert.area_kind or alert.scope} {_clean(alert.area_code or '?')}"
        case "unknown":
            return "place unknown"


def facts(message: AlertMessage) -> list[tuple[str, str]]:
    """Returns what is known, by name, in French time."""
    alert = message.alert
    places = ", ".join(f"{_clean(one.department)} {one.n}" for one in alert.places[:_PLACES])
    return [
        ("Alert", _clean(alert.id)),
        ("First complaint", f"{french(alert.first_seen_at):%Y-%m-%d %H:%M}"),
        ("Complaints", f"{alert.observed} of {alert.n_authors} authors, {alert.expected:g} expected"),
        ("Most in 10 minutes", str(alert.peak)),
        ("Departments", places or "nobody says"),
        ("Read first", " ".join(map(_clean, alert.example_ids[:_EXAMPLES])) or "-"),
        ("Procedure", message.procedure or "none"),
    ]


def steps(message: AlertMessage) -> list[str]:
    """Returns the steps of the procedure, numbered; none once the alert is over."""
    found = () if message.kind == "closed" else message.steps
    return [f"{number}. {_clean(one.text, 500)} ({one.id})" for number, one in enumerate(found, 1)]


def text(message: AlertMessage) -> str:
    """Returns all of it as plain lines."""
    lines = [headline(message), "", *(f"{name}: {value}" for name, value in facts(message))]
    if todo := steps(message):
        lines += ["", "Steps:", *todo, "", f"Sign one: dallosh crisis sign {_clean(message.alert.id)} STEP"]
    return "\n".join(lines)


def mail(message: AlertMessage) -> Mail:
    """Returns the mail."""
    return Mail(f"[dallosh] {headline(message)}", text(message) + "\n")


def slack(message: AlertMessage) -> Json:
    """Returns the body for an incoming webhook of Slack: `text` for the notification, blocks to read."""
    about = "\n".join(f"*{name}*: {_slack(value)}" for name, value in facts(message))
    blocks = [f"*{_slack(headline(message))}*", _cut(about), *map(_slack, steps(message))]
    return {
        "text": _slack(headline(message)),
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": one}} for one in blocks],
    }


def teams(message: AlertMessage) -> Json:
    """Returns the body for a webhook of Teams: a message with one adaptive card."""
    body: list[Json] = [
        {"type": "TextBlock", "text": _teams(headline(message)), "weight": "Bolder", "size": "Medium", "wrap": True},
        {"type": "FactSet", "facts": [{"title": name, "value": _teams(value)} for name, value in facts(message)]},
    ]
    body += [{"type": "TextBlock", "text": _teams(one), "wrap": True} for one in steps(message)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
        "body": body,
    }  # fmt: skip
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _clean(word: str, most: int = MAX_WORD) -> str:
    """One line, without characters that move or hide others, bounded."""
    return _CONTROL.sub(" ", word)[:most]


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _slack(word: str) -> str:
    """Slack's three: with them escaped, no text can name a user, a channel or a link."""
    return word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(word: str) -> str:
    """Cards take Markdown, for links, too."""
    return _MARKDOWN.sub(r"\\\1", word)
