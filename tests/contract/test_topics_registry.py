"""Rules that the topic registry must keep."""

import re
from typing import Final

import msgspec
import pytest

from schemas.taxonomy import Service, Stage
from schemas.topics import (
    ALSO_TO,
    DAY_MS,
    DEAD_LETTER_TOPICS,
    INPUT_OF,
    SERVICE_TOPICS,
    TOPICS,
    TopicSpec,
    name_in,
    service_topic,
    without_namespace,
)  # fmt: skip
from schemas.tweet import Context, Tweet
from streams.core.tally import TERMINAL_TOPICS
from streams.kafka.topic_state import config_of

SPECS: Final = list(TOPICS.values())
NAMES: Final = list(TOPICS)


def fields_within(kind: type[msgspec.Struct]) -> set[str]:
    """Names of all fields of a type and of the types inside it."""
    _, found = msgspec.json.schema_components([kind])
    return {name for schema in found.values() for name in schema.get("properties", {})}


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_name_is_legal_for_kafka_in_any_namespace(spec: TopicSpec) -> None:
    assert re.fullmatch(r"[a-z0-9.-]+", spec.name)  # no underscore: Kafka's metrics confuse it with the dot
    assert len(name_in("n" * 40, spec.name)) <= 249


def test_topics_of_tweets_share_the_partition_count() -> None:
    by_id = [spec for spec in SPECS if spec.key in ("tweet id", "author", "original key")]
    assert {spec.partitions for spec in by_id} == {None}
    assert {spec.partitions for spec in SPECS if spec not in by_id} <= {1, 3}


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_personal_data_is_gone_soon_after_its_time(spec: TopicSpec) -> None:
    config = config_of(spec)
    if not spec.personal_data:
        assert "segment.ms" not in config
        return
    kept_ms = int(config["retention.ms"]) + int(config["segment.ms"])
    assert spec.retention_ms < kept_ms <= spec.retention_ms * 25 / 24


@pytest.mark.parametrize("stage", list(Stage))
def test_every_stage_has_dead_letters_that_can_take_its_records(stage: Stage) -> None:
    source = TOPICS[INPUT_OF[stage]]
    assert source.dead_letters in DEAD_LETTER_TOPICS
    letters = TOPICS[source.dead_letters]
    assert stage.value in letters.writers
    assert letters.value is None
    assert letters.max_message_bytes > source.max_message_bytes
    assert letters.retention_ms >= source.retention_ms or source.name == "tweets.classified"


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.INGEST])
def test_a_stage_may_read_its_input(stage: Stage) -> None:
    assert stage.value in TOPICS[INPUT_OF[stage]].readers


@pytest.mark.parametrize("stage", list(Stage))
def test_a_replay_may_write_every_input(stage: Stage) -> None:
    assert "dlq" in TOPICS[INPUT_OF[stage]].writers


@pytest.mark.parametrize(("stage", "topic"), [(stage, topic) for stage, topics in ALSO_TO.items() for topic in topics])
def test_where_else_a_dead_letter_may_go_is_an_input_of_the_same_type(stage: Stage, topic: str) -> None:
    assert topic in set(INPUT_OF.values()) - {INPUT_OF[stage]}
    assert TOPICS[topic].value is TOPICS[INPUT_OF[stage]].value
    assert TOPICS[topic].key == TOPICS[INPUT_OF[stage]].key
    assert "dlq" in TOPICS[topic].writers


@pytest.mark.parametrize("stage", list(Stage))
def test_what_a_stage_reads_is_a_tweet_that_a_human_may_correct(stage: Stage) -> None:
    spec = TOPICS[INPUT_OF[stage]]
    assert spec.value is not None
    assert issubclass(spec.value, Tweet)
    assert spec.key in ("author", "tweet id")


@pytest.mark.parametrize("topic", TERMINAL_TOPICS)
def test_the_outcome_of_a_canary_may_be_read(topic: str) -> None:
    assert "dlq" in TOPICS[topic].readers


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_whatever_carries_text_is_personal_data(spec: TopicSpec) -> None:
    if spec.value is None:
        assert spec.personal_data
    else:
        carries = {"text", "author"} & fields_within(spec.value)
        assert spec.personal_data == bool(carries), carries


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_personal_data_is_not_kept_long_nor_for_ever(spec: TopicSpec) -> None:
    if spec.personal_data:
        assert spec.cleanup == "delete"
        assert spec.retention_ms <= 30 * DAY_MS


def test_the_rule_on_text_can_fail() -> None:
    assert "text" in fields_within(Context)


def test_service_topics_are_the_services() -> None:
    assert tuple(service_topic(service) for service in Service) == SERVICE_TOPICS
    assert {name for name in TOPICS if name.startswith("service.")} == set(SERVICE_TOPICS)
    for service in Service:
        spec = TOPICS[service_topic(service)]
        assert spec.owner == service.value
        assert service.value in spec.readers
        assert spec.writers == ("router",)  # the only one that writes in transactions


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_entry_is_complete(spec: TopicSpec) -> None:
    assert TOPICS[spec.name] is spec
    assert spec.description.endswith(".")
    assert spec.readers
    assert spec.writers
    assert spec.owner
    assert len(set(spec.readers)) == len(spec.readers)
    assert len(set(spec.writers)) == len(spec.writers)
    assert spec.retention_ms > 0
    assert spec.dead_letters is None or spec.dead_letters in TOPICS
    assert (spec.dead_letters is None) == (spec.dead_letter_limits is None)


@pytest.mark.parametrize("name", NAMES)
def test_namespace_round_trip(name: str) -> None:
    assert without_namespace("run7", name_in("run7", name)) == name
    assert name_in("", name) == name
