"""A labelled sample, and what each target answers to it: recorded before, or asked now."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from agents.bert_worker import BertModels
from agents.truths import read_truths
from schemas.classification import Labels
from schemas.codec import decode, encode
from schemas.complaints import complaint
from schemas.spend import Spend
from schemas.taxonomy import DataPolicy, Level, Stage
from schemas.tweet import ScrubbedTweet
from streams.connectors.csv_file import BOM
from streams.connectors.file import FileSource
from streams.connectors.source import AnyRow, Row
from streams.core.cascade import LevelResult
from streams.core.pricing import PriceTable
from streams.core.profiles import Profile, Role, Target
from streams.core.scrubbing import scrub_value
from streams.core.tokens import tweet_tokens
from streams.core.whatif import Recorded, Sampled
from streams.errors import FatalError
from streams.providers.chain import Chain
from streams.providers.protocol import Deployed
from streams.providers.ranks import o200k_counter
from streams.settings import Settings
from streams.state.local_limits import LocalLimits
from streams.tables import tables

BERT: Final = "bert"
ASK_TWEETS: Final = 100
"""Tweets of one call where a target is asked for a sample."""


RATE_WAIT_S: Final = 90.0
RATE_POLL_S: Final = 1.0

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(slots=True)
class Sample:
    """Labelled tweets, in the file's order, and the answers that are known, by target and tweet id.

    `n_unread` counts the rows of the file that are no tweets.
    """

    tweets: list[ScrubbedTweet] = field(default_factory=list)
    n_unread: int = 0
    sampled: list[Sampled] = field(default_factory=list)
    answers: dict[str, dict[str, Labels]] = field(default_factory=dict)

    def take(self, recorded: Iterable[Recorded]) -> None:
        """Adds answers; a later one of the same target to the same tweet counts."""
        for one in recorded:
            self.answers.setdefault(one.target, {})[one.id] = one.labels


async def read_sample(path: Path, labels: Path, settings: Settings) -> Sample:
    """Reads the tweets that have labels.

    Raises:
        FatalError: a file cannot be read, the labels are none or contradict one another, or no tweet has labels.
    """
    truths = read_truths(labels)
    count, sample = o200k_counter(), Sample()
    async for row in _rows(path, settings):
        if not isinstance(row, Row):
            sample.n_unread += 1
        elif (truth := truths.get(row.tweet.id)) is not None:
            # as the scrubber makes it, without context
            value = scrub_value(encode(row.tweet), tables(), settings.kept_handles)
            tweet = decode(value, ScrubbedTweet)
            n_tokens = tweet_tokens(tweet, count, policies=(DataPolicy.PUBLIC,))
            sample.tweets.append(tweet)
            sample.sampled.append(Sampled(text=tweet.scrubbed, n_tokens=n_tokens, truth=truth))
    if not sample.tweets:
        raise FatalError(
            f"no tweet of {path} has labels in {labels}", remedy="Check that both name tweets by the same id"
        )
    return sample


def read_lines(path: Path, kind: type[T], name: str | None = None) -> Iterator[T]:
    """Reads a file of JSON lines of one kind; `name` is how messages call it, by default the path.

    Raises:
        FatalError: it cannot be read, or a line is of another form; the line is named, never quoted.
    """
    name = name or str(path)
    decoder = msgspec.json.Decoder(kind)
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    try:
                        yield decoder.decode(line.removeprefix(BOM) if number == 1 else line)
                    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                        raise FatalError(
                            f"{name}, line {number}: {complaint(error, kind)}",
                            remedy=f"A line is a JSON object with {', '.join(kind.__struct_fields__)}",
                        ) from None
    except OSError as error:
        raise FatalError(f"{name} cannot be read: {error.strerror}", remedy="Check the path") from error


def bert_target(settings: Settings) -> Target:
    """Returns level 3 as a target of a played cascade: on the lowest rung, and free of API money."""
    profile = Profile(
        model=settings.bert_dir.name,
        provider=BERT,
        role=Role.MASS_SORTING,
        context_tokens=1_000_000,
        max_output_tokens=1_000_000,
        structured="json_object",
        policy=DataPolicy.LOCAL,
    )
    return Target(name=BERT, provider=BERT, model=profile.model, policy=DataPolicy.LOCAL, profile=profile)


async def ask_bert(settings: Settings, sample: Sample) -> list[Recorded]:
    """Asks level 3 for the sample.

    Raises:
        FatalError: its model is missing or damaged.
    """
    models = BertModels(settings)
    await models.start()
    try:
        return _recorded(BERT, sample.tweets, await models.classify(sample.tweets))
    finally:
        await models.close()


async def ask(
    one: Deployed, settings: Settings, sample: Sample, prices: PriceTable
) -> tuple[list[Recorded], list[Spend]]:
    """Asks a target for the sample, in batches as a worker would send them; every call is paid for.

    Returns the answers and one event for each call, with its cost by these prices. They are the operator's own calls:
    no worker's budget pays for them. A target without rate left is waited for, `RATE_WAIT_S` at most each time.
    """
    chain = Chain(
        [one],
        stage=Stage.CLASSIFIER,
        level=Level.API,
        deadline_s=settings.batch_deadline_s,
        limits=LocalLimits(),
        count=o200k_counter(),
        prices=lambda: prices,
    )
    found: list[Recorded] = []
    spend: list[Spend] = []
    for start in range(0, len(sample.tweets), ASK_TWEETS):
        batch = sample.tweets[start : start + ASK_TWEETS]
        result = await _classified(chain, batch)
        found += _recorded(one.target.name, batch, result)
        spend += result.spend
    return found, spend


async def _classified(chain: Chain, batch: Sequence[ScrubbedTweet]) -> LevelResult:
    until = time.monotonic() + RATE_WAIT_S
    while True:
        result = await chain.classify(batch)
        if result.spend or time.monotonic() > until:
            return result
        await asyncio.sleep(RATE_POLL_S)  # no call went out: the target has no rate left


def _recorded(target: str, tweets: Sequence[ScrubbedTweet], result: LevelResult) -> list[Recorded]:
    return [Recorded(id=tweets[i].id, target=target, labels=answer.labels) for i, answer in result.answers.items()]


async def _rows(path: Path, settings: Settings) -> AsyncIterator[AnyRow]:
    source = FileSource(path, official_handles=settings.official_handles)
    async for rows in source.batches():
        for row in rows:
            yield row
