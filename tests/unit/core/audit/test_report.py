"""The figures of a small, invented audit, each by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.audit import BacklogHour, OpenTweets, Register, ReplyAudit
from schemas.taxonomy import Priority, Sentiment, Topic
from schemas.tweet import Tweet
from streams.core.audit.figures import HOUR_S, Ticket, Written, tone_of, waiting_of
from streams.core.audit.gather import file_report, records_report
from streams.core.audit.report import AGES_S, CURVE_S, Group, Report, report_of
from streams.core.whatif import Truth

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday, 13 h in France
NOW = NOON + timedelta(days=2)
SLA: dict[Priority, float] = {2: HOUR_S, 1: 4 * HOUR_S, 0: 24 * HOUR_S}
TEXT = "@max_lune Nous sommes désolés, votre ligne est réparée : https://exemple.fr"


def ticket(hours: float | None, *, priority: Priority = 2, at: datetime = NOON, n: int = 1) -> Ticket:
    delay_s = None if hours is None else hours * HOUR_S
    return Ticket(at=at, priority=priority, topic=Topic.NETWORK, delay_s=delay_s, account=None, n=n)


def written(**changes: object) -> Written:
    fields: dict[str, object] = dict.fromkeys(
        ("template", "apology", "thanks", "redirection", "personalised", "link"), False
    ) | {"at": NOON, "account": "Marque", "register": Register.NONE}  # fmt: skip
    return Written(**(fields | changes))  # type: ignore[arg-type]


def test_waiting() -> None:
    found = waiting_of([ticket(0.5), ticket(2), ticket(3), ticket(None, n=2)], now=NOW, sla=SLA)
    assert (found.n_tweets, found.n_answered, found.answered_share) == (5, 3, 0.6)
    assert found.median_s == 2 * HOUR_S
    assert found.p90_s == pytest.approx(2.8 * HOUR_S)
    assert found.km_median_s == 3 * HOUR_S  # of all five, the third answer makes it less than half that wait
    assert (found.n_due, found.sla_share) == (5, 0.2)


def test_what_may_still_be_answered_in_time_is_not_due() -> None:
    young = ticket(None, priority=0, at=NOW - timedelta(hours=23))
    assert waiting_of([young], now=NOW, sla=SLA).n_due == 0
    old = ticket(None, priority=0, at=NOW - timedelta(hours=25))
    assert waiting_of([young, old], now=NOW, sla=SLA).sla_share == 0


def test_nothing_has_no_shares() -> None:
    found = waiting_of([], now=NOW, sla=SLA)
    assert (found.n_tweets, found.answered_share, found.median_s, found.sla_share) == (0, None, None, None)
    assert tone_of([]).apology is None


def test_tone() -> None:
    found = tone_of([
        written(apology=True, register=Register.VOUS, before=Sentiment.NEGATIVE, after=Sentiment.POSITIVE),
        written(link=True, register=Register.TU, before=Sentiment.NEUTRAL, after=Sentiment.NEGATIVE),
        written(template=True, apology=True),
        written(before=Sentiment.NEGATIVE),
    ])  # fmt: skip
    assert (found.n_replies, found.apology, found.template, found.link) == (4, 0.5, 0.25, 0.25)
    assert (found.vous, found.tu) == (0.25, 0.25)
    assert (found.n_after, found.after_negative, found.after_positive, found.after_neutral) == (2, 0.5, 0.5, 0)
    assert (found.n_calmer, found.n_angrier) == (1, 1)


def test_backlog_by_priority_and_age() -> None:
    ages_h = (0.5, 1, 23, 24, 24 * 31)
    tickets = [ticket(None, at=NOW - timedelta(hours=hours)) for hours in ages_h]
    report = report_of([*tickets, ticket(1, priority=1)], [], since=None, now=NOW, sla=SLA)
    high, medium, low = report.backlog
    assert (high.priority, high.by_age) == ("2 high", (1, 1, 1, 1, 0, 0, 0, 1))
    assert (high.n, high.overdue) == (5, 3)  # one hour is not over one hour
    assert (medium.n, low.n) == (0, 0)
    assert len(high.by_age) == len(AGES_S) + 1


def group(report: Report, dimension: str, name: str) -> Group:
    return next(one for one in report.by[dimension] if one.name == name)


def test_times_are_those_of_france_of_tweets_and_of_replies() -> None:
    late = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # April there, half past midnight of a Wednesday
    report = report_of([ticket(1, at=late)], [written()], since=None, now=NOW, sla=SLA)
    assert group(report, "month", "2026-04").waiting.n_answered == 1
    assert group(report, "weekday", "Wednesday").waiting.n_answered == 1
    assert group(report, "hour", "00 h").waiting.n_answered == 1
    assert group(report, "hour", "13 h").tone.n_replies == 1
    assert [one.name for one in report.by["weekday"]] == ["Monday", "Wednesday"]


def post(id_: str, hours: float, **changes: object) -> Tweet:
    fields = {"id": id_, "created_at": NOON + timedelta(hours=hours), "text": "La fibre est coupée", "author": "max"}
    return Tweet(**(fields | changes))  # type: ignore[arg-type]


FILE = [
    post("q1", 0),
    post("q2", 1, text="Facture fausse, qui répond ?"),
    post("q2", 1, text="le même identifiant encore"),
    post("rt", 1, retweet=True),
    post("blank", 1, text="  "),
    post("r1", 5, author="Marque", official=True, in_reply_to="q1", text=TEXT),
    post("q3", 6, in_reply_to="r1", text="Merci, tout remarche"),
    post("r0", 7, author="Marque", official=True, in_reply_to="elsewhere", text=TEXT),
    post("news", 8, author="Marque", official=True, text="Une nouvelle offre"),
    post("more", 9, author="Marque", official=True, in_reply_to="news", text="Et en couleurs"),
    post("last", 24, author="Marque", official=True, text="Bonne journée"),
]
LABELS = {
    "q1": Truth("q1", Sentiment.NEGATIVE, 2, Topic.NETWORK),
    "q3": Truth("q3", Sentiment.POSITIVE, 0, Topic.NETWORK),
}


def test_a_file() -> None:
    report = file_report(reversed(FILE), LABELS, sla=SLA)
    waiting, tone = report.total.waiting, report.total.tone
    assert (waiting.n_tweets, waiting.n_answered, waiting.median_s) == (3, 1, 5 * HOUR_S)
    assert (tone.n_replies, report.n_without_tweet) == (2, 1)  # neither the news nor what goes on with them
    assert (tone.apology, tone.link, tone.vous) == (1, 1, 1)
    assert (tone.n_after, tone.after_positive, tone.n_calmer) == (1, 1, 1)
    assert group(report, "priority", "2 high").waiting.sla_share == 0
    assert group(report, "topic", "unknown").waiting.n_tweets == 1
    assert group(report, "topic", "unknown").tone.n_replies == 1
    assert [(one.priority, one.n) for one in report.backlog][-1] == ("unknown", 1)
    account = group(report, "account", "Marque").waiting
    assert (account.n_answered, account.answered_share, account.km_median_s) == (1, None, None)
    assert report.until == NOON + timedelta(hours=24)
    assert report.openings == ()
    assert all(len(curve.steps) == len(CURVE_S) for curve in report.curves)


def audit(reply: str, tweet: str, hours: float, delay_h: float, after: Sentiment | None = None) -> ReplyAudit:
    return ReplyAudit(
        reply_id=reply, tweet_id=tweet, account="Marque", replied_at=NOON + timedelta(hours=hours),
        delay_s=delay_h * HOUR_S, priority=2, main_topic=Topic.BILLING, template=True, apology=True, thanks=False,
        redirection=False, personalised=False, sentiment=Sentiment.NEGATIVE, sentiment_after=after,
    )  # fmt: skip


def test_records_of_the_topic() -> None:
    waits = OpenTweets(asked_at=NOON, priority=1, main_topic=Topic.NETWORK, n=3)
    hour = BacklogHour(hour="2026-03-02T12", measured_at=NOON, remembered_s=9e5, open=(waits,))
    audits = [
        audit("r1", "q1", 4, 4),
        audit("r2", "q1", 1, 1),
        audit("r1", "q1", 4, 4, Sentiment.NEUTRAL),
        audit("r0", "q0", -900, 2),
    ]
    report = records_report(audits, hour, since=NOON - timedelta(days=30), now=NOW, sla=SLA)
    assert report.total.waiting.n_answered == 1  # by the first of two replies
    assert report.total.waiting.median_s == HOUR_S
    assert report.total.waiting.n_tweets == 4
    assert report.total.tone.n_replies == 2
    assert report.total.tone.n_after == 1
    assert [(one.priority, one.n) for one in report.backlog] == [("2 high", 0), ("1 medium", 3), ("0 low", 0)]
    assert records_report([], None, since=NOON, now=NOW, sla=SLA).total.waiting.n_tweets == 0
