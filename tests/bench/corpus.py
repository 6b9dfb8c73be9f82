"""The tweets of the cost benchmark: customers' tweets through the real scrubber, with the labels that a model gives.

Real tweets lie outside the project, in the `shared/data` folder beside it. Nothing here prints or keeps a text.
"""

import asyncio
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from schemas.classification import Labels
from schemas.codec import decode, encode
from schemas.headers import Header
from schemas.taxonomy import OFFICIAL_HANDLES, Priority, Sentiment, Topic
from schemas.topics import RAW, SCRUBBED
from schemas.tweet import ScrubbedTweet, Tweet
from streams.connectors.file import FileSource
from streams.connectors.source import RefusedRow
from streams.core.recent import Recent
from streams.core.scrubbing import ScrubRules, candidate, fate_of
from streams.settings import PROJECT_DIR
from streams.tables import tables
from tests.bench.load import tweets as invented
from tests.simulator.rule import CONFIDENCE, labels_of

REAL_TWEETS: Final = PROJECT_DIR.parent / "shared" / "data" / "tweets.jsonl"
LABELS_NAME: Final = "labels.jsonl"
N_INVENTED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Raw:
    """A record of `tweets.raw`, as far as the scrubber looks at it."""

    offset: int
    value: bytes
    topic: str = RAW
    partition: int = 0
    timestamp: int = 0
    key: bytes | None = None
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class Corpus:
    """Scrubbed tweets without context, and the labels of each. `n_read` counts what came before the scrubber."""

    source: str
    tweets: tuple[ScrubbedTweet, ...]
    labels: tuple[Labels, ...]
    n_read: int
    n_labelled: int

    def __str__(self) -> str:
        said = f"{self.n_labelled:,} labelled by people, the others by the simulator's rule"
        return f"{len(self.tweets):,} customers' tweets after the scrubber, of {self.n_read:,} {self.source}; {said}"


class _Label(msgspec.Struct):
    id: str
    sentiment: Sentiment
    priority: Priority
    main_topic: Topic


def load_corpus(path: Path | None) -> Corpus:
    """Reads the tweets of `path`; without it the real ones where they lie beside the project, else invented ones.

    Raises:
        FatalError: there is no such file.
    """
    path = path or _from_environment() or (REAL_TWEETS if REAL_TWEETS.is_file() else None)
    if path is None:
        return scrubbed_corpus("invented tweets of `dallosh sample`", list(invented(N_INVENTED)), {})
    read = asyncio.run(_read(path))
    kind = "real tweets" if path == REAL_TWEETS else "tweets"
    return scrubbed_corpus(f"{kind} of {path.name}", read, _labels_beside(path))


def scrubbed_corpus(source: str, read: Sequence[Tweet], known: dict[str, Labels]) -> Corpus:
    """Puts tweets through the scrubber's decisions; official tweets and noise fall out, contexts are taken off."""
    kept = tuple(replace(tweet, context=None, context_id=None) for tweet in _scrubbed(read))
    said = tuple(known.get(tweet.id) or labels_of(tweet.scrubbed) for tweet in kept)
    return Corpus(source, kept, said, len(read), sum(tweet.id in known for tweet in kept))


def _from_environment() -> Path | None:
    given = os.environ.get("TWEETS")
    return Path(given) if given else None


async def _read(path: Path) -> list[Tweet]:
    source = FileSource(path, official_handles=OFFICIAL_HANDLES)
    return [row.tweet async for rows in source.batches() for row in rows if not isinstance(row, RefusedRow)]


def _scrubbed(read: Iterable[Tweet]) -> Iterable[ScrubbedTweet]:
    rules, recent = ScrubRules(tables=tables(), official_handles=OFFICIAL_HANDLES), Recent()
    recent.begin()
    for offset, tweet in enumerate(read):
        output = fate_of(candidate(Raw(offset, encode(tweet)), rules), rules, recent).output
        if output.topic == SCRUBBED:
            yield decode(output.value, ScrubbedTweet)


def _labels_beside(path: Path) -> dict[str, Labels]:
    beside = path.with_name(LABELS_NAME)
    if not beside.is_file():
        return {}
    rows = (msgspec.json.decode(line, type=_Label) for line in beside.read_bytes().splitlines() if line)
    return {row.id: _labels(row) for row in rows}


def _labels(row: _Label) -> Labels:
    """The people who labelled stated no confidence; the simulator's stands for it."""
    return Labels(
        sentiment=row.sentiment, priority=row.priority, main_topic=row.main_topic,
        confidence_sentiment=CONFIDENCE, confidence_priority=CONFIDENCE, confidence_main_topic=CONFIDENCE,
    )  # fmt: skip
