"""The AsyncAPI document against the official schema, and against the registry."""

import copy
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml

from agents.documents.asyncapi import asyncapi_yaml, document
from agents.documents.header_schemas import HEADERS, required_headers
from schemas import headers
from schemas.topics import TOPICS
from streams.kafka.topic_state import config_of

OFFICIAL: Final = Path(__file__).parents[1] / "data" / "asyncapi-3.0.0.json"


@lru_cache
def official() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(OFFICIAL.read_text("utf-8")))


@lru_cache
def published() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(asyncapi_yaml())
    return found


def test_document_fits_the_official_schema() -> None:
    assert list(official().iter_errors(published())) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.pop("info"),
        lambda d: d["channels"]["tweets.raw"].update(adress="tweets.raw"),
        lambda d: d["operations"]["router.send.service.billing"].update(action="publish"),
        lambda d: d["channels"]["tweets.raw"]["bindings"]["kafka"].update(partitions=0),
    ],
    ids=["no info", "unknown field", "unknown action", "no partition"],
)
def test_the_official_schema_refuses_a_damaged_document(damage: Any) -> None:
    broken = copy.deepcopy(published())
    damage(broken)
    assert not official().is_valid(broken)


def test_the_text_is_the_document_and_always_the_same() -> None:
    assert asyncapi_yaml() == asyncapi_yaml()
    assert published() == json.loads(json.dumps(document()))
    assert "&id" not in asyncapi_yaml()


def test_every_reference_leads_somewhere() -> None:
    whole = published()

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            here = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return here + [found for value in part.values() for found in references(value)]
        return [found for value in part for found in references(value)] if isinstance(part, list) else []

    found = references(whole)
    assert len(found) > 100
    for reference in set(found):
        target: Any = whole
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


@pytest.mark.parametrize("name", TOPICS)
def test_channel_is_the_registry_entry(name: str) -> None:
    spec, channel = TOPICS[name], published()["channels"][name]
    binding = channel["bindings"]["kafka"]
    assert channel["address"] == name
    assert binding["topicConfiguration"].get("retention.ms") == (
        spec.retention_ms if spec.cleanup == "delete" else None
    )
    assert binding["topicConfiguration"]["cleanup.policy"] == [spec.cleanup]
    assert set(binding["topicConfiguration"]) == set(config_of(spec))
    assert (channel.get("tags") == [{"name": "personal-data"}]) is spec.personal_data


def test_operations_are_the_access_list() -> None:
    expected = {(who, "send", name) for name, spec in TOPICS.items() for who in spec.writers}
    expected |= {(who, "receive", name) for name, spec in TOPICS.items() for who in spec.readers}
    found = {tuple(name.split(".", 2)) for name in published()["operations"]}
    assert found == expected
    for name, operation in published()["operations"].items():
        assert operation["channel"]["$ref"] == f"#/channels/{name.split('.', 2)[2]}"
        assert operation["action"] == name.split(".", 2)[1]


def test_every_header_of_the_code_is_described() -> None:
    constants = {value for name, value in vars(headers).items() if name.isupper() and isinstance(value, str)}
    constants |= set(headers.FIRST_OF.values())
    assert {header.name for header in HEADERS} == constants
    assert len(HEADERS) == len(constants)


@pytest.mark.parametrize("name", TOPICS)
def test_required_headers_are_described(name: str) -> None:
    assert set(required_headers(TOPICS[name])) <= {header.name for header in HEADERS}
