"""The real scrubber, for contenders that read blocks: its code, its Redis, topics and keys of the task's namespace."""

from typing import Final

from agents.scrubber import Scrubber
from schemas.topics import NOISE, OFFICIAL, RAW_DEAD_LETTER, SCRUBBED, name_in
from streams.settings import Settings, load_settings
from tests.bench.stream.task import Task

OUTPUTS: Final = (SCRUBBED, OFFICIAL, NOISE, RAW_DEAD_LETTER)
"""The registry's names of the topics that the scrubber writes."""


def settings_of(task: Task) -> Settings:
    """Returns the settings of a scrubber that works in the task's namespace."""
    return load_settings(
        kafka_bootstrap=task.bootstrap, redis_url=task.redis, namespace=task.target, log_level="error"
    )  # fmt: skip


def scrubber_of(task: Task) -> Scrubber:
    """Returns the scrubber; `start` it."""
    return Scrubber(settings_of(task))


def names_of(task: Task) -> dict[str, str]:
    """Returns the topics' full names by the registry's."""
    return {topic: name_in(task.target, topic) for topic in OUTPUTS}
