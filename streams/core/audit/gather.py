"""From tweets and replies to a report: of a whole file, or of what `ops.audit` and `ops.backlog` hold."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from schemas.audit import BacklogHour, ReplyAudit
from schemas.taxonomy import Priority, Sentiment, Topic
from schemas.tweet import Tweet
from streams.core.audit.figures import Sla, Ticket, Written
from streams.core.audit.form import form_of
from streams.core.audit.join import Answer, Asked, Join, Question, Reply
from streams.core.audit.openings import Openings, opening_of
from streams.core.audit.report import Report, report_of


class Labelled(Protocol):
    """Labels of a tweet, whoever gave them."""

    @property
    def sentiment(self) -> Sentiment:
        """Its feeling."""

    @property
    def priority(self) -> Priority:
        """Its urgency."""

    @property
    def main_topic(self) -> Topic:
        """Its subject."""


def is_question(tweet: Tweet) -> bool:
    """Tells whether a reply to a tweet would be one to a customer: no official post, no retweet, not empty."""
    return not tweet.official and not tweet.retweet and bool(tweet.text.strip())


def is_reply(tweet: Tweet) -> bool:
    """Tells whether an official post answers someone."""
    return tweet.official and not tweet.retweet and tweet.in_reply_to is not None


def question_of(tweet: Tweet, labels: Labelled | None) -> Question:
    """Returns a customer's tweet as the join takes it."""
    return Question(
        id=tweet.id,
        author=tweet.author,
        at=tweet.created_at,
        in_reply_to=tweet.in_reply_to,
        sentiment=None if labels is None else labels.sentiment,
        priority=None if labels is None else labels.priority,
        topic=None if labels is None else labels.main_topic,
    )


def file_report(tweets: Iterable[Tweet], labels: Mapping[str, Labelled], *, sla: Sla) -> Report:
    """Audits the tweets of a file; what has no answer in it has waited until its last tweet.

    Args:
        tweets: in any order; of several with one id the first counts. Replies of an account to itself are left out.
        labels: by tweet id; a tweet without stands under "unknown".
        sla: seconds by priority.

    Raises:
        ValueError: there is no tweet.
    """
    known: dict[str, Tweet] = {}
    for tweet in tweets:
        known.setdefault(tweet.id, tweet)
    posts = [
        one for one in known.values()
        if is_reply(one) and not (one.in_reply_to in known and known[one.in_reply_to].official)
    ]  # fmt: skip
    replies, openings = _judged(posts)
    answers = {reply.id: Answer(reply=reply) for reply in replies}
    join = Join()
    questions = [question_of(one, labels.get(one.id)) for one in known.values() if is_question(one)]
    events: list[Question | Reply] = [*questions, *replies]
    for event in sorted(events, key=lambda one: one.at):
        found = join.ask(event) if isinstance(event, Question) else [join.reply(event)]
        answers |= {one.reply.id: one for one in found if one is not None}
    return report_of(
        [_ticket(asked) for asked in join.state.asked.values()],
        [_written(answer) for answer in answers.values()],
        since=min(one.created_at for one in known.values()),
        now=max(one.created_at for one in known.values()),
        sla=sla,
        n_without_tweet=sum(answer.question is None for answer in answers.values()),
        openings=openings.most_frequent(),
    )


def records_report(
    audits: Iterable[ReplyAudit], hour: BacklogHour | None, *, since: datetime, now: datetime, sla: Sla
) -> Report:
    """Reports what `ops.audit` and `ops.backlog` hold.

    Args:
        audits: as they were published; of several of one reply the last counts.
        hour: the latest count of what waits; without one, nothing is known to wait.
        since: tweets and replies before are left out.
        now: until when those without an answer have waited.
        sla: seconds by priority.
    """
    last = {audit.reply_id: audit for audit in audits if audit.replied_at >= since}
    first: dict[str, Ticket] = {}
    for audit in sorted(last.values(), key=lambda one: one.delay_s):
        first.setdefault(audit.tweet_id, _ticket_of(audit))
    waiting = [
        Ticket(at=one.asked_at, priority=one.priority, topic=one.main_topic, n=one.n)
        for one in (hour.open if hour else ())
        if one.asked_at >= since and one.n > 0
    ]
    return report_of(
        [*first.values(), *waiting], [_written_of(audit) for audit in last.values()], since=since, now=now, sla=sla
    )


def _judged(posts: Iterable[Tweet]) -> tuple[list[Reply], Openings]:
    """Returns the replies with what the account's others tell of their openings."""
    openings, begun = Openings(), [(post, opening_of(post.text)) for post in posts]
    for post, opening in begun:
        openings.add(post.author, opening)
    replies = []
    for post, opening in begun:
        form, judgement = form_of(post.text), openings.judge(post.author, opening)
        assert post.in_reply_to is not None
        replies.append(
            Reply(
                id=post.id,
                tweet_id=post.in_reply_to,
                account=post.author,
                at=post.created_at,
                form=form,
                template=judgement.template,
                personalised=form.named or judgement.named_at_end,
            )
        )
    return replies, openings


def _ticket(asked: Asked) -> Ticket:
    question = asked.question
    delay_s = None if asked.answered_at is None else max(0.0, (asked.answered_at - question.at).total_seconds())
    return Ticket(
        at=question.at, priority=question.priority, topic=question.topic, delay_s=delay_s, account=asked.account
    )


def _ticket_of(audit: ReplyAudit) -> Ticket:
    return Ticket(
        at=audit.replied_at - timedelta(seconds=audit.delay_s),
        priority=audit.priority,
        topic=audit.main_topic,
        delay_s=audit.delay_s,
        account=audit.account,
    )


def _written(answer: Answer) -> Written:
    reply, question = answer.reply, answer.question
    return Written(
        at=reply.at, account=reply.account, template=reply.template, apology=reply.form.apology,
        thanks=reply.form.thanks, redirection=reply.form.redirection, personalised=reply.personalised,
        link=reply.form.link, register=reply.form.register,
        priority=None if question is None else question.priority,
        topic=None if question is None else question.topic,
        before=None if question is None else question.sentiment,
        after=answer.after,
    )  # fmt: skip


def _written_of(audit: ReplyAudit) -> Written:
    return Written(
        at=audit.replied_at, account=audit.account, template=audit.template, apology=audit.apology,
        thanks=audit.thanks, redirection=audit.redirection, personalised=audit.personalised, link=audit.link,
        register=audit.register, priority=audit.priority, topic=audit.main_topic, before=audit.sentiment,
        after=audit.sentiment_after,
    )  # fmt: skip
