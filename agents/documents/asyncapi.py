"""The AsyncAPI 3.0 document of the topics: what travels where, who writes it and who reads it."""

from dataclasses import asdict
from functools import cache
from typing import Any, Final

import yaml

from agents.documents.header_schemas import has_headers, headers_schema, required_headers
from agents.documents.json_schemas import components, value_types
from schemas.topics import DEFAULT_PARTITIONS, TOPICS, Key, TopicSpec
from streams.kafka.topic_state import config_of

CONTRACT_VERSION: Final = "1.0.0"
"""Raised by hand: major when a reader must change, minor for a new topic or field."""

BINDING_VERSION: Final = "0.5.0"
PERSONAL_DATA: Final = "personal-data"
_SCHEMAS: Final = "#/components/schemas/"
_HEADERS: Final = "RecordHeaders"

_INFO: Final = {
    "title": "Dallosh",
    "version": CONTRACT_VERSION,
    "description": "Tweets of an operator's customers: scrubbed, classified, routed to the service that must act.\n\n"
    "Delivery is at least once up to tweets.classified; the service topics are written in transactions: read them with "
    "`isolation.level=read_committed`. Fields are added with defaults, so skip those that you do not know. "
    "In a namespace, every topic name begins with the namespace and a dot.",
    "license": {"name": "MIT"},
    "tags": [{"name": PERSONAL_DATA, "description": "Carries what people wrote: short retention, an ACL of its own."}],
}
_SERVERS: Final = {
    "kafka": {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "The brokers; security as the settings DALLOSH_KAFKA_* say.",
        "variables": {"bootstrap": {"default": "localhost:9092", "description": "DALLOSH_KAFKA_BOOTSTRAP."}},
    }
}
_KEYS: Final[dict[Key, str]] = {
    "tweet id": "The tweet's id.",
    "author": "The author, so that a person's tweets stay in order; for official accounts the tweet's id.",
    "original key": "The key that the record had; none for a row that ingest refused.",
    "alert id": "The alert's id.",
    "reply id": "The id of the reply.",
    "origin": "The record's origin.",
    "source": "The source's name.",
    "call id": "The id of the call.",
    "command id": "The id of the command.",
    "topic:partition:offset": "Where the dead letter stands.",
    "partition": "The partition's number.",
    "hour": "The hour in which it was counted, UTC: 2026-03-02T08.",
    "day": "The French day that was counted: 2026-03-02.",
}


def document() -> dict[str, Any]:
    """Builds the document from the registry."""
    return {
        "asyncapi": "3.0.0",
        "info": _INFO,
        "defaultContentType": "application/json",
        "servers": _SERVERS,
        "channels": {spec.name: _channel(spec) for spec in TOPICS.values()},
        "operations": dict(operation for spec in TOPICS.values() for operation in _operations(spec)),
        "components": {
            "messages": {spec.name: _message(spec) for spec in TOPICS.values()},
            "schemas": components(value_types(), f"{_SCHEMAS}{{name}}") | {_HEADERS: headers_schema()},
        },
    }


@cache
def asyncapi_yaml() -> str:
    """Returns the document as YAML, the same text every time."""
    return yaml.dump(document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


class _Plain(yaml.SafeDumper):
    """Writes equal parts out instead of referring to them by anchors, and texts of several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never an anchor."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _text)


def _channel(spec: TopicSpec) -> dict[str, Any]:
    found: dict[str, Any] = {"address": spec.name, "title": spec.name, "description": _description(spec)}
    if spec.personal_data:
        found["tags"] = [{"name": PERSONAL_DATA}]
    found["messages"] = {_message_id(spec): {"$ref": f"#/components/messages/{spec.name}"}}
    found["bindings"] = {"kafka": _topic_binding(spec)}
    found["x-owner"] = spec.owner
    if spec.dead_letters:
        found["x-dead-letters"] = spec.dead_letters
    if spec.dead_letter_limits:
        found["x-dead-letter-limits"] = asdict(spec.dead_letter_limits)
    return found


def _description(spec: TopicSpec) -> str:
    if spec.partitions is not None:
        return spec.description
    return f"{spec.description} DALLOSH_PARTITIONS changes the number of partitions."


def _topic_binding(spec: TopicSpec) -> dict[str, Any]:
    config = config_of(spec)
    topic: dict[str, Any] = {"cleanup.policy": [config.pop("cleanup.policy")]}
    topic |= {name: int(value) for name, value in config.items()}
    return {
        "partitions": spec.partitions or DEFAULT_PARTITIONS,
        "topicConfiguration": topic,
        "bindingVersion": BINDING_VERSION,
    }


def _message_id(spec: TopicSpec) -> str:
    return "Bytes" if spec.value is None else spec.value.__name__


def _message(spec: TopicSpec) -> dict[str, Any]:
    message: dict[str, Any] = {"name": _message_id(spec), "title": spec.description}
    if has_headers(spec):
        message["headers"] = _headers(spec)
    if spec.value is None:
        message["contentType"] = "application/octet-stream"
        message["payload"] = {"description": "The bytes of the value as they were read."}
    else:
        message["payload"] = {"$ref": f"{_SCHEMAS}{spec.value.__name__}"}
    key = {"type": "string", "description": _KEYS[spec.key]}
    message["bindings"] = {"kafka": {"key": key, "bindingVersion": BINDING_VERSION}}
    return message


def _headers(spec: TopicSpec) -> dict[str, Any]:
    headers: dict[str, Any] = {"type": "object", "allOf": [{"$ref": f"{_SCHEMAS}{_HEADERS}"}]}
    required = required_headers(spec)
    return headers | {"required": list(required)} if required else headers


def _operations(spec: TopicSpec) -> list[tuple[str, dict[str, Any]]]:
    actions = [("send", "writes", who) for who in spec.writers] + [("receive", "reads", who) for who in spec.readers]
    return [
        (f"{who}.{action}.{spec.name}", _operation(spec, action, f"{who} {verb} {spec.name}"))
        for action, verb, who in actions
    ]


def _operation(spec: TopicSpec, action: str, summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{spec.name}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{spec.name}/messages/{_message_id(spec)}"}],
    }
