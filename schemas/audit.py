"""One reply of an official account measured against the tweet that it answers; the value of `ops.audit`."""

import msgspec

from schemas.instant import Instant
from schemas.taxonomy import Priority, Topic


class ReplyAudit(msgspec.Struct, frozen=True, kw_only=True):
    """Delay and form of one reply; keyed by `reply_id`."""

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
