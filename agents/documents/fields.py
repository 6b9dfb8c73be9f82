"""The fields of a value type in words, for a reader at a terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from agents.documents.json_schemas import Schema, schema_of


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field; those of a type inside have dotted names: `places[].kind`."""

    name: str
    type: str
    required: bool


def field_rows(kind: type[msgspec.Struct]) -> list[FieldRow]:
    """Returns the fields in the order of the type, each followed by the fields inside it."""
    schema = schema_of(kind)
    return list(_rows(schema, schema.get("$defs", {}), ""))


def _rows(schema: Schema, definitions: dict[str, Schema], prefix: str) -> Iterator[FieldRow]:
    for name, part in schema["properties"].items():
        yield FieldRow(prefix + name, _type(part, definitions), name in schema.get("required", ()))
        inside, suffix = _inside(part, definitions)
        if inside is not None:
            yield from _rows(inside, definitions, f"{prefix}{name}{suffix}.")


def _inside(part: Schema, definitions: dict[str, Schema]) -> tuple[Schema | None, str]:
    """Returns the object type that a field holds, if any, and `[]` where it holds a list of them."""
    if part.get("type") == "array":
        return _inside(part["items"], definitions)[0], "[]"
    for choice in part.get("anyOf", (part,)):
        found = definitions.get(str(choice.get("$ref", "")).rsplit("/", 1)[-1])
        if found is not None and "properties" in found:
            return found, ""
    return None, ""


def _type(part: Schema, definitions: dict[str, Schema]) -> str:
    if "anyOf" in part:
        return " or ".join(_type(choice, definitions) for choice in part["anyOf"])
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[-1]
        target = definitions[name]
        return _choices(target["enum"]) if "enum" in target else name
    if "enum" in part:
        return _choices(part["enum"])
    if part.get("type") == "array":
        return f"list of {_type(part['items'], definitions)}"
    if part.get("type") == "object":
        return f"map to {_type(part['additionalProperties'], definitions)}"
    return str(part.get("format") or part.get("contentEncoding") or part["type"])


def _choices(values: list[Any]) -> str:
    return "|".join(str(value) for value in values)
