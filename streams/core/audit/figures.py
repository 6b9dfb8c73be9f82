"""The figures of a group: how long its tweets waited, and in what form its replies were written."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from schemas.audit import Register
from schemas.taxonomy import Priority, Sentiment, Topic
from streams.core.audit.survival import Wait, kaplan_meier, median_of, quantile

Sla = Mapping[Priority, float]
"""Within how many seconds a tweet of each priority is to be answered."""

HOUR_S: Final = 3_600.0
DAY_S: Final = 24 * HOUR_S


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A tweet that asks for an answer, or `n` of the same hour and labels that have none; `account` answered first."""

    at: datetime
    priority: Priority | None = None
    topic: Topic | None = None
    delay_s: float | None = None
    account: str | None = None
    n: int = 1

    def wait(self, now: datetime) -> Wait:
        """Returns how long it waited, or has waited until now."""
        if self.delay_s is not None:
            return Wait(self.delay_s, ended=True, n=self.n)
        return Wait(max(0.0, (now - self.at).total_seconds()), ended=False, n=self.n)


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """One reply, as far as its form goes, with the labels of the tweet that it answers where they are known."""

    at: datetime
    account: str
    template: bool
    apology: bool
    thanks: bool
    redirection: bool
    personalised: bool
    link: bool
    register: Register
    priority: Priority | None = None
    topic: Topic | None = None
    before: Sentiment | None = None
    after: Sentiment | None = None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """How long tweets waited for their first reply.

    `median_s`, `p10_s` and `p90_s` are of the answered alone; `km_median_s` counts those that still wait, too, and is
    None where half have not been answered at any age. `sla_share` is the share kept of the `n_due` tweets that were
    answered, or whose time is over.
    """

    n_tweets: int
    n_answered: int
    answered_share: float | None
    p10_s: float | None
    median_s: float | None
    p90_s: float | None
    km_median_s: float | None
    n_due: int
    sla_share: float | None


class Tone(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of replies by their form; of `n_after` the customer's next tweet is known: its shares of sentiment.

    `n_calmer` of those were negative before and are not after, `n_angrier` the other way round.
    """

    n_replies: int
    template: float | None
    apology: float | None
    thanks: float | None
    redirection: float | None
    personalised: float | None
    link: float | None
    vous: float | None
    tu: float | None
    n_after: int
    after_negative: float | None
    after_neutral: float | None
    after_positive: float | None
    n_calmer: int
    n_angrier: int


def waiting_of(tickets: Iterable[Ticket], *, now: datetime, sla: Sla) -> Waiting:
    """Returns the figures of tweets.

    Args:
        tickets: of the group, answered or not.
        now: until when those without an answer have waited.
        sla: by priority; a tweet of none is not due.
    """
    tickets = list(tickets)
    waits = [ticket.wait(now) for ticket in tickets]
    answered = sorted(wait.seconds for wait in waits if wait.ended)
    n_tweets = sum(wait.n for wait in waits)
    due = [kept for ticket, wait in zip(tickets, waits, strict=True) for kept in _due(ticket, wait, sla)]
    return Waiting(
        n_tweets=n_tweets,
        n_answered=len(answered),
        answered_share=_share(len(answered), n_tweets),
        p10_s=quantile(answered, 0.1),
        median_s=quantile(answered, 0.5),
        p90_s=quantile(answered, 0.9),
        km_median_s=median_of(kaplan_meier(waits)),
        n_due=len(due),
        sla_share=_share(sum(due), len(due)),
    )


def tone_of(replies: Sequence[Written]) -> Tone:
    """Returns the figures of replies."""
    n = len(replies)
    followed = [one for one in replies if one.after is not None]
    said = Counter(one.after for one in followed)
    negative = Sentiment.NEGATIVE
    return Tone(
        n_replies=n,
        template=_share(sum(one.template for one in replies), n),
        apology=_share(sum(one.apology for one in replies), n),
        thanks=_share(sum(one.thanks for one in replies), n),
        redirection=_share(sum(one.redirection for one in replies), n),
        personalised=_share(sum(one.personalised for one in replies), n),
        link=_share(sum(one.link for one in replies), n),
        vous=_share(sum(one.register is Register.VOUS for one in replies), n),
        tu=_share(sum(one.register is Register.TU for one in replies), n),
        n_after=len(followed),
        after_negative=_share(said[negative], len(followed)),
        after_neutral=_share(said[Sentiment.NEUTRAL], len(followed)),
        after_positive=_share(said[Sentiment.POSITIVE], len(followed)),
        n_calmer=sum(one.before is negative and one.after is not negative for one in followed),
        n_angrier=sum(one.before not in (negative, None) and one.after is negative for one in followed),
    )


def _due(ticket: Ticket, wait: Wait, sla: Sla) -> list[bool]:
    """Returns for each tweet whose answer is there or should be: whether it came in time."""
    limit_s = None if ticket.priority is None else sla[ticket.priority]
    if limit_s is None or (not wait.ended and wait.seconds <= limit_s):
        return []
    return [wait.ended and wait.seconds <= limit_s] * wait.n


def _share(n: int, of: int) -> float | None:
    return n / of if of else None
