"""Joins replies with the tweets that they answer, and customers' next tweets with the replies, in any order of arrival.

The state is plain data by key: a file's report keeps it in memory, the auditor loads and stores what a block of records
touches. Nothing here knows which.
"""

from datetime import datetime
from typing import Final

import msgspec

from schemas.audit import ReplyAudit
from schemas.taxonomy import Priority, Sentiment, Topic
from streams.core.audit.form import Form

MOST: Final = 20
"""Of one tweet so many replies wait, of one customer in one conversation so many tweets and replies are kept."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's tweet that may be answered; labels are None where nobody gave any."""

    id: str
    author: str
    at: datetime
    in_reply_to: str | None = None
    sentiment: Sentiment | None = None
    priority: Priority | None = None
    topic: Topic | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An official post that answers `tweet_id`; `template` and `personalised` as judged with the account's others."""

    id: str
    tweet_id: str
    account: str
    at: datetime
    form: Form
    template: bool
    personalised: bool


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A reply with the tweet that it answers, or without where that is not known; `after`: the customer's next one."""

    reply: Reply
    question: Question | None = None
    after: Sentiment | None = None

    @property
    def delay_s(self) -> float | None:
        """From the tweet to its reply, never below 0: clocks of two servers may disagree."""
        return None if self.question is None else max(0.0, (self.reply.at - self.question.at).total_seconds())


class Asked(msgspec.Struct, kw_only=True):
    """What is known of a tweet that a customer wrote, and of its first reply."""

    question: Question
    root: str
    answered_at: datetime | None = None
    account: str | None = None


class Thread(msgspec.Struct, kw_only=True):
    """One customer in one conversation: the tweets, and the answers whose next tweet has not come."""

    tweets: list[tuple[datetime, Sentiment]] = []
    answers: list[Answer] = []


class State(msgspec.Struct, kw_only=True):
    """Everything a join remembers, by key."""

    asked: dict[str, Asked] = {}
    """By the tweet's id."""
    waiting: dict[str, list[Reply]] = {}
    """Replies that came before the tweet, by its id."""
    roots: dict[str, str] = {}
    """The first tweet of the conversation that a reply stands in, by the reply's id."""
    threads: dict[str, Thread] = {}
    """By `thread_key`."""


def thread_key(root: str, author: str) -> str:
    """Returns the key of a customer in a conversation."""
    return f"{root}\0{author}"


class Join:
    """Takes tweets and replies as they come; what either makes known is returned.

    The same record again says nothing new: an answer may be returned twice, and the last time counts.
    """

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()

    def ask(self, question: Question) -> list[Answer]:
        """Takes a customer's tweet; returns the answers that it completes: its own, and those that it follows."""
        known = self.state.asked.get(question.id)
        root = known.root if known else self._root_of(question)
        asked = Asked(question=question, root=root)
        if known is not None:
            asked.answered_at, asked.account = known.answered_at, known.account
        self.state.asked[question.id] = asked
        found = self._said(question, root)
        return found + [self._answer(reply, asked) for reply in self.state.waiting.pop(question.id, ())]

    def reply(self, reply: Reply) -> Answer | None:
        """Takes an official reply; returns its answer, or None while the tweet that it answers is not known."""
        asked = self.state.asked.get(reply.tweet_id)
        if asked is None:
            waiting = self.state.waiting.setdefault(reply.tweet_id, [])
            if all(one.id != reply.id for one in waiting):
                waiting.append(reply)
                del waiting[:-MOST]
            return None
        return self._answer(reply, asked)

    def _root_of(self, question: Question) -> str:
        """Returns the first tweet of the conversation, as far back as it is known."""
        parent = question.in_reply_to
        if parent is None:
            return question.id
        root = asked.root if (asked := self.state.asked.get(parent)) else parent
        return self.state.roots.get(root, root)

    def _said(self, question: Question, root: str) -> list[Answer]:
        """Remembers a tweet that answers something in its thread; returns the answers whose next tweet it is."""
        if question.sentiment is None or question.in_reply_to is None:
            return []
        thread = self.state.threads.setdefault(thread_key(root, question.author), Thread())
        others = [one for one in thread.tweets if one[0] != question.at]
        thread.tweets = sorted([*others, (question.at, question.sentiment)])[-MOST:]
        before = thread.answers
        thread.answers = [_followed(one, thread) for one in before]
        return [new for new, old in zip(thread.answers, before, strict=True) if new != old]

    def _answer(self, reply: Reply, asked: Asked) -> Answer:
        if asked.answered_at is None or reply.at < asked.answered_at:
            asked.answered_at, asked.account = reply.at, reply.account
        self.state.roots[reply.id] = asked.root
        thread = self._thread(reply, asked)
        answer = _followed(Answer(reply=reply, question=asked.question), thread)
        others = [one for one in thread.answers if one.reply.id != reply.id]
        thread.answers = [*others[1 - MOST :], answer]
        return answer

    def _thread(self, reply: Reply, asked: Asked) -> Thread:
        """Returns the customer's thread, with what was said to this reply before anybody knew where it belongs."""
        author = asked.question.author
        thread = self.state.threads.setdefault(thread_key(asked.root, author), Thread())
        if (stray := self.state.threads.pop(thread_key(reply.id, author), None)) is not None:
            thread.tweets = sorted({*thread.tweets, *stray.tweets})[-MOST:]
        return thread


def record_of(answer: Answer) -> ReplyAudit:
    """Returns what is published of an answer whose tweet is known and labelled."""
    question, reply, delay_s = answer.question, answer.reply, answer.delay_s
    assert question is not None
    assert delay_s is not None
    assert question.priority is not None
    assert question.topic is not None
    return ReplyAudit(
        reply_id=reply.id, tweet_id=reply.tweet_id, account=reply.account, replied_at=reply.at, delay_s=delay_s,
        priority=question.priority, main_topic=question.topic, template=reply.template, apology=reply.form.apology,
        thanks=reply.form.thanks, redirection=reply.form.redirection, personalised=reply.personalised,
        link=reply.form.link, register=reply.form.register, sentiment=question.sentiment,
        sentiment_after=answer.after,
    )  # fmt: skip


def _followed(answer: Answer, thread: Thread) -> Answer:
    """Returns the answer with the sentiment of the first tweet after it."""
    after = next((said for at, said in thread.tweets if at > answer.reply.at), None)
    return msgspec.structs.replace(answer, after=after)
