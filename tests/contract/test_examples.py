"""Every example against the code and against the schemas that are published."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import jsonschema
import msgspec
import pytest
import yaml

from agents.documents.json_schemas import schema_of
from schemas.codec import UndecodableError, decode, encode
from schemas.headers import ORIGIN, Header
from schemas.taxonomy import Level, Stage
from schemas.topics import NOTICES, SERVICE_TOPICS, TOPICS
from streams.core.dead_letters import dead_letter, refused_row
from streams.settings import PROJECT_DIR

EXAMPLES: Final = PROJECT_DIR / "schemas" / "examples"
PATHS: Final = sorted(EXAMPLES.rglob("*.json"))
GENERATED: Final = PROJECT_DIR / "schemas" / "generated"


class Record(NamedTuple):
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: tuple[Header, ...]


def topic_of(path: Path) -> str:
    return path.stem if path.parent == EXAMPLES else path.parent.name


def name_of(path: Path) -> str:
    return path.relative_to(EXAMPLES).as_posix()


def typed() -> Iterator[tuple[str, type[msgspec.Struct], Any]]:
    for path in PATHS:
        kind = TOPICS[topic_of(path)].value
        if kind is not None:
            yield name_of(path), kind, json.loads(path.read_text("utf-8"))["value"]


TYPED: Final = list(typed())
IDS: Final = [name for name, _, _ in TYPED]


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


@lru_cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((GENERATED / "asyncapi.yaml").read_text("utf-8"))
    return found


def headers_validator(topic: str) -> jsonschema.Draft202012Validator | None:
    parts = document()["components"]
    headers = parts["messages"][topic].get("headers")
    return None if headers is None else validator({**headers, "components": {"schemas": parts["schemas"]}})


def test_every_topic_has_an_example() -> None:
    assert {topic_of(path) for path in PATHS} == set(TOPICS)


@pytest.mark.parametrize(("name", "kind", "value"), TYPED, ids=IDS)
def test_value_survives_the_codec(name: str, kind: type[msgspec.Struct], value: Any) -> None:
    assert json.loads(encode(decode(json.dumps(value).encode(), kind))) == value


@pytest.mark.parametrize(("name", "kind", "value"), TYPED, ids=IDS)
def test_value_fits_its_published_schema(name: str, kind: type[msgspec.Struct], value: Any) -> None:
    schema = json.loads((GENERATED / f"{kind.__name__}.schema.json").read_text("utf-8"))
    validator(schema).validate(value)


@pytest.mark.parametrize(("name", "kind", "value"), TYPED, ids=IDS)
def test_what_is_required_is_required_by_both(name: str, kind: type[msgspec.Struct], value: Any) -> None:
    schema = schema_of(kind)
    assert schema["required"]
    for field in value:
        rest = {key: item for key, item in value.items() if key != field}
        if field in schema["required"]:
            assert not validator(schema).is_valid(rest)
            with pytest.raises(UndecodableError):
                decode(json.dumps(rest).encode(), kind)
        else:
            validator(schema).validate(rest)
            decode(json.dumps(rest).encode(), kind)


@pytest.mark.parametrize(("name", "kind", "value"), TYPED, ids=IDS)
def test_a_wrong_type_is_refused_by_both(name: str, kind: type[msgspec.Struct], value: Any) -> None:
    for field in value:
        wrong = value | {field: {"never": ["this"]}}
        if field not in ("arguments", "offsets", "context"):  # these are objects themselves
            assert not validator(schema_of(kind)).is_valid(wrong), field
        with pytest.raises(UndecodableError):
            decode(json.dumps(wrong).encode(), kind)


@pytest.mark.parametrize(("name", "kind", "value"), TYPED, ids=IDS)
def test_an_instant_without_offset_is_refused_by_both(name: str, kind: type[msgspec.Struct], value: Any) -> None:
    instants = [field for field, part in schema_of(kind)["properties"].items() if part.get("format") == "date-time"]
    assert instants or kind.__name__ == "NoiseRecord"
    for field in instants:
        wrong = value | {field: "2026-03-02T08:15:30"}
        assert not validator(schema_of(kind)).is_valid(wrong), field
        with pytest.raises(UndecodableError):
            decode(json.dumps(wrong).encode(), kind)


@pytest.mark.parametrize(("name", "kind", "value"), TYPED, ids=IDS)
def test_fields_that_a_reader_does_not_know_are_skipped(name: str, kind: type[msgspec.Struct], value: Any) -> None:
    later = value | {"a_field_of_next_year": 1}
    validator(schema_of(kind)).validate(later)
    assert json.loads(encode(decode(json.dumps(later).encode(), kind))) == value


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_key_and_headers_are_as_the_registry_says(path: Path) -> None:
    spec, example = TOPICS[topic_of(path)], json.loads(path.read_text("utf-8"))
    field = {"tweet id": "id", "alert id": "id", "call id": "id", "command id": "id", "reply id": "reply_id",
             "source": "source", "hour": "hour", "day": "day"}.get(spec.key)  # fmt: skip
    field = "alert_id" if spec.name == NOTICES else field
    if field is not None:
        assert example["key"] == example["value"][field]
    if spec.key == "author":
        tweet = example["value"]
        assert example["key"] == (tweet["id"] if tweet.get("official") else tweet["author"])
    headers = headers_validator(spec.name)
    if headers is None:
        assert example["headers"] == {}
    else:
        headers.validate(example["headers"])


@pytest.mark.parametrize("path", [path for path in PATHS if TOPICS[topic_of(path)].value is None], ids=name_of)
def test_dead_letters_are_bytes(path: Path) -> None:
    example = json.loads(path.read_text("utf-8"))
    assert base64.b64decode(example["value_base64"], validate=True)
    assert ORIGIN in example["headers"]


def test_dead_letters_as_the_code_makes_them_fit_the_headers_schema() -> None:
    record = Record("tweets.scrubbed", 3, 9, b"1", b"\xff", 1_772_439_360_000, ((ORIGIN, b"3:9"),))
    now = datetime(2026, 3, 2, tzinfo=UTC)
    made = [
        refused_row(b"x", line=4, source="export.csv", error=ValueError("columns"), now=now),
        dead_letter(record, stage=Stage.CLASSIFIER, error=UndecodableError("no"), now=now, levels=[Level.API]),
    ]
    for output in made:
        headers = headers_validator(output.topic)
        assert headers is not None
        headers.validate({name: value.decode() for name, value in output.headers})
        for name in document()["components"]["messages"][output.topic]["headers"]["required"]:
            assert not headers.is_valid({key: value.decode() for key, value in output.headers if key != name}), name


def test_examples_show_what_readers_trip_over() -> None:
    services = [value for name, _, value in TYPED if name.startswith(SERVICE_TOPICS)]
    assert any("moved_to" in value for value in services)
    assert any(value.get("degraded") for value in services)
    assert any(value.get("unsure") for value in services)
    assert any(value["level"] == "api" for value in services)
    assert {value["reason"] for name, _, value in TYPED if name.startswith("tweets.noise")} == {
        "retweet", "duplicate", "near_duplicate", "empty"
    }  # fmt: skip


def test_places_point_at_their_words() -> None:
    found = [(value["text"], place) for _, _, value in TYPED for place in value.get("places", ()) if "text" in place]
    assert found
    for text, place in found:
        assert text[place["start"] : place["end"]] == place["text"]
