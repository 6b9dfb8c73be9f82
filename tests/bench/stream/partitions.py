"""The partitions of a namespace's topics, as this benchmark makes them."""

from collections.abc import Iterable
from typing import Final

from aiokafka import TopicPartition

from schemas.topics import TOPICS, name_in

N_PARTITIONS: Final = 4
"""Of each topic of tweets."""


def partitions_of(namespace: str, topics: Iterable[str]) -> list[TopicPartition]:
    """Returns every partition of these topics of the registry, made with `N_PARTITIONS`."""
    return [
        TopicPartition(name_in(namespace, topic), partition)
        for topic in topics
        for partition in range(TOPICS[topic].partitions or N_PARTITIONS)
    ]
