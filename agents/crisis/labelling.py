"""Labels for the tweets of a replay: those of a file, or those of level 3."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from agents.crisis.customers import Customers
from agents.offline.display import Display
from agents.offline.lines import LabelledLine
from agents.offline.output import RejectedRow
from agents.truths import read_truths
from schemas.classification import ClassifiedTweet, Labels, classified
from schemas.taxonomy import Level
from schemas.tweet import ScrubbedTweet, Tweet
from streams.connectors.file import FileSource
from streams.core.places.find import find_places
from streams.core.places.gazetteer import Gazetteer
from streams.settings import Settings

_SURE: Final = 1.0


def labels_of(path: Path) -> dict[str, LabelledLine]:
    """Reads a file of labels by tweet id: JSON lines or CSV with id, sentiment, priority, main_topic.

    Raises:
        FatalError: see `read_truths`.
    """
    return {
        id_: LabelledLine(
            id=id_, sentiment=one.sentiment, priority=one.priority, main_topic=one.main_topic, level=Level.API,
            confidence_sentiment=_SURE, confidence_priority=_SURE, confidence_main_topic=_SURE,
        )
        for id_, one in read_truths(path).items()
    }  # fmt: skip


async def labels_by_level_3(
    settings: Settings, source: FileSource, customers: Customers, display: Display
) -> dict[str, LabelledLine]:
    """Classifies the tweets of customers by the model that ships; names each that it cannot.

    Raises:
        FatalError: its model is missing, or the file cannot be read.
    """
    # Here, for the libraries of the models take longer to import than a small file to replay.
    from agents.offline.gathering import gather
    from agents.offline.job import name_rejected

    wanted = {tweet.id for tweet in customers.tweets}

    def wants(tweet: Tweet) -> bool:
        if tweet.id not in wanted or tweet.official or tweet.retweet:
            return False
        wanted.discard(tweet.id)
        return True

    def rejected(row: RejectedRow) -> None:
        if row.line not in customers.refused:
            name_rejected(row, display)

    lines = await gather(settings, source, Level.BERT, display, wants=wants, rejected=rejected)
    return {line.id: line for line in lines}


def labelled(
    tweets: Iterable[Tweet], given: Mapping[str, LabelledLine], gazetteer: Gazetteer
) -> Iterator[ClassifiedTweet]:
    """Yields tweets with their labels and the places that they name. Nothing is scrubbed: nobody else sees them.

    Args:
        tweets: those that have labels, in the order in which they come out.
        given: labels by tweet id.
        gazetteer: knows the places.
    """
    for tweet in tweets:
        line = given[tweet.id]
        labels = Labels(**{name: getattr(line, name) for name in Labels.__struct_fields__})
        fields = {name: getattr(tweet, name) for name in Tweet.__struct_fields__}
        located = ScrubbedTweet(**fields, scrubbed="", places=find_places(tweet.text, gazetteer))
        yield classified(located, labels, level=line.level, model=str(line.level), now=tweet.created_at)
