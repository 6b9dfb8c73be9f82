"""Topics on a real broker: made once, compared, removed with their namespace."""

import pytest

from schemas.topics import RAW, SERVICE_TOPICS, SPEND, TOPICS
from streams.kafka.embedded import EmbeddedKafka
from streams.kafka.topic_state import describe_topics, find_drift
from streams.kafka.topics import create_topics, delete_namespace, missing_topics
from streams.settings import load_settings


async def test_topics_are_made_as_the_registry_says_and_only_once(kafka: str, namespace: str) -> None:
    settings = load_settings(kafka_bootstrap=kafka, namespace=namespace, partitions=3)
    assert set(await missing_topics(settings)) == set(TOPICS)
    first, second = await create_topics(settings), await create_topics(settings)
    assert (set(first.created), first.existing, first.drift) == (set(TOPICS), (), ())
    assert (second.created, set(second.existing), second.drift) == ((), set(TOPICS), ())
    states = await describe_topics(settings)
    assert set(states) == set(TOPICS)
    assert {name: state.n_partitions for name, state in states.items()} == {
        name: spec.partitions or 3 for name, spec in TOPICS.items()
    }
    assert states[RAW].config["retention.ms"] == str(TOPICS[RAW].retention_ms)
    assert all(state.n_offsets == 0 for state in states.values())


async def test_drift_is_told_never_mended(kafka: str, namespace: str) -> None:
    await create_topics(load_settings(kafka_bootstrap=kafka, namespace=namespace, partitions=2))
    changed = load_settings(kafka_bootstrap=kafka, namespace=namespace, partitions=4)
    drift = (await create_topics(changed)).drift
    assert {(one.property, one.found, one.wanted) for one in drift} == {("partitions", "2", "4")}
    assert set(SERVICE_TOPICS) <= {one.topic for one in drift}
    assert SPEND not in {one.topic for one in drift}
    assert await find_drift(changed) == drift


async def test_a_namespace_is_removed_alone(kafka: str, namespace: str) -> None:
    one = load_settings(kafka_bootstrap=kafka, namespace=f"{namespace}a", partitions=1)
    other = load_settings(kafka_bootstrap=kafka, namespace=f"{namespace}ab", partitions=1)
    await create_topics(one)
    await create_topics(other)
    assert len(await delete_namespace(one)) == len(TOPICS)
    assert await missing_topics(other) == ()
    assert set(await missing_topics(one)) == set(TOPICS)
    await delete_namespace(other)
    with pytest.raises(ValueError, match="deployment itself"):
        await delete_namespace(load_settings(kafka_bootstrap=kafka))


async def test_a_namespace_named_like_a_topic_takes_nothing_else(own_kafka: EmbeddedKafka) -> None:
    deployment = load_settings(kafka_bootstrap=own_kafka.bootstrap, partitions=1)
    await create_topics(deployment)
    assert await delete_namespace(load_settings(kafka_bootstrap=own_kafka.bootstrap, namespace="tweets")) == ()
    assert await missing_topics(deployment) == ()
