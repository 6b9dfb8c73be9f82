"""What the auditor measures: each reply of an official account, and hourly how many tweets wait for one."""

from enum import StrEnum

import msgspec

from schemas.instant import Instant
from schemas.taxonomy import Priority, Sentiment, Topic


class Register(StrEnum):
    """How a reply addresses the customer: `vous`, `tu`, or without a word of address."""

    VOUS = "vous"
    TU = "tu"
    NONE = "none"


class ReplyAudit(msgspec.Struct, frozen=True, kw_only=True):
    """Delay and form of one reply, and the labels of the tweet that it answers; keyed by `reply_id`, the last counts.

    It is written again when the customer's next tweet in the conversation is classified: `sentiment_after` is that
    tweet's, `sentiment` the one of the tweet that was answered. `template`: the account has opened replies so before;
    `personalised`: the first line names the customer.
    """

    reply_id: str
    tweet_id: str
    account: str
    replied_at: Instant
    delay_s: float
    priority: Priority
    main_topic: Topic
    template: bool
    apology: bool
    thanks: bool
    redirection: bool
    personalised: bool
    link: bool = False
    register: Register = Register.NONE
    sentiment: Sentiment | None = None
    sentiment_after: Sentiment | None = None


class OpenTweets(msgspec.Struct, frozen=True, kw_only=True):
    """How many customers' tweets of one hour, with these labels, have no reply; `asked_at` begins the hour."""

    asked_at: Instant
    priority: Priority
    main_topic: Topic
    n: int


class BacklogHour(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a reply; the value of `ops.backlog`, keyed by `hour`, the last of an hour counts.

    `hour` is that in which it was counted, UTC, as in 2026-03-02T08. No tweet of `open` is older than `remembered_s`,
    after which the auditor forgets it.
    """

    hour: str
    measured_at: Instant
    remembered_s: float
    open: tuple[OpenTweets, ...]
