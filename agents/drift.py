"""How topics on a broker differ from the registry, in words, and how to mend it."""

from schemas.topics import TOPICS, name_in
from streams.kafka.topic_state import Drift
from streams.settings import Settings


def drift_text(drift: Drift) -> str:
    """Says what differs: `tweets.raw: partitions is 3, the registry says 12`."""
    return f"{drift.topic}: {drift.property} is {drift.found}, the registry says {drift.wanted}"


def remedy_of(drift: Drift, settings: Settings) -> str:
    """Says how to bring a topic and the registry together."""
    name = name_in(settings.namespace, drift.topic)
    if drift.property == "partitions":
        way = f"set DALLOSH_PARTITIONS={drift.found}, or " if TOPICS[drift.topic].partitions is None else ""
        return f"Partitions cannot be changed without moving keys: {way}empty the topic, delete it and create it anew"
    return (
        f"Mend it: kafka-configs.sh --bootstrap-server {settings.kafka_bootstrap} --alter --entity-type topics "
        f"--entity-name {name} --add-config {drift.property}={drift.wanted}"
    )
